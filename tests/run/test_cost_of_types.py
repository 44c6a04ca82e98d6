"""With CONTENT_TYPES=pages, no other type costs a request, a package or a row of the ledger."""

import os
import re
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.confluence_site import ConfluenceSite, SiteState
from tests.support.program import ROOT, environment, sync_now
from tests.support.vector_api import VectorApi

# The requests of each night over 30 pages, as they were before there were other types.
LIST = {"/rest/api/user/current": 1, "/api/v2/spaces": 1, "/api/v2/spaces/N/pages": 1}
NIGHTS: list[tuple[dict[str, str], dict[str, int]]] = [
    ({}, LIST | {"/rest/api/content/search": 2}),
    ({}, LIST),
    (  # a page edited, one trashed, one purged
        {},
        LIST | {"/rest/api/user/current": 3, "/api/v2/pages": 1, "/api/v2/pages/N": 3},
    ),
    ({"LABELS": "keep", "RESTRICTED_PAGES": "skip"}, LIST | {"/rest/api/content/search": 4}),
]
PACKAGES = "certifi charset_normalizer idna lxml requests tiktoken tiktoken_ext urllib3"
SHOW_IMPORTS = """
import runpy, sys
try: runpy.run_path("sync.py", run_name="__main__")
except SystemExit as end: print(end.code)
modules = {name: str(getattr(module, "__file__", "")) for name, module in sys.modules.items()}
print(*sorted({n.split(".")[0] for n, file in modules.items() if "site-packages" in file}))
"""


@pytest.fixture
def state() -> SiteState:
    state = SiteState()
    state.add_space("KI", "Known Issues")
    for number in range(33):
        kind = "page" if number < 30 else "blogpost"
        state.add_page(f"Item {number}", "KI", "<p>x</p>", labels=["keep"], content_type=kind)
    return state


@pytest.fixture
def api() -> Iterator[VectorApi]:
    with VectorApi(delete_route="document") as api:
        yield api


def test_pages_alone_cost_the_requests_that_they_always_did(
    site: ConfluenceSite, api: VectorApi, tmp_path: Path
) -> None:
    ids = list(site.state.pages)
    for night, (settings, expected) in enumerate(NIGHTS):
        if night == 2:
            site.state.edit(ids[0], "<p>other</p>")
            site.state.trash(ids[1])
            site.state.purge(ids[2])
        before = len(site.requests)
        environ = environment(site, api.base_url, tmp_path, SPACE_NAME="Known Issues", **settings)
        ended = sync_now(environ)
        assert (ended.code, "content" in ended.report) == (0, False)
        paths = [request.path.removeprefix("/wiki") for request in site.requests[before:]]
        asked = Counter(re.sub(r"/\d+", "/N", path) for path in paths)
        assert asked == expected, f"night {night}"
    with sqlite3.connect(tmp_path / "sync.sqlite3") as ledger:
        assert ledger.execute("SELECT count(*) FROM content_types").fetchone() == (0,)


def test_pages_alone_import_the_packages_that_they_always_did(
    site: ConfluenceSite, api: VectorApi, tmp_path: Path
) -> None:
    environ = environment(site, api.base_url, tmp_path, SPACE_NAME="Known Issues")
    plain = {"PATH": os.environ["PATH"], "PYTHONUTF8": "1"}
    done = subprocess.run(
        [sys.executable, "-c", SHOW_IMPORTS], cwd=ROOT, env=plain | environ, capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    assert done.stdout.splitlines() == ["0", PACKAGES]
