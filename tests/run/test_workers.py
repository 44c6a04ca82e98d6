"""WORKERS: so many requests are on their way to Confluence at once, and never one more."""

import threading
from pathlib import Path

import pytest

from demo.confluence_site import ConfluenceSite, SiteState
from demo.confluence_site.faults import Fault, Request
from pipeline.fetch.content import ROWS_A_REQUEST
from tests.support.program import environment, sync_now
from tests.support.vector_api import VectorApi

pytestmark = pytest.mark.slow

FAILED = "<p><span class='error'>Unable to render Jira issues macro, execution error.</span></p>"
HIDDEN = "<p style='display:none'>Only the conversion sees that nothing is left.</p>"


class CountingSite(ConfluenceSite):
    """Remembers how many requests were on their way at once.

    Until there were `expected`, each request waits for others for a moment.
    """

    expected = 0
    most = 0
    _now = 0
    _changed = threading.Condition()

    def strike(self, request: Request) -> Fault | None:
        with self._changed:
            self._now += 1
            self.most = max(self.most, self._now)
            self._changed.notify_all()
            self._changed.wait_for(lambda: self.most >= self.expected, timeout=0.3)
        try:
            return super().strike(request)
        finally:
            with self._changed:
                self._now -= 1


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_as_many_requests_as_workers_run_at_once(workers: int, tmp_path: Path) -> None:
    state = SiteState()
    state.add_space("KI", "Known Issues")
    for number in range(ROWS_A_REQUEST + 250):  # the first bodies are fetched during the listing
        html = {0: FAILED, 5: HIDDEN}.get(number % 20, f"<p>Text {number}.</p>")
        state.add_page(f"Page {number}", "KI", html, storage="<p>The source.</p>")
    with CountingSite(state, latency_seconds=0.02) as site, VectorApi() as api:
        site.expected = workers
        ended = sync_now(environment(site, api.base_url, tmp_path, WORKERS=str(workers)))
        assert ended.code == 0
        assert site.most == workers
