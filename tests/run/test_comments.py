"""Comments beside pages: noticed, deleted, guarded, restricted, and in no page's way."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from demo.confluence_site import ConfluenceSite, faults
from pipeline.records import COMMENT
from tests.support.program import NONE
from tests.support.recovery import PAGES
from tests.support.twelve_pages import TwelvePages, on_servers_with_a_list_too, to_kind
from tests.support.vector_api import VectorApi

ON = {"CONTENT_TYPES": "pages,comments"}
ALONE = {"CONTENT_TYPES": "comments"}


class Place(TwelvePages):
    """Two of the pages have comments."""

    content_type = COMMENT

    def __init__(self, site: ConfluenceSite, api: VectorApi, folder: Path) -> None:
        super().__init__(site, api, folder)
        comments = self.state.comments
        self.thread = comments.add(self.pages[0], "<p>Why is it slow?</p>")
        comments.reply(self.thread, "<p>The disk is full.</p>")
        self.inline = comments.add(self.pages[1], "<p>Outdated?</p>", marked="Page 1")


@pytest.fixture
def place(request: pytest.FixtureRequest, site: ConfluenceSite, tmp_path: Path) -> Iterator[Place]:
    with VectorApi(*to_kind(request)) as api:
        yield Place(site, api, tmp_path)


@on_servers_with_a_list_too
def test_comments_are_chunks_of_their_own_below_their_page(place: Place) -> None:
    ended = place.sync(**ON)
    assert (ended.code, ended["failures"]) == (0, [])
    assert ended["content"] == {
        "page": NONE | {"listed": PAGES, "new": PAGES},
        "comment": NONE | {"listed": 2, "new": 2},
    }
    assert place.contains("Why is it slow?")
    assert place.contains("The disk is full.")
    assert all("Page " in text.splitlines()[0] for text in place.texts())
    before = len(place.site.requests)
    again = place.sync(**ON)
    assert not [one for one in place.site.requests[before:] if "body-format" in one.target]
    assert (again["chunks"]["inserted"], again["chunks"]["deleted"]) == (0, 0)
    assert again["content"]["comment"] == NONE | {"listed": 2, "unchanged": 2}


@on_servers_with_a_list_too
def test_what_changes_in_a_thread_changes_its_chunks_and_no_page(place: Place) -> None:
    place.sync(**ON)
    comments = place.state.comments
    comments.edit(place.thread, "<p>Why does it hang?</p>")
    comments.add(place.pages[2], "<p>A first comment.</p>")
    ended = place.sync(**ON)
    assert ended["content"]["page"] == NONE | {"listed": PAGES, "unchanged": PAGES}
    assert ended["content"]["comment"] == NONE | {
        "listed": 3, "new": 1, "changed": 1, "unchanged": 1,
    }  # fmt: skip
    assert place.contains("Why does it hang?")
    assert not place.contains("Why is it slow?")
    comments.delete(place.thread)
    comments.resolve(place.inline)
    ended = place.sync(**ON)
    assert (ended.code, ended["content"]["comment"]["changed"]) == (0, 2)
    assert len(place.texts()) == 1
    ended = place.sync(**ON)
    assert ended["content"]["comment"] == NONE | {"listed": 3, "unchanged": 3}
    comments.resolve(place.inline, "reopened")
    place.sync(**ON)
    assert place.contains("Outdated?")
    assert len(place.texts()) == 2


def test_comments_carry_what_readers_filter_and_cite_by(place: Place) -> None:
    place.sync(**ON)
    rows = {str(row.metadata["page_id"]): row.metadata for row in place.rows()}
    assert rows.keys() == set(place.pages[:2])
    row, page = rows[place.pages[0]], place.state.page(place.pages[0])
    assert (row["title"], row["space_key"]) == (page.title, "KI")
    assert page.id in str(row["url"])
    assert row["document_id"] == f"conf-comments{page.id}"


@on_servers_with_a_list_too
def test_comments_leave_with_their_page(place: Place) -> None:
    place.sync(**ON)
    first, second = place.pages[:2]
    place.state.trash(first)
    place.state.move(second, space="OPS")
    ended = place.sync(**ON)
    assert (ended.code, place.texts()) == (0, [])
    assert ended["content"]["comment"] == NONE | {"deleted": 2}
    place.state.restore(first)
    assert place.sync(**ON)["content"]["comment"] == NONE | {"listed": 1, "new": 1}


def test_authors_are_named_and_asked_for_again_where_that_fails(place: Place) -> None:
    place.state.people["a1"] = "Mara Lindqvist"
    place.state.comments.add(place.pages[4], "<p>Why?</p>", author="a1")
    place.site.fail("/user/bulk", faults.error(403), times=None)
    assert place.sync(**ON).code == 0
    assert not place.contains("Mara Lindqvist")
    place.site.clear_faults()
    now = place.state.clock()
    place.state.clock = lambda: now + timedelta(hours=169)
    place.sync(**ON)
    assert place.contains("Mara Lindqvist")


def test_comments_leave_with_a_restriction_and_come_back(place: Place) -> None:
    skip = ON | {"RESTRICTED_PAGES": "skip"}
    place.sync(**skip)
    place.state.restrict(place.pages[0], users=["a"])
    ended = place.sync(**skip)
    assert ended["content"]["comment"] == NONE | {"listed": 1, "unchanged": 1, "deleted": 1}
    place.state.restrict(place.pages[0])
    assert place.sync(**skip)["content"]["comment"]["new"] == 1


def test_comments_are_filtered_with_their_page(place: Place) -> None:
    place.state.set_labels(place.pages[0], ["keep"])
    ended = place.sync(**ON, LABELS="keep")
    assert ended["content"]["comment"] == NONE | {"listed": 1, "new": 1}
    place.state.set_labels(place.pages[1], ["keep"])
    place.state.set_labels(place.pages[0], [])
    ended = place.sync(**ON, LABELS="keep")
    assert ended["content"]["comment"] == NONE | {"listed": 1, "new": 1, "deleted": 1}
    assert place.contains("Outdated?")


def test_comments_are_turned_off_and_on(place: Place) -> None:
    place.sync(**ON)
    before = len(place.site.requests)
    ended = place.sync()
    assert ended["content"]["comment"] == NONE | {"deleted": 2}
    assert not [one for one in place.site.requests[before:] if "comments" in one.path]
    assert place.texts() == []
    assert len(place.texts("page")) == PAGES
    assert place.sync(**ON)["content"]["comment"]["new"] == 2


def test_comments_that_are_turned_off_leave_within_the_guard(place: Place) -> None:
    place.sync(**ON)
    assert place.sync(MAX_DELETE_PERCENT="10").code == 6
    assert len(place.texts()) == 2


def test_comments_alone_leave_their_pages_out(place: Place) -> None:
    ended = place.sync(**ALONE)
    assert (ended.code, ended["content"]) == (0, {"comment": NONE | {"listed": 2, "new": 2}})
    assert place.texts("page") == []
    assert place.sync(**ON)["content"]["page"]["new"] == PAGES
    ended = place.sync(**ALONE)
    assert ended["content"]["page"] == NONE | {"deleted": PAGES}
    assert len(place.texts()) == 2


def test_comments_alone_stay_where_their_list_lacks_them(place: Place) -> None:
    place.sync(**ALONE)
    for kind in ("footer", "inline"):
        place.site.fail(f"/{kind}-comments", faults.text('{"results": []}'))
    ended = place.sync(**ALONE)
    assert (ended.code, len(place.texts())) == (0, 2)


def test_a_page_whose_comments_cannot_be_listed_keeps_them(place: Place) -> None:
    place.sync(**ON)
    place.state.comments.edit(place.thread, "<p>Why does it hang?</p>")
    place.state.comments.edit(place.inline, "<p>Still so?</p>")
    place.site.fail(r"/api/v2/(footer|inline)-comments\?", faults.server_error(500), times=None)
    place.site.fail(rf"{place.pages[0]}/footer-comments", faults.error(403), times=None)
    ended = place.sync(**ON)
    assert (ended.code, len(ended["failures"])) == (1, 1)
    assert ended["failures"][0] | {"error": ""} == {
        "page_id": place.pages[0], "title": "Page 0", "stage": "list", "error": "",
        "content_type": "comment",
    }  # fmt: skip
    assert place.contains("Why is it slow?")
    assert place.contains("Still so?")
    place.site.clear_faults()
    assert place.sync(**ON).code == 0
    assert place.contains("Why does it hang?")


def test_a_list_that_fails_half_way_changes_nothing(place: Place) -> None:
    place.sync(**ON)
    place.state.comments.delete(place.thread)
    place.site.fail("-comments", faults.server_error(500), after=1, times=None)
    ended = place.sync(**ON)
    assert ended.code in (1, 4)
    assert place.contains("Why is it slow?")
    assert len(place.texts()) == 2


def test_comments_that_cannot_be_read_fail_alone(place: Place) -> None:
    place.site.fail("comments.*body-format", faults.server_error(500), times=None)
    ended = place.sync(**ON)
    assert (ended.code, ended["content"]["comment"]["failed"]) == (1, 2)
    assert ended["content"]["page"]["new"] == PAGES
    place.site.clear_faults()
    assert place.sync(**ON)["content"]["comment"]["new"] == 2


def test_a_renamed_page_renames_its_comments(place: Place) -> None:
    place.sync(**ON)
    place.state.rename(place.pages[0], "Slow disks")
    ended = place.sync(**ON)
    assert ended["content"]["comment"]["changed"] == 1
    assert any(text.startswith("Slow disks") for text in place.texts())


@on_servers_with_a_list_too
def test_a_lost_ledger_finds_comments_and_pages_again(place: Place) -> None:
    place.sync(**ON)
    for path in place.folder.glob("sync.sqlite3*"):
        path.unlink()
    place.state.trash(place.pages[0])
    ended = place.sync(**ON)
    assert (ended.code, ended["chunks"]["inserted"]) == (0, 0)
    if place.api.form == "files":  # its list shows what the ledger knew
        assert len(place.texts()) == 1


def test_shards_share_the_comments(place: Place) -> None:
    for index in range(2):
        assert place.sync(**ON, SHARD_INDEX=str(index), SHARD_COUNT="2").code == 0
    assert len(place.texts()) == 2
    ended = place.sync(**ON)
    assert (ended["chunks"]["inserted"], ended["content"]["comment"]["unchanged"]) == (0, 2)


@on_servers_with_a_list_too
def test_an_earlier_release_takes_comments_for_pages_that_it_cannot_judge(place: Place) -> None:
    place.sync(**ON)
    with sqlite3.connect(place.folder / "sync.sqlite3") as ledger:
        ledger.execute("DROP TABLE owners")  # which it does not know
        ledger.execute("DROP TABLE content_types")
    place.state.trash(place.pages[0])
    ended = place.sync(**ON)
    assert (ended.code, len(place.texts())) == (0, 1)


def test_a_page_with_five_hundred_comments(place: Place) -> None:
    for number in range(250):
        thread = place.state.comments.add(place.pages[3], f"<p>Question {number}?</p>")
        place.state.comments.reply(thread, f"<p>Answer {number}.</p>")
    ended = place.sync(**ON)
    assert (ended.code, ended["content"]["comment"]["new"]) == (0, 3)
    assert place.contains("Question 0?")
    assert place.contains("Answer 249.")


def test_comments_with_the_highest_version_numbers_are_read(place: Place) -> None:
    place.state.comments.reply(place.thread, "<p>The disk is new.</p>")
    by_id = place.state.comments.by_id
    for comment in list(by_id.values()):
        by_id[comment.id] = replace(comment, version=2**63 - 1)
    ended = place.sync(**ON)
    assert (ended.code, ended["content"]["comment"]["new"]) == (0, 2)
    assert place.sync(**ON)["content"]["comment"]["unchanged"] == 2


def test_comments_and_files_on_blog_posts_are_read(place: Place) -> None:
    post = place.state.add_page("Post", "KI", "<p>Post.</p>", content_type="blogpost")
    place.state.comments.add(post, "<p>A comment on a post.</p>")
    place.state.files.add(post, "notes.md", b"# Notes\n\nText.\n")
    ended = place.sync(CONTENT_TYPES="pages,blogposts,attachments,comments")
    assert (ended.code, ended["content"]["attachment"]["new"]) == (0, 1)
    assert place.contains("A comment on a post.")
    ended = place.sync(CONTENT_TYPES="pages,attachments,comments")
    assert ended["content"]["attachment"]["deleted"] == 1
    assert not place.contains("A comment on a post.")
