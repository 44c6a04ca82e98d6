"""Runs in processes of their own that have nothing to import any more: copies of this one.

The threads of the servers, which a copy does not have, hold no lock while they wait for requests.
"""

import logging
import os
import runpy
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.support.program import ROOT, Ended, load_report


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
    """Run `<name>.py` from its first line, with these settings and nothing else of this process.

    Only the start of the interpreter is left out, see `run_program`.
    """
    with tempfile.TemporaryFile() as output:

        def run() -> None:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
            sys.stdout = os.fdopen(1, "w", closefd=False)
            sys.stderr = os.fdopen(2, "w", closefd=False)
            logging.root.handlers.clear()
            path = {"PATH": os.environ["PATH"]}
            os.environ.clear()
            os.environ.update(path | dict(environ))
            code = _run_main(ROOT / f"{name}.py")
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

        _, status = os.waitpid(fork(run), 0)
        output.seek(0)
        log = output.read().decode()
    return Ended(os.waitstatus_to_exitcode(status), log, load_report(environ))


def _run_main(path: Path) -> int:
    """Return the exit code; what the program does not catch is reported as at its end."""
    sys.argv = [str(path)]
    try:
        runpy.run_path(str(path), run_name="__main__")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    except BaseException:
        sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
        return 1
    return 0
