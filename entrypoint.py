"""The image's entrypoint: run the program that the first argument or the settings name."""

import os
import runpy
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

PROGRAMS = ("sync", "ingest_conf", "test_confluence")


def choose(arguments: list[str], environ: Mapping[str, str]) -> tuple[str, list[str]]:
    """Return the name of the program and its arguments.

    Without a name, it is ingest_conf if only LLAMA_BASE_URL is set; else sync, which then reports
    the missing settings.
    """
    if arguments and arguments[0].removesuffix(".py") in PROGRAMS:
        return arguments[0].removesuffix(".py"), arguments[1:]
    if environ.get("LLAMA_BASE_URL") and not environ.get("VECTOR_API_BASE_URL"):
        return "ingest_conf", arguments
    return "sync", arguments


if __name__ == "__main__":
    # Process 1 loses signals that it does not handle yet; blocked ones wait for the program.
    signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGINT))
    program, rest = choose(sys.argv[1:], os.environ)
    path = Path(__file__).with_name(f"{program}.py")
    sys.argv = [str(path), *rest]
    runpy.run_path(str(path), run_name="__main__")
