"""Attachments beside pages: replaced, moved, left out, hostile, and gone with their page."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.confluence_site import ConfluenceSite, faults
from pipeline.records import ATTACHMENT
from tests.support.program import NONE
from tests.support.recovery import PAGES
from tests.support.twelve_pages import TwelvePages, on_servers_with_a_list_too, to_kind
from tests.support.vector_api import VectorApi

ON = {"CONTENT_TYPES": "pages,attachments"}
ALONE = {"CONTENT_TYPES": "attachments"}


class Place(TwelvePages):
    """Two of the pages have a file of the same name."""

    content_type = ATTACHMENT

    def __init__(self, site: ConfluenceSite, api: VectorApi, folder: Path) -> None:
        super().__init__(site, api, folder)
        self.files = self.state.files
        self.notes = self.files.add(self.pages[0], "notes.md", b"# Disk\n\nThe disk is full.\n")
        self.others = self.files.add(self.pages[1], "notes.md", b"# Fan\n\nThe fan is loud.\n")
        self.files.add(self.pages[1], "fan.png", b"no text")

    def titles(self) -> list[str]:
        return sorted(str(row.metadata["title"]) for row in self.rows())


@pytest.fixture
def place(request: pytest.FixtureRequest, site: ConfluenceSite, tmp_path: Path) -> Iterator[Place]:
    with VectorApi(*to_kind(request)) as api:
        yield Place(site, api, tmp_path)


@on_servers_with_a_list_too
def test_files_are_documents_of_their_own_below_their_page(place: Place) -> None:
    ended = place.sync(**ON)
    assert (ended.code, ended["failures"]) == (0, [])
    assert ended["content"] == {
        "page": NONE | {"listed": PAGES, "new": PAGES},
        "attachment": NONE | {"listed": 2, "new": 2},
    }
    assert ended["attachments_left_out"] == {"png": 1}
    assert place.titles() == ["Page 0 > notes.md", "Page 1 > notes.md"]
    row = next(row for row in place.rows() if "disk" in row.text)
    assert row.text.splitlines()[0] == "Page 0 > notes.md > Disk"
    assert row.metadata["page_id"] == place.pages[0]
    assert "viewpageattachments.action" in str(row.metadata["url"])
    again = place.sync(**ON)
    assert again["content"]["attachment"] == NONE | {"listed": 2, "unchanged": 2}
    assert (again["chunks"]["inserted"], again["chunks"]["deleted"]) == (0, 0)


@on_servers_with_a_list_too
def test_a_new_version_takes_the_place_of_the_old_one(place: Place) -> None:
    place.sync(**ON)
    place.files.replace(place.notes, b"# Disk\n\nThe disk is new.\n")
    place.files.replace(place.others, b"# Fan\n\nThe fan is loud.\n")  # the same bytes again
    ended = place.sync(**ON)
    assert ended["content"]["page"]["unchanged"] == PAGES
    assert (ended["content"]["attachment"]["changed"], ended["chunks"]["inserted"]) == (2, 1)
    assert place.contains("The disk is new.")
    assert not place.contains("The disk is full.")
    assert len(place.rows()) == 2


@on_servers_with_a_list_too
def test_files_leave_with_their_page_and_by_their_own(place: Place) -> None:
    place.sync(**ON)
    place.state.trash(place.pages[0])  # its file remains current
    place.files.set_status(place.others, "trashed")
    ended = place.sync(**ON)
    assert (ended.code, place.rows()) == (0, [])
    assert ended["content"]["attachment"] == NONE | {"deleted": 2}


def test_a_moved_file_follows_its_page(place: Place) -> None:
    place.sync(**ON)
    place.files.move(place.notes, place.pages[2])
    ended = place.sync(**ON)
    assert ended["content"]["attachment"] == NONE | {"listed": 2, "changed": 1, "unchanged": 1}
    assert place.titles() == ["Page 1 > notes.md", "Page 2 > notes.md"]
    elsewhere = place.state.add_page("Elsewhere", "OPS", "<p>x</p>")
    place.files.move(place.notes, elsewhere)
    place.state.move(place.pages[1], space="OPS")
    assert place.sync(**ON).code == 0
    assert place.titles() == []


def test_files_leave_with_a_restriction(place: Place) -> None:
    skip = ON | {"RESTRICTED_PAGES": "skip"}
    place.sync(**skip)
    place.state.restrict(place.pages[0], users=["a"])
    ended = place.sync(**skip)
    assert ended["content"]["attachment"] == NONE | {"listed": 1, "unchanged": 1, "deleted": 1}
    place.state.restrict(place.pages[0])
    assert place.sync(**skip)["content"]["attachment"]["new"] == 1


def test_what_the_settings_leave_out_leaves(place: Place) -> None:
    place.files.add(place.pages[2], "table.csv", b"a,b\n1,2\n")
    place.sync(**ON)
    ended = place.sync(**ON, ATTACHMENT_TYPES="csv")
    assert ended["content"]["attachment"] == NONE | {"listed": 1, "unchanged": 1, "deleted": 2}
    assert ended["attachments_left_out"] == {"md": 2, "png": 1}
    place.files.replace(place.notes, b"x" * (1 << 20) + b"y")
    ended = place.sync(**ON, ATTACHMENT_MAX_MB="1")
    assert ended["attachments_left_out"] == {"md over 1 MB": 1, "png": 1}
    assert place.titles() == ["Page 1 > notes.md", "Page 2 > table.csv"]


def test_attachments_are_turned_off_alone_and_on(place: Place) -> None:
    ended = place.sync(**ALONE)
    assert (ended.code, ended["content"]) == (0, {"attachment": NONE | {"listed": 2, "new": 2}})
    assert place.rows("page") == []
    place.site.fail(r"/api/v2/attachments\?", faults.text('{"results": []}'))
    assert (place.sync(**ALONE).code, len(place.rows())) == (0, 2)
    assert place.sync(**ON)["content"]["page"]["new"] == PAGES
    before = len(place.site.requests)
    ended = place.sync()
    assert ended["content"]["attachment"] == NONE | {"deleted": 2}
    assert not [one for one in place.site.requests[before:] if "attachments" in one.path]


def test_a_file_that_its_list_lacks_is_asked_for_alone(place: Place) -> None:
    place.sync(**ON)
    place.site.fail(r"/api/v2/attachments\?", faults.text('{"results": []}'))
    place.files.purge(place.notes)
    ended = place.sync(**ON)
    assert ended["content"]["attachment"] == NONE | {"deleted": 1}
    assert place.titles() == ["Page 1 > notes.md"]
    assert any("notes.md' is missing from the listing" in line for line in ended["warnings"])


def test_a_page_whose_files_cannot_be_listed_keeps_them(place: Place) -> None:
    place.sync(**ON)
    place.files.purge(place.notes)
    place.site.fail(r"/api/v2/attachments\?", faults.server_error(500), times=None)
    place.site.fail(rf"{place.pages[0]}/attachments", faults.error(403), times=None)
    ended = place.sync(**ON)
    assert (ended.code, len(ended["failures"]), len(place.rows())) == (1, 1, 2)
    assert ended["failures"][0]["title"] == "Page 0"
    place.site.clear_faults()
    assert (place.sync(**ON).code, len(place.rows())) == (0, 1)


def test_a_hostile_file_fails_alone_and_is_named(place: Place) -> None:
    place.files.add(place.pages[3], "bomb.pdf", b"%PDF-1.7\nno end")
    place.files.add(place.pages[3], "secret.txt", b"Words of a file.")
    ended = place.sync(**ON)
    assert (ended.code, ended["content"]["attachment"]) == (
        1, NONE | {"listed": 4, "new": 3, "failed": 1}
    )  # fmt: skip
    [row] = ended["failures"]
    assert (row["title"], row["stage"]) == ("Page 3 > bomb.pdf", "convert")
    assert ended["content"]["page"]["new"] == PAGES
    assert place.sync(**ON).code == 1


def test_the_host_of_files_is_down(place: Place) -> None:
    place.site.fail("/file/", faults.server_error(503), times=None)
    ended = place.sync(**ON)
    assert (ended.code, ended["content"]["attachment"]["failed"]) == (1, 2)
    assert ended["content"]["page"]["new"] == PAGES
    place.site.clear_faults()
    assert place.sync(**ON)["content"]["attachment"]["new"] == 2


def test_one_file_is_refused(place: Place) -> None:
    place.site.fail(rf"{place.notes}/download", faults.error(403), times=None)
    ended = place.sync(**ON)
    assert (ended.code, place.titles()) == (1, ["Page 1 > notes.md"])
    assert ended["failures"][0]["title"] == "Page 0 > notes.md"


def test_a_file_without_text_is_found_by_its_name(place: Place) -> None:
    place.files.replace(place.notes, b"\n\n")
    ended = place.sync(**ON)
    assert ended.code == 0, ended["failures"]
    assert place.contains("Page 0 > notes.md")


@on_servers_with_a_list_too
def test_a_lost_ledger_finds_files_and_pages_again(place: Place) -> None:
    place.sync(**ON)
    for path in place.folder.glob("sync.sqlite3*"):
        path.unlink()
    place.files.purge(place.notes)
    ended = place.sync(**ON)
    assert (ended.code, ended["chunks"]["inserted"]) == (0, 0)
    if place.api.form == "files":  # its list shows what the ledger knew
        assert place.titles() == ["Page 1 > notes.md"]


def test_shards_share_the_files(place: Place) -> None:
    for index in range(2):
        assert place.sync(**ON, SHARD_INDEX=str(index), SHARD_COUNT="2").code == 0
    assert len(place.rows()) == 2
    ended = place.sync(**ON)
    assert (ended["chunks"]["inserted"], ended["content"]["attachment"]["unchanged"]) == (0, 2)


def test_a_ledger_that_does_not_know_the_pages_of_files_asks_for_each(place: Place) -> None:
    place.sync(**ON)
    with sqlite3.connect(place.folder / "sync.sqlite3") as ledger:
        ledger.execute("DELETE FROM owners")
    place.state.trash(place.pages[0])
    place.files.set_status(place.others, "trashed")
    assert (place.sync(**ON).code, place.rows()) == (0, [])


def test_a_rotation_keeps_a_file_that_fails(place: Place) -> None:
    with VectorApi("dash") as api:
        place.api = api
        rotate = ON | {"UPDATE_STRATEGY": "rotate"}
        assert place.sync(**rotate).code == 0
        place.files.replace(place.notes, b"# Disk\n\nThe disk is new.\n")
        place.site.fail(rf"{place.others}/download", faults.error(403), times=None)
        ended = place.sync(**rotate)
        assert (ended.code, ended["content"]["attachment"]["failed"]) == (1, 1)
        place.site.clear_faults()
        assert place.sync(**rotate).code == 0
        assert place.titles() == ["Page 0 > notes.md", "Page 1 > notes.md"]
        assert place.contains("The disk is new.")
