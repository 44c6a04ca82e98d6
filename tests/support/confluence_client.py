"""A client of the stand-in Confluence site, as the tests of the Confluence stage need it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from demo.confluence_site import ConfluenceSite, SiteState
from pipeline.fetch import Site
from pipeline.fetch.transport import Transport
from pipeline.http import CONFLUENCE_RETRY, RetryPolicy, Waiting
from pipeline.settings import Settings, load_settings

USER = "/wiki/rest/api/user/current"
PAGES = "/wiki/api/v2/pages"
SEARCH = "/wiki/rest/api/content/search"
# The usual number of attempts, with short waits.
QUICK = replace(
    CONFLUENCE_RETRY, base_seconds=0.01, total_seconds=30.0, connect_seconds=5.0, read_seconds=20.0
)
HASTY = replace(QUICK, read_seconds=0.2)  # for sites that hang


def settings_for(**environ: str) -> Settings:
    """Return settings of sync.py for no particular site."""
    defaults = {
        "CONF_USER": "me@example.com",
        "CONF_API_TOKEN": "s3cret-token",
        "VECTOR_API_BASE_URL": "http://127.0.0.1:1",
    }
    return load_settings("sync", defaults | environ)


def settings_of(site: ConfluenceSite, **environ: str) -> Settings:
    """Return settings of sync.py for the site, through the gateway unless CONF_BASE_URL is set."""
    defaults = {
        "CONF_BASE_URL": site.gateway_url,
        "CONF_USER": site.user,
        "CONF_API_TOKEN": site.token,
        "VECTOR_API_BASE_URL": "http://127.0.0.1:1",
    }
    return load_settings("sync", defaults | environ)


@contextmanager
def opened(
    site: ConfluenceSite, stop: Waiting | None = None, retry: RetryPolicy = QUICK, **environ: str
) -> Iterator[Site]:
    client = Site(settings_of(site, **environ), stop, retry)
    try:
        yield client
    finally:
        client.close()


def ten_pages() -> SiteState:
    """Return a space of ten pages, each of a few hundred bytes."""
    state = SiteState()
    state.add_space("KI", "Known Issues")
    for number in range(10):
        state.add_page(f"Page {number}", "KI", f"<p>{number}</p>" * 100)
    return state


def to_transport(
    site: ConfluenceSite, retry: RetryPolicy = QUICK, stop: Waiting | None = None, **environ: str
) -> Transport:
    return Transport(settings_of(site, **environ), stop or Waiting(), retry)


def list_ids(transport: Transport, limit: int = 4) -> list[str]:
    """Return the ids of every page by v2, `limit` an answer."""
    params: dict[str, str | int] = {"status": "current", "limit": limit}
    return [row["id"] for rows in transport.list_answers(PAGES, params) for row in rows]
