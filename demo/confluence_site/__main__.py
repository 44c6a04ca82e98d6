"""Serve the demo's pages until Ctrl-C: `python -m demo.confluence_site --port 8090`."""

from __future__ import annotations

import argparse
import sys
import threading

from demo.confluence_site import ConfluenceSite
from demo.pages import demo_state


def main(arguments: list[str]) -> int:
    """Serve the demo's pages until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m demo.confluence_site")
    parser.add_argument("--port", type=int, default=0, help="0 picks a free port")
    options = parser.parse_args(arguments)
    with ConfluenceSite(demo_state(), port=options.port) as site:
        print(f"CONF_BASE_URL={site.gateway_url}\nCONF_USER={site.user}")
        print(f"CONF_API_TOKEN={site.token}\nSPACE_NAME='Known Issues'\n")
        print(f"curl -su {site.user}:{site.token} '{site.gateway_url}/wiki/api/v2/spaces'")
        print("Ctrl-C stops the site.", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
