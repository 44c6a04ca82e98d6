"""Run a command, and end it when the process that started this one has ended.

That process holds the other end of this one's standard input. The pipe closes however it ends,
even by SIGKILL, on every platform.

    python guard.py COMMAND ARGUMENT…    (prints the command's process id first)
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading

_GRACE_SECONDS = 5.0


def main() -> int:
    """Run the command in its own session; return its exit code."""
    server = subprocess.Popen(
        sys.argv[1:],
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        stderr=sys.stderr,
        start_new_session=True,
    )
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # only the closed pipe ends the command
    print(server.pid, flush=True)
    threading.Thread(target=_end_with_starter, args=(server,), daemon=True).start()
    code = server.wait()
    _signal_group(server, signal.SIGKILL)  # workers that the command left behind
    return code


def _end_with_starter(server: subprocess.Popen[bytes]) -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    _signal_group(server, signal.SIGTERM)
    try:
        server.wait(_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        _signal_group(server, signal.SIGKILL)


def _signal_group(server: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):  # the group has ended already
        os.killpg(server.pid, number)


if __name__ == "__main__":
    sys.exit(main())
