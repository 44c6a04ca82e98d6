"""The benchmark's site of any size, and what a run over it costs when nothing has changed."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.full_ledger import fill
from bench.wide_site import Server
from tests.support.program import sync_now
from tests.support.vector_api import VectorApi

PAGES = 8_000


@contextmanager
def wide_site(pages: int) -> Iterator[str]:
    with Server(pages) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_run_over_unchanged_pages_costs_a_request_for_250_of_them(tmp_path: Path) -> None:
    with (
        VectorApi(delete_route="document") as api,
        wide_site(0) as nothing,
        wide_site(PAGES) as wide,
    ):
        environ = {
            "CONF_BASE_URL": nothing,
            "CONF_USER": "me",
            "CONF_API_TOKEN": "t",
            "VECTOR_API_BASE_URL": api.base_url,
            "STATE_DIR": str(tmp_path),
            "REPORT_FILE": str(tmp_path / "report.json"),
            "VERIFY": "0",
        }
        assert sync_now(environ).code == 3  # the ledger is made, nothing is listed
        fill(tmp_path / "sync.sqlite3", environ, PAGES)
        before = len(api.log)
        ended = sync_now(environ | {"CONF_BASE_URL": wide})
    assert (ended.code, ended["pages"]["unchanged"]) == (0, PAGES)
    assert ended["requests"]["confluence"] <= PAGES / 250 + 30
    assert len(api.log) - before <= 10
    assert [path.name for path in tmp_path.glob("*.scratch")] == []
