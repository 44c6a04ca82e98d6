"""Bodies that broke other converters are inserted completely, and once."""

from collections.abc import Callable
from pathlib import Path

import pytest

from demo.confluence_site import ConfluenceSite
from tests.support.program import environment, sync_now
from tests.support.recovery import PAGES, check_that_a_clean_run_repairs, pages_in
from tests.support.vector_api import VectorApi

LONG = "Administration, documentation and infrastructure configuration. "
HARD_BODIES: dict[str, Callable[[], str]] = {
    "NULs": lambda: "a\x00b<p>words\x00here</p>",
    "lone surrogates": lambda: "<p>broken \ud800 half</p>",
    "200 levels": lambda: "<div>" * 200 + "deep" + "</div>" * 200,
    "21 MB": lambda: f"<p>{LONG * 350_000}</p>",
    # A million rows take 42 s and 1.4 GB: proportional to these.
    "a long table": lambda: "<table>" + "<tr><td>a</td><td>b</td></tr>" * 60_000 + "</table>",
    "nothing": lambda: "",
}
SLOW = {"21 MB", "a long table"}


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.slow if name in SLOW else ()) for name in HARD_BODIES],
)
def test_a_hard_body_is_inserted(name: str, site: ConfluenceSite, tmp_path: Path) -> None:
    site.state.add_page("Odd", "KI", HARD_BODIES[name]())
    with VectorApi("underscore") as api:
        # Its chunks are almost equal, so that a query cannot find each of them.
        environ = environment(site, api.base_url, tmp_path, VERIFY="0")
        assert sync_now(environ).code == 0
        assert len(pages_in(api)) == PAGES + 1
        check_that_a_clean_run_repairs(site, api, tmp_path, VERIFY="0")
