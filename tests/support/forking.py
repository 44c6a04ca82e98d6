"""Runs in processes of their own that have nothing to import any more: copies of this one.

The threads of the servers, which a copy does not have, hold no lock while they wait for requests.
Where one did hold a lock that the copy needs, `run_forked` ends the copy, and shows where it was.
"""

import faulthandler
import logging
import os
import runpy
import signal
import sys
import tempfile
import threading
import traceback
import warnings
from collections.abc import Callable, Mapping, Sequence

from pipeline.run import CHECK, SYNC, start
from pipeline.run.check import execute_check
from pipeline.run.execute import execute
from pipeline.run.programs import CheckProgram, Program
from pipeline.run.start import Signals
from pipeline.settings import ProgramName, Settings
from sync import sync
from test_confluence import show_pages
from tests.support.fast_retries import FAST
from tests.support.program import MOST_SECONDS, ROOT, Ended, load_report

_OVERDUE = signal.SIGABRT  # makes `faulthandler` write what the threads do


def fork(run: Callable[[], object]) -> int:
    """Start a process that calls `run` and ends with the code 0; return its id."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        process = os.fork()
    if process:
        return process
    try:
        run()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(0)


def fork_program(name: str, environ: Mapping[str, str]) -> Ended:
    """Run `<name>.py` from its first line, see `run_forked` and `run_program`."""
    path = ROOT / f"{name}.py"
    code, log = run_forked(lambda: runpy.run_path(str(path), run_name="__main__"), environ)
    return Ended(code, log, load_report(environ))


class _Hasty[Subject]:
    """A program whose attempts follow each other at once."""

    def __init__(self, program: Program | CheckProgram) -> None:
        self._program = program

    @property
    def name(self) -> ProgramName:
        return self._program.name

    def execute(self, settings: Settings, job: Callable[[Subject], None], signals: Signals) -> int:
        if isinstance(self._program, CheckProgram):
            return execute_check(settings, job, signals, FAST)
        return execute(self._program, settings, job, signals, FAST)


_HASTY = {"sync": (SYNC, sync), "test_confluence": (CHECK, show_pages)}


def fork_hasty_program(name: str, environ: Mapping[str, str]) -> Ended:
    """Run a program as `fork_program` does, without the seconds between its attempts."""
    program, job = _HASTY[name]

    def main() -> None:
        path = str(ROOT / f"{name}.py")
        sys.exit(start(_Hasty(program), "", job, [], os.environ, path))

    code, log = run_forked(main, environ)
    return Ended(code, log, load_report(environ))


def run_forked(
    main: Callable[[], object],
    environ: Mapping[str, str],
    arguments: Sequence[str] = (),
    seconds: float = MOST_SECONDS,
) -> tuple[int, str]:
    """Return the exit code and the output of a program with these settings and no others.

    Only the start of the interpreter is left out. A program that takes longer fails the test, with
    its output and what its threads did.
    """
    with tempfile.TemporaryFile() as output:

        def run() -> None:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
            sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
            sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False)
            faulthandler.enable(sys.stderr)
            logging.root.handlers.clear()
            path = {"PATH": os.environ["PATH"]}
            os.environ.clear()
            os.environ.update(path | dict(environ))
            sys.argv = ["program", *arguments]
            code = _to_exit_code(main)
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

        code = _wait(fork(run), seconds)
        output.seek(0)
        text = output.read().decode()
    assert code != -_OVERDUE, f"the program did not end within {seconds} seconds:\n{text}"
    return code, text


def _wait(process: int, seconds: float) -> int:
    """Return the exit code of a process, which is ended after these seconds."""
    guard = threading.Timer(seconds, os.kill, (process, _OVERDUE))
    guard.start()
    try:
        _, status = os.waitpid(process, 0)
    finally:
        guard.cancel()
    return os.waitstatus_to_exitcode(status)


def _to_exit_code(main: Callable[[], object]) -> int:
    """Return the exit code; what is not caught is reported as at the end of an interpreter."""
    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    except BaseException:
        sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
        return 1
    return 0
