"""All types together with the window of the first run, rotation, and what a run verifies."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from demo.confluence_site import ConfluenceSite, faults
from tests.support.program import NONE, Ended
from tests.support.twelve_pages import TwelvePages
from tests.support.vector_api import Form, VectorApi

TYPES = {"CONTENT_TYPES": "pages,attachments,comments"}
OLD = datetime.now(UTC) - timedelta(days=300)


class Place(TwelvePages):
    """Two pages with a file and a thread each, those of the first of long ago."""

    content_type = "attachment"

    def __init__(self, site: ConfluenceSite, api: VectorApi, folder: Path) -> None:
        super().__init__(site, api, folder)
        files, comments = self.state.files, self.state.comments
        dates = zip(self.pages, (OLD, None), strict=False)
        self.files, self.threads = [], []
        for number, (page, when) in enumerate(dates):
            text = f"Fan {number} is loud.".encode()
            self.files.append(files.add(page, "fan.txt", text, when=when))
            self.threads.append(comments.add(page, f"<p>Why {number}?</p>", when=when))

    def run(self, **more: str) -> Ended:
        return self.sync(**TYPES, **more)

    def text(self) -> str:
        return "\n".join(self.texts("attachment") + self.texts("comment"))


@pytest.fixture
def place(request: pytest.FixtureRequest, site: ConfluenceSite, tmp_path: Path) -> Iterator[Place]:
    form: Form = getattr(request, "param", "underscore")
    with VectorApi(form, "" if form == "dash" else "document") as api:
        yield Place(site, api, tmp_path)


on_dash = pytest.mark.parametrize("place", ["dash"], indirect=True)


def test_the_first_run_leaves_out_what_is_old_until_it_is_edited(place: Place) -> None:
    window = {"SINCE_HOURS": "24"}
    ended = place.run(**window)
    assert ended["content"]["attachment"] == NONE | {"listed": 2, "new": 1}
    assert ended["content"]["comment"] == NONE | {"listed": 2, "new": 1}
    assert "2 pages older than SINCE_HOURS=24" in ended["warnings"][0]
    place.state.files.replace(place.files[0], b"Fan 0 is quiet.")
    place.state.comments.reply(place.threads[0], "<p>Because of dust.</p>")
    place.run(**window)
    assert "Fan 0 is quiet." in place.text()
    assert "Why 0?" in place.text()
    assert "Because of dust." in place.text()
    assert place.run(**window)["pages"]["changed"] == 0


def test_types_that_are_added_later_are_ingested_however_old_they_are(place: Place) -> None:
    window = {"SINCE_HOURS": "24"}
    place.sync(**window)
    ended = place.run(**window)
    assert (ended["content"]["attachment"]["new"], ended["content"]["comment"]["new"]) == (2, 2)


@on_dash
def test_a_rotation_has_all_types_and_keeps_what_fails(place: Place) -> None:
    rotate = {"UPDATE_STRATEGY": "rotate"}
    assert place.run(**rotate).code == 0
    place.state.comments.edit(place.threads[0], "<p>How?</p>")
    place.state.files.purge(place.files[0])
    place.site.fail("-comments.*body-format", faults.server_error(500), times=None)
    ended = place.run(**rotate)
    assert (ended.code, ended["content"]["comment"]["failed"]) == (1, 2)
    assert "Why 0?" in place.text()
    place.site.clear_faults()
    assert [place.run(**rotate).code for _ in range(2)] == [7, 0]  # in place, then anew
    assert "How?" in place.text()
    assert "Why 0?" not in place.text()
    assert "Why 1?" in place.text()
    assert place.texts() == ["Page 1 > fan.txt\n\nFan 1 is loud."]


def test_what_a_store_loses_of_files_and_comments_is_noticed(place: Place) -> None:
    alone = {"CONTENT_TYPES": "attachments,comments"}  # as many as are looked up in one night
    place.sync(**alone)
    before = place.text()
    place.api.empty("confluence", place.rows()[0].id)  # the store is alive
    assert place.text() != before
    place.sync(**alone)
    assert sorted(place.text().splitlines()) == sorted(before.splitlines())
