"""Next links are put below our own root; any other host is refused."""

import pytest

from pipeline.fetch.addresses import to_next
from pipeline.fetch.errors import (
    ConfluenceError,
)
from tests.support.confluence_client import (
    settings_for,
)

CLOUD_ID = "11111111-2222-3333-4444-555555555555"
ROOT = f"https://api.atlassian.com/ex/confluence/{CLOUD_ID}"


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("/rest/api/content/search?cursor=a%2Bb", "/wiki/rest/api/content/search?cursor=a%2Bb"),
        ("/api/v2/pages?cursor=x", "/wiki/api/v2/pages?cursor=x"),
        ("/wiki/api/v2/pages?cursor=x", "/wiki/api/v2/pages?cursor=x"),
        ("https://acme.example/wiki/api/v2/pages?cursor=x", "/wiki/api/v2/pages?cursor=x"),
        (f"{ROOT}/wiki/api/v2/pages?cursor=x", "/wiki/api/v2/pages?cursor=x"),
    ],
)
def test_next_links_are_put_on_our_own_root(link: str, expected: str) -> None:
    answer = {"_links": {"base": "https://acme.example/wiki"}}
    settings = settings_for(CONF_CLOUD_ID=CLOUD_ID)
    assert to_next(link, answer, {"limit": 5}, settings) == f"{expected}&limit=5"


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/wiki/api/v2/pages?cursor=x",
        "//evil.example/wiki/api/v2/pages?cursor=x",
        "https://acme.example@evil.example/wiki/api/v2/pages",
        "https://acme.example:8443/wiki/api/v2/pages",
        "/wiki/api/v2/../../secret",
        "/wiki/api/v2/%2E%2e/secret",
        "/wiki/logout.action",
        "pages?cursor=x",
        "https://[",
    ],
)
def test_next_links_to_anywhere_else_are_refused(link: str) -> None:
    answer = {"_links": {"base": "https://acme.example/wiki"}}
    with pytest.raises(ConfluenceError, match=r"not followed|not a valid address"):
        to_next(link, answer, {}, settings_for(CONF_CLOUD_ID=CLOUD_ID))
