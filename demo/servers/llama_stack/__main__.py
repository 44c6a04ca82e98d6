"""Serve Llama Stack 0.2.23 until Ctrl-C: `python -m demo.servers.llama_stack`."""

import argparse
import signal
import sys
from pathlib import Path

from demo.servers import InstallError, LlamaStack, ServerError


def main(arguments: list[str]) -> int:
    """Serve on a free loopback port, printed first, until Ctrl-C or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m demo.servers.llama_stack", description=__doc__)
    parser.add_argument("--data-dir", type=Path, help="keep the data here (default: discard it)")
    parser.add_argument("--provider", choices=["faiss", "sqlite-vec"], default="faiss")
    options = parser.parse_args(arguments)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))
    try:
        with LlamaStack(options.data_dir, options.provider) as server:
            print(server.base_url, flush=True)
            signal.pause()
    except (InstallError, ServerError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
