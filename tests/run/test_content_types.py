"""Blog posts beside pages: turned on and off, deleted, guarded, counted by type."""

import logging
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from demo.confluence_site import ConfluenceSite, SiteState, faults
from tests.support.convert import macro
from tests.support.program import NONE, Ended, environment, load_report, sync_now
from tests.support.vector_api import VectorApi

NOW = datetime.now(UTC)
OLD = NOW - timedelta(days=300)
PAGES, POSTS = 9, 3
ON = {"CONTENT_TYPES": "pages,blogposts"}


class Place:
    """A space of nine pages and three blog posts, two of them old, beside a Vector API."""

    def __init__(self, site: ConfluenceSite, api: VectorApi, folder: Path) -> None:
        self.site, self.state, self.api, self.folder = site, site.state, api, folder
        self.posts = [page.id for page in self.state.pages.values() if page.type == "blogpost"]

    def sync(self, **more: str) -> Ended:
        environ = environment(self.site, self.api.base_url, self.folder)
        return sync_now(environ | {"SPACE_NAME": "Known Issues", "MAX_DELETE_PERCENT": "25"} | more)

    def stored(self) -> list[dict[str, object]]:
        """Return the metadata of the chunks of the store that readers take."""
        store = (self.folder / "confluence.vdb").read_text().strip()
        return [dict(row.metadata) for row in self.api.documents(store).values()]

    def types(self) -> dict[str, str]:
        """Return title → `content_type` of what is stored."""
        rows = self.api.documents("confluence").values()
        return {str(row.metadata["title"]): str(row.metadata["content_type"]) for row in rows}

    def titles(self, content_type: str = "blogpost") -> set[str]:
        return {title for title, found in self.types().items() if found == content_type}

    def recorded(self) -> dict[str, str]:
        with sqlite3.connect(self.folder / "sync.sqlite3") as ledger:
            return dict(ledger.execute("SELECT page_id, content_type FROM content_types"))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    state = SiteState()
    state.add_space("KI", "Known Issues")
    for number in range(PAGES):
        state.add_page(f"Page {number}", "KI", f"<p>Page {number}.</p>", modified=NOW)
    for number in range(POSTS):
        state.add_page(
            f"Post {number}", "KI", f"<p>Post {number}.</p>", content_type="blogpost",
            modified=OLD if number else NOW,
        )  # fmt: skip
    with ConfluenceSite(state) as site, VectorApi(delete_route="document") as api:
        yield Place(site, api, tmp_path)


def test_both_types_are_ingested_each_with_its_name(place: Place) -> None:
    ended = place.sync(**ON)
    assert (ended.code, ended["pages"]["new"]) == (0, PAGES + POSTS)
    assert ended["content"] == {
        "page": NONE | {"listed": PAGES, "new": PAGES},
        "blogpost": NONE | {"listed": POSTS, "new": POSTS},
    }
    assert place.titles() == {"Post 0", "Post 1", "Post 2"}
    assert len(place.titles("page")) == PAGES
    assert place.recorded() == dict.fromkeys(place.posts, "blogpost")


def test_an_edit_of_a_blog_post_is_its_own(place: Place) -> None:
    place.sync(**ON)
    place.state.edit(place.posts[0], "<p>Other text.</p>")
    place.state.trash(place.posts[1])
    ended = place.sync(**ON)
    assert ended["content"]["page"] == NONE | {"listed": PAGES, "unchanged": PAGES}
    assert ended["content"]["blogpost"] == NONE | {
        "listed": 2, "changed": 1, "unchanged": 1, "deleted": 1,
    }  # fmt: skip
    assert place.titles() == {"Post 0", "Post 2"}


def test_a_blog_post_that_fails_is_named_as_one(place: Place) -> None:
    place.site.fail(rf"\b{place.posts[0]}\b", faults.server_error(500), times=None)
    ended = place.sync(**ON)
    assert (ended.code, ended["content"]["blogpost"]["failed"]) == (1, 1)
    assert ended["content"]["page"]["failed"] == 0
    [row] = ended["failures"]
    assert (row["page_id"], row["content_type"]) == (place.posts[0], "blogpost")


def test_the_type_that_is_turned_on_is_ingested_in_full(place: Place) -> None:
    window = {"SINCE_HOURS": "24"}
    ended = place.sync(**window)
    assert (ended["pages"]["new"], "content" in ended.report) == (PAGES, False)
    assert place.recorded() == {}
    ended = place.sync(**ON, **window)
    assert ended["content"]["blogpost"] == NONE | {"listed": POSTS, "new": POSTS}
    assert ended["content"]["page"]["unchanged"] == PAGES


def test_the_first_run_leaves_out_old_blog_posts_too(place: Place) -> None:
    ended = place.sync(**ON, SINCE_HOURS="24")
    assert place.titles() == {"Post 0"}
    assert "2 pages older than SINCE_HOURS" in ended["warnings"][0]
    place.state.edit(place.posts[1], "<p>Edited.</p>")
    place.sync(**ON, SINCE_HOURS="24")
    assert place.titles() == {"Post 0", "Post 1"}


def test_the_type_that_is_turned_off_leaves_without_a_question(place: Place) -> None:
    place.sync(**ON)
    before = len(place.site.requests)
    ended = place.sync()
    assert (ended.code, ended["pages"]["deleted"], place.titles()) == (0, POSTS, set())
    assert ended["content"]["blogpost"] == NONE | {"deleted": POSTS}
    asked = [request.target for request in place.site.requests[before:]]
    assert not [target for target in asked if "blogpost" in target or "id=" in target]
    assert "content" not in place.sync().report
    assert place.recorded() == {}


def test_the_type_that_is_turned_off_leaves_within_the_guard(place: Place) -> None:
    place.sync(**ON)
    ended = place.sync(MAX_DELETE_PERCENT="20")
    assert (ended.code, len(place.titles())) == (6, POSTS)
    assert place.sync(CONTENT_TYPES="blogposts").code == 6
    assert place.sync(CONTENT_TYPES="blogposts", MAX_DELETE_PERCENT="100").code == 0
    assert set(place.types().values()) == {"blogpost"}


def test_a_missing_blog_post_is_not_deleted_because_no_page_has_its_id(place: Place) -> None:
    place.sync(**ON)
    space_id = place.state.spaces["KI"].id
    place.site.fail(f"spaces/{space_id}/blogposts", faults.text('{"results": []}'))
    ended = place.sync(**ON)
    assert (ended.code, ended["pages"]["deleted"], len(place.titles())) == (0, 0, POSTS)
    assert sum("still exists: kept" in line for line in ended["warnings"]) == POSTS


def test_a_blog_post_of_unknown_type_is_not_deleted_either(place: Place) -> None:
    place.sync(**ON)
    with sqlite3.connect(place.folder / "sync.sqlite3") as ledger:
        ledger.execute("UPDATE pages SET title = ''")  # as a store's list shows it
        ledger.execute("DELETE FROM content_types")
    space_id = place.state.spaces["KI"].id
    place.site.fail(f"spaces/{space_id}/blogposts", faults.text('{"results": []}'))
    assert place.sync(**ON)["pages"]["deleted"] == 0
    assert len(place.titles()) == POSTS


def test_a_listing_that_fails_for_one_type_deletes_nothing(place: Place) -> None:
    place.sync(**ON)
    place.state.purge(place.posts[0])
    place.site.fail("/blogposts", faults.error(403), times=None)
    ended = place.sync(**ON)
    assert (ended.code, len(place.titles())) == (3, POSTS)


def test_an_earlier_release_takes_blog_posts_for_pages_that_are_gone(place: Place) -> None:
    place.sync(**ON)
    with sqlite3.connect(place.folder / "sync.sqlite3") as ledger:
        ledger.execute("DROP TABLE content_types")  # which it does not know
    assert place.sync()["pages"]["deleted"] == POSTS
    assert place.sync(**ON)["content"]["blogpost"]["new"] == POSTS


def test_a_dry_run_names_the_type(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "pipeline")
    place.sync(**ON, DRY_RUN="1")
    assert f"+ {place.posts[0]} Post 0 (blogpost)" in caplog.messages
    assert place.api.count("insert") == 0


def test_blog_posts_that_are_restricted_are_skipped(place: Place) -> None:
    place.sync(**ON)
    place.state.restrict(place.posts[0], users=["a"])
    ended = place.sync(**ON, RESTRICTED_PAGES="skip")
    assert (ended["restricted"], place.titles()) == ({"blogpost": 1}, {"Post 1", "Post 2"})
    place.state.restrict(place.posts[0])
    place.sync(**ON, RESTRICTED_PAGES="skip")
    assert len(place.titles()) == POSTS


def test_shards_share_the_blog_posts(place: Place) -> None:
    for index in range(2):
        assert place.sync(**ON, SHARD_INDEX=str(index), SHARD_COUNT="2").code == 0
    assert len(place.titles()) == POSTS
    environ = environment(place.site, place.api.base_url, place.folder)
    assert load_report(environ)["content"]["blogpost"]["listed"] < POSTS
    ended = place.sync(**ON)  # takes over both ledgers
    assert (ended["chunks"]["inserted"], place.recorded()) == (
        0, dict.fromkeys(place.posts, "blogpost")
    )  # fmt: skip


def test_folders_leave_blog_posts_out_with_a_warning(place: Place) -> None:
    page = next(one.id for one in place.state.pages.values() if one.title == "Page 0")
    place.state.add_page("Below", "KI", "<p>Below.</p>", parent=page)
    ended = place.sync(**ON, FILTER_FOLDER_ID=page)
    assert (ended["content"]["blogpost"], place.titles("page")) == (NONE, {"Below"})
    assert any("blog posts, which are in no folder" in line for line in ended["warnings"])


def test_an_empty_scope_names_the_types(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    for post in place.posts:
        place.state.trash(post)
    assert place.sync(CONTENT_TYPES="blogposts").code == 3
    assert "nothing of CONTENT_TYPES=blogposts is listed in KI" in caplog.text


def test_a_rotation_keeps_the_types(place: Place, tmp_path: Path) -> None:
    with VectorApi("dash") as api:
        place.api = api
        rotate = ON | {"UPDATE_STRATEGY": "rotate"}
        assert place.sync(**rotate).code == 0
        place.state.edit(place.posts[0], "<p>Edited.</p>")
        bodies = rf"blogposts/{place.posts[1]}|search.*\b{place.posts[1]}\b"
        place.site.fail(bodies, faults.server_error(500), times=None)
        ended = place.sync(**rotate)
        assert (ended.code, ended["content"]["blogpost"]["failed"]) == (1, 1)
        assert place.recorded() == dict.fromkeys(place.posts, "blogpost")
        [kept] = [row for row in place.stored() if row["title"] == "Post 1"]
        assert kept["content_type"] == "blogpost"
        place.site.clear_faults()
        place.state.edit(place.posts[0], "<p>Edited again.</p>")
        place.site.fail("spaces/\\d+/blogposts", faults.text('{"results": []}'))
        place.state.edit(next(iter(place.state.pages)), "<p>Edited too.</p>")
        assert place.sync(**rotate)["content"]["blogpost"]["listed"] == 0
        assert place.recorded() == dict.fromkeys(place.posts, "blogpost")
        assert place.sync(UPDATE_STRATEGY="rotate").code == 0
        assert {row["content_type"] for row in place.stored()} == {"page"}


def test_an_edited_blog_post_is_new_in_the_page_that_includes_it(place: Place) -> None:
    post = '<ri:blog-post ri:content-title="Post 0" ri:posting-day="2026/06/15"/>'
    storage = macro("include", f'<ac:parameter ac:name=""><ac:link>{post}</ac:link></ac:parameter>')
    host = place.state.add_page("Host", "KI", "<p>Shows: as it was.</p>", storage=storage)
    place.sync(**ON)
    place.state.edit(place.posts[0], "<p>As it is.</p>")
    place.state.render(host, "<p>Shows: as it is.</p>")
    ended = place.sync(**ON)
    assert ended["content"]["page"]["changed"] == 1
    texts = [row.text for row in place.api.documents("confluence").values()]
    assert any("Shows: as it is." in text for text in texts)
