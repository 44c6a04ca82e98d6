"""A plain client of the stand-in Confluence site, for tests of the site itself."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import requests

from demo.confluence_site import ConfluenceSite, SiteState

Json = dict[str, Any]


class SiteClient:
    """Reads a site through the gateway, page after page."""

    def __init__(self, site: ConfluenceSite) -> None:
        self.site = site
        self.session = requests.Session()
        self.session.auth = (site.user, site.token)

    def get(self, path: str, **params: str | int) -> requests.Response:
        return self.session.get(self.site.gateway_url + path, params=params, timeout=10)

    def answers(self, path: str, **params: str | int) -> Iterator[Json]:
        answer = self.get(path, **params).json()
        yield answer
        while following := answer["_links"].get("next"):
            parts = urlsplit(following)
            prefix = "" if parts.path.startswith("/wiki/") else "/wiki"
            answer = self.get(f"{prefix}{parts.path}?{parts.query}").json()
            yield answer

    def rows(self, path: str, **params: str | int) -> list[Json]:
        return [row for answer in self.answers(path, **params) for row in answer["results"]]

    def search(self, cql: str, **params: str | int) -> list[str]:
        rows = self.rows("/wiki/rest/api/content/search", cql=cql, **params)
        return [row["title"] for row in rows]


def id_of(state: SiteState, title: str) -> str:
    return next(page.id for page in state.pages.values() if page.title == title)


def add_pages(state: SiteState, count: int) -> None:
    for number in range(count):
        state.add_page(f"Page {number}", "HB", lambda: "<p>text</p>")
