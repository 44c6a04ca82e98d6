"""A client of the stand-in Confluence site, as the tests of the Confluence stage need it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Event

from demo.confluence_site import ConfluenceSite
from pipeline.fetch import Patience, Site
from pipeline.settings import SYNC, Settings, load_settings

# The same number of attempts as in earnest, without the waiting.
QUICK = Patience(base_seconds=0.01, total_seconds=30.0, connect_seconds=5.0, read_seconds=20.0)
HASTY = replace(QUICK, read_seconds=0.2)  # for sites that hang


def settings_of(site: ConfluenceSite, **environ: str) -> Settings:
    """Settings of sync.py for that site, through the gateway unless CONF_BASE_URL says else."""
    given = {
        "CONF_BASE_URL": site.gateway_url,
        "CONF_USER": site.user,
        "CONF_API_TOKEN": site.token,
        "VECTOR_API_BASE_URL": "http://127.0.0.1:1",
    }
    return load_settings(SYNC, given | environ)


@contextmanager
def opened(
    site: ConfluenceSite, stop: Event | None = None, patience: Patience = QUICK, **environ: str
) -> Iterator[Site]:
    client = Site(settings_of(site, **environ), stop, patience)
    try:
        yield client
    finally:
        client.close()
