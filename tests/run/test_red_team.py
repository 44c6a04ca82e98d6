"""Whole runs over pages that hide instructions to a language model, or show them."""

import logging
import unicodedata
from pathlib import Path

import pytest

from demo.confluence_site import ConfluenceSite, SiteState
from tests.support.program import environment, sync_now
from tests.support.red_team_pages import RED_TEAM_PAGES
from tests.support.vector_api import VectorApi

# Characters that Unicode calls formats, unassigned or marks, and that show nothing here.
UNSEEN = {"Cf", "Cn", "Co", "Mn"}
FAILED = '<div class="error">Error</div>'  # so that the storage format is read


@pytest.fixture
def state() -> SiteState:
    state = SiteState()
    state.add_space("KI", "Known Issues")
    for title, body, body_format in RED_TEAM_PAGES:
        if body_format == "storage":
            state.add_page(title, "KI", FAILED, storage=body)
        else:
            state.add_page(title, "KI", body)
    return state


def readable(text: str) -> str:
    """The text, with what tag characters and variation selectors spell out."""
    points = (ord(character) for character in text)
    return "".join(
        chr(point - 0xE0000)
        if 0xE0000 <= point < 0xE0080
        else chr(point - 0xE0100 + 16)
        if 0xE0100 <= point < 0xE01F0
        else chr(point)
        for point in points
    )


def test_what_a_reader_sees_is_stored_and_nothing_else(
    site: ConfluenceSite, state: SiteState, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO), VectorApi("underscore", delete_route="document") as api:
        ended = sync_now(environment(site, api.base_url, tmp_path))
        documents = list(api.documents("confluence").values())
    assert (ended.code, ended["pages"]["new"]) == (0, len(RED_TEAM_PAGES))
    stored = {str(document.metadata["page_id"]): "" for document in documents}
    for document in documents:
        text = f"{document.text}\n{document.metadata['title']} {document.metadata['section']}"
        assert "GONE" not in readable(text), document.metadata["title"]
        assert not {unicodedata.category(character) for character in text} & UNSEEN
        stored[str(document.metadata["page_id"])] += document.text.partition("\n")[2]
    assert len(stored) == len(RED_TEAM_PAGES)
    for page_id, text in stored.items():
        assert "KEPT" in text, state.page(page_id).title
    shown = caplog.text + str(ended.report)
    assert "GONE" not in readable(shown)
    for title in {str(document.metadata["title"]) for document in documents}:
        shown = shown.replace(repr(title), "")
    assert "KEPT" not in shown
    assert any("invisible text removed" in warning for warning in ended["warnings"])
