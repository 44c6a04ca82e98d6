"""Runs over what is on twelve pages: attachments, comments."""

from pathlib import Path
from typing import ClassVar

import pytest

from demo.confluence_site import ConfluenceSite
from tests.support.program import Ended, environment, sync_now
from tests.support.vector_api import DeleteRoute, Form, VectorApi
from tests.support.word_index import Document

KINDS: list[tuple[Form, DeleteRoute]] = [("underscore", "document"), ("files", "")]
on_servers_with_a_list_too = pytest.mark.parametrize(
    "place", KINDS, ids=lambda kind: kind[0], indirect=True
)


def to_kind(request: pytest.FixtureRequest) -> tuple[Form, DeleteRoute]:
    """Return the kind of server that a test asks for, the first one if it asks for none."""
    kind: tuple[Form, DeleteRoute] = getattr(request, "param", KINDS[0])
    return kind


class TwelvePages:
    """The site of the fixtures with a second space, beside a Vector API."""

    content_type: ClassVar[str]  # of what the tests put on pages

    def __init__(self, site: ConfluenceSite, api: VectorApi, folder: Path) -> None:
        self.site, self.state, self.api, self.folder = site, site.state, api, folder
        self.state.add_space("OPS", "Operations")
        self.pages = list(self.state.page_ids("KI"))

    def sync(self, **more: str) -> Ended:
        environ = environment(self.site, self.api.base_url, self.folder)
        own = {"FILTER_SPACE_KEYS": "KI", "MAX_DELETE_PERCENT": "100", "WORKERS": "2"}
        return sync_now(environ | own | more)

    def rows(self, content_type: str = "") -> list[Document]:
        """Return what the store holds of a type, of `content_type` if none is named."""
        store = (self.folder / "confluence.vdb").read_text().strip()
        kind = content_type or self.content_type
        rows = self.api.documents(store).values()
        return [row for row in rows if row.metadata["content_type"] == kind]

    def texts(self, content_type: str = "") -> list[str]:
        return [row.text for row in self.rows(content_type)]

    def contains(self, text: str) -> bool:
        return any(text in one for one in self.texts())
