"""What the tests of this stage share: a site with two spaces and no page, and a transport."""

from collections.abc import Iterator

import pytest

from demo.confluence_site import ConfluenceSite, SiteState
from pipeline.fetch.transport import Transport
from tests.support.confluence_client import to_transport


@pytest.fixture
def state() -> SiteState:
    """Two empty spaces, KI and HB; a test adds the pages it needs."""
    state = SiteState()
    state.add_space("KI", "Known Issues")
    state.add_space("HB", "Handbook")
    return state


@pytest.fixture
def transport(site: ConfluenceSite) -> Iterator[Transport]:
    made = to_transport(site)
    yield made
    made.close()
