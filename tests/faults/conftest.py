"""Fixtures: a site whose lists take several requests."""

from collections.abc import Iterator

import pytest

from demo.confluence_site import ConfluenceSite
from tests.support.recovery import small_site


@pytest.fixture
def site() -> Iterator[ConfluenceSite]:
    """Twelve pages, five in each answer of a list."""
    with small_site() as site:
        yield site
