"""Files that are renamed, moved and replaced, comments that lose their page, text or parent."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.confluence_site import ConfluenceSite
from tests.support.program import NONE, Ended
from tests.support.twelve_pages import TwelvePages
from tests.support.vector_api import VectorApi

SPACES = {"FILTER_SPACE_KEYS": "KI,OPS"}


class Place(TwelvePages):
    """A page with a file and an inline thread, another with the same file and a footer thread."""

    content_type = "attachment"

    def __init__(self, site: ConfluenceSite, api: VectorApi, folder: Path) -> None:
        super().__init__(site, api, folder)
        self.state.add_page("Plans", "OPS", "<p>Plans.</p>")
        self.page, self.other = self.pages[:2]
        self.files, self.comments = self.state.files, self.state.comments
        self.file = self.files.add(self.page, "disk.md", b"# Disk\n\nIt is full.\n")
        self.twin = self.files.add(self.other, "disk.md", b"# Disk\n\nIt is full.\n")
        self.inline = self.comments.add(self.page, "<p>Outdated?</p>", marked="page 0")
        self.footer = self.comments.add(self.other, "<p>Why?</p>")
        self.reply = self.comments.reply(self.footer, "<p>Because of logs.</p>")

    def run(self, **more: str) -> Ended:
        ended = self.sync(CONTENT_TYPES="pages,attachments,comments", **SPACES, **more)
        assert ended.code == 0, ended["failures"]
        return ended

    def titles(self) -> list[str]:
        return sorted(str(row.metadata["title"]) for row in self.rows())

    def file_text(self) -> str:
        """Return what is stored of the first file."""
        rows = [row for row in self.rows() if row.metadata["page_id"] == self.page]
        return "\n".join(row.text for row in rows)

    def discussion(self) -> str:
        return "\n".join(self.texts("comment"))


@pytest.fixture
def place(site: ConfluenceSite, tmp_path: Path) -> Iterator[Place]:
    with VectorApi(delete_route="document") as api:
        place = Place(site, api, tmp_path)
        place.run()
        yield place


def test_two_files_of_one_name_and_text_are_two_documents(place: Place) -> None:
    assert place.titles() == ["Page 0 > disk.md", "Page 1 > disk.md"]
    place.files.purge(place.twin)
    assert place.run()["content"]["attachment"]["deleted"] == 1
    assert place.titles() == ["Page 0 > disk.md"]


def test_a_renamed_file_has_its_new_name_only(place: Place) -> None:
    place.files.rename(place.file, "storage.md")
    ended = place.run()
    assert ended["content"]["attachment"] == NONE | {"listed": 2, "changed": 1, "unchanged": 1}
    assert place.titles() == ["Page 0 > storage.md", "Page 1 > disk.md"]
    assert place.file_text() == "Page 0 > storage.md > Disk\n\nIt is full."


def test_a_new_version_of_another_type_is_read_as_what_it_is(place: Place) -> None:
    place.files.replace(place.file, b"name,state\ndisk,full\n", "disk.csv")
    place.run()
    assert place.file_text().endswith("| name | state |\n|---|---|\n| disk | full |")
    place.files.replace(place.file, b"\x89PNG", "disk.png")
    ended = place.run()
    assert ended["content"]["attachment"] == NONE | {"listed": 1, "unchanged": 1, "deleted": 1}
    assert (ended["attachments_left_out"], place.file_text()) == ({"png": 1}, "")
    place.files.replace(place.file, b"It is empty.", "disk.txt")
    assert place.run()["content"]["attachment"]["new"] == 1
    assert "It is empty." in place.file_text()


def test_what_is_on_an_archived_page_leaves_and_comes_back_with_it(place: Place) -> None:
    place.state.archive(place.page)
    gone = place.run()["content"]
    assert (gone["page"]["deleted"], gone["attachment"]["deleted"]) == (1, 1)
    assert gone["comment"]["deleted"] == 1
    assert place.titles() == ["Page 1 > disk.md"]
    assert "Outdated?" not in place.discussion()
    place.state.restore(place.page)
    back = place.run()["content"]
    assert (back["page"]["new"], back["attachment"]["new"], back["comment"]["new"]) == (1, 1, 1)


def test_what_is_on_a_page_of_another_space_has_its_new_space_and_links(place: Place) -> None:
    place.state.move(place.page, space="OPS")
    moved = place.run()["content"]
    assert (moved["attachment"]["changed"], moved["comment"]["changed"]) == (1, 1)
    for content_type in ("attachment", "comment"):
        keys = {
            row.metadata["page_id"]: row.metadata["space_key"] for row in place.rows(content_type)
        }
        assert keys == {place.page: "OPS", place.other: "KI"}
    [comment] = [row for row in place.rows("comment") if row.metadata["page_id"] == place.page]
    assert "/spaces/OPS/" in str(comment.metadata["url"])


def test_a_page_below_another_takes_along_what_is_on_it(place: Place) -> None:
    place.state.move(place.page, parent=place.other)
    moved = place.run()
    assert (moved["chunks"]["inserted"], moved["pages"]["failed"]) == (0, 0)
    again = place.run()
    assert again["pages"]["changed"] == 0


def test_an_inline_comment_leaves_with_the_text_that_it_marks(place: Place) -> None:
    place.state.edit(place.page, "<h2>What</h2><p>Nothing.</p>")
    place.comments.resolve(place.inline, "dangling")
    assert place.run()["content"]["comment"]["changed"] == 1
    assert "Outdated?" not in place.discussion()
    place.comments.resolve(place.inline, "reopened")
    place.run()
    assert "Outdated?" in place.discussion()


@pytest.mark.parametrize("moves_replies", [True, False])
def test_a_reply_whose_parent_is_deleted_is_shown_if_the_page_shows_it(
    place: Place, moves_replies: bool
) -> None:
    place.comments.delete_alone(place.footer, moves_replies=moves_replies)
    place.run()
    assert "Why?" not in place.discussion()
    assert ("Because of logs." in place.discussion()) == moves_replies
    before = place.discussion()
    place.state.rename(place.other, "Slow disks")  # all is read again
    place.run()
    assert place.discussion() == before.replace("Page 1", "Slow disks")
