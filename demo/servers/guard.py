"""Run one command and end it when the starter goes away, however it goes.

The starter holds the other end of this process's standard input. A closed pipe is the one sign
that every death leaves, SIGKILL included, on every platform.

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
    """Start the command in a session of its own; return its exit code."""
    server = subprocess.Popen(
        sys.argv[1:],
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        stderr=sys.stderr,
        start_new_session=True,
    )
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the pipe alone decides; the command ignores none
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
    with contextlib.suppress(ProcessLookupError):  # nobody is left
        os.killpg(server.pid, number)


if __name__ == "__main__":
    sys.exit(main())
