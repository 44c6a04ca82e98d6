"""Sync a sample Confluence site into a real Llama Stack server, all on loopback.

`python -m demo` (or `make demo`) starts both, runs `sync.py` twice with a question each, and
stops both; with `--keep` they run until Ctrl-C.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from demo.confluence_site import ConfluenceSite
from demo.pages import QUESTIONS, demo_state
from demo.pages.on_pages import QUESTIONS_ON_PAGES
from demo.servers import LlamaStack

ROOT = Path(__file__).parent.parent
POINTER = """
To use it on your own site: cp .env.example .env, and fill in its first lines;
check them with .venv/bin/python test_confluence.py; then run .venv/bin/python sync.py,
and again whenever you like (every night, say)."""


def environment(site: ConfluenceSite, server: LlamaStack, state_dir: str) -> dict[str, str]:
    """Return the settings of both programs for the two servers."""
    return os.environ | {
        "CONF_BASE_URL": site.gateway_url,
        "CONF_USER": site.user,
        "CONF_API_TOKEN": site.token,
        "SPACE_NAME": "Known Issues",
        "CONTENT_TYPES": "pages,blogposts,attachments,comments",
        "VECTOR_API_BASE_URL": server.base_url,
        "LLAMA_BASE_URL": server.base_url,
        "STATE_DIR": state_dir,
    }


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="keep the servers running until Ctrl-C")
    parser.add_argument("--notebook", metavar="JUPYTER", help="open the notebook instead")
    options = parser.parse_args(arguments)
    # SIGTERM leaves every `with` block as Ctrl-C does, so that no server keeps running.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with (
        tempfile.TemporaryDirectory(prefix="demo-") as state_dir,
        ConfluenceSite(demo_state()) as site,
        LlamaStack() as server,
    ):
        settings = environment(site, server, state_dir)
        if options.notebook:
            command = [options.notebook, "notebook", "ingest_conf.ipynb"]
            return subprocess.run(command, cwd=ROOT, env=settings, check=False).returncode
        print("\n== First run: every page of the sample site is inserted", flush=True)
        sync(settings, QUESTIONS[0])
        print("\n== Second run: nothing has changed, so nothing is sent", flush=True)
        print("   (a question that an attached file answers)", flush=True)
        sync(settings, QUESTIONS_ON_PAGES[0])
        print("\n== Third run: the same (a question that a comment answers)", flush=True)
        sync(settings, QUESTIONS_ON_PAGES[1])
        print(POINTER, flush=True)
        if options.keep:
            print(f"\nConfluence: {site.gateway_url} (user {site.user}, token {site.token})")
            print(f"Llama Stack: {server.base_url}\nCtrl-C stops both.", flush=True)
            signal.pause()
    return 0


def sync(settings: dict[str, str], question: str) -> None:
    """Run the real program with its progress bar and log."""
    settings = settings | {"VERIFY_QUERY": question}
    subprocess.run([sys.executable, "sync.py"], cwd=ROOT, env=settings, check=True)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
    except subprocess.CalledProcessError as error:
        sys.exit(f"sync.py ended with exit code {error.returncode}")
