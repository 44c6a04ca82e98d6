"""What the image runs: sync, ingest_conf or test_confluence, by argument or by the settings."""

import os
import runpy
import sys
from collections.abc import Mapping
from pathlib import Path

PROGRAMS = ("sync", "ingest_conf", "test_confluence")


def choose(arguments: list[str], environ: Mapping[str, str]) -> tuple[str, list[str]]:
    """The program, and the arguments left for it.

    Without a name, a server for the rag-tool and none for the Vector API mean ingest_conf;
    anything else is sync, which then says what is missing.
    """
    if arguments and arguments[0].removesuffix(".py") in PROGRAMS:
        return arguments[0].removesuffix(".py"), arguments[1:]
    if environ.get("LLAMA_BASE_URL") and not environ.get("VECTOR_API_BASE_URL"):
        return "ingest_conf", arguments
    return "sync", arguments


if __name__ == "__main__":
    program, rest = choose(sys.argv[1:], os.environ)
    path = Path(__file__).with_name(f"{program}.py")
    sys.argv = [str(path), *rest]
    runpy.run_path(str(path), run_name="__main__")
