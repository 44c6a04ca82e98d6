"""What the tests of this stage share: a site with two spaces and no page."""

import pytest

from demo.confluence_site import SiteState


@pytest.fixture
def state() -> SiteState:
    """Two empty spaces, KI and HB; a test adds the pages it needs."""
    state = SiteState()
    state.add_space("KI", "Known Issues")
    state.add_space("HB", "Handbook")
    return state
