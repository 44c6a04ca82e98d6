"""What a site's answers about files and comments hide or make up deletes no text."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.confluence_site import ConfluenceSite, Paging, faults
from tests.support.program import NONE, Ended
from tests.support.twelve_pages import TwelvePages
from tests.support.vector_api import VectorApi

FILES, COMMENTS = r"/api/v2/attachments\?", r"/api/v2/\w+-comments\?"
FOOTER = r"/api/v2/footer-comments\?"
EVER = None


def rewrite_rows(change: Callable[[dict[str, Any]], dict[str, Any]]) -> faults.Fault:
    """Change each row of a list."""

    def change_all(answer: dict[str, Any]) -> dict[str, Any]:
        return answer | {"results": list(map(change, answer["results"]))}

    return faults.rewritten(change_all)


def without(*names: str) -> faults.Fault:
    return rewrite_rows(lambda row: {name: row[name] for name in row if name not in names})


class Place(TwelvePages):
    """Two files, and three pages with a thread and a reply, which the first run has stored."""

    content_type = "attachment"

    def __init__(self, site: ConfluenceSite, api: VectorApi, folder: Path) -> None:
        super().__init__(site, api, folder)
        for page, name in zip(self.pages, ("log.txt", "notes.txt"), strict=False):
            self.state.files.add(page, name, f"Text of {page}.\n".encode())
        for page in self.pages[:3]:
            thread = self.state.comments.add(page, f"<p>Question on {page}?</p>")
            self.state.comments.reply(thread, f"<p>Answer on {page}.</p>")
        site.paging = Paging(list_rows=1)
        assert self.run().code == 0
        self.before = self.stored()

    def run(self, **more: str) -> Ended:
        return self.sync(CONTENT_TYPES="pages,attachments,comments", **more)

    def stored(self) -> set[str]:
        return {*self.texts("attachment"), *self.texts("comment")}


@pytest.fixture
def place(site: ConfluenceSite, tmp_path: Path) -> Iterator[Place]:
    with VectorApi(delete_route="document") as api:
        yield Place(site, api, tmp_path)


@pytest.mark.parametrize(("lists", "times"), [(FILES, EVER), (FOOTER, 1), (FOOTER, EVER)])
def test_a_list_that_ends_early_takes_nothing_out(
    place: Place, lists: str, times: int | None
) -> None:
    place.site.fail(lists + "(?!sort)", faults.without_next(), times=times)
    ended = place.run()
    assert (ended.code, place.stored()) == (0, place.before)
    place.site.clear_faults()
    assert place.run()["chunks"]["inserted"] == 0


@pytest.mark.parametrize("lists", [FILES, COMMENTS])
def test_a_list_that_repeats_its_cursor_ends_the_run(place: Place, lists: str) -> None:
    place.site.fail(lists, faults.repeated_cursor(), times=EVER)
    assert place.run().code == 4
    assert place.stored() == place.before
    place.site.clear_faults()
    assert place.run().code == 0, "the ledger is not locked"


@pytest.mark.parametrize("lacking", ["fileSize", "mediaType", "pageId"])
def test_files_are_listed_without_a_field(place: Place, lacking: str) -> None:
    place.site.fail(FILES, without(lacking), times=EVER)
    ended = place.run()
    assert (ended.code, place.stored()) == (0, place.before)
    assert ended["content"]["attachment"]["deleted"] == 0


def test_comments_are_listed_without_their_page(place: Place) -> None:
    place.site.fail(COMMENTS, without("pageId"), times=EVER)
    ended = place.run()
    assert (ended.code, place.stored()) == (0, place.before)
    assert ended["content"]["comment"] == NONE | {"listed": 3, "unchanged": 3}


def test_a_page_that_its_list_lacks_keeps_what_is_on_it_without_a_question_for_each_file(
    place: Place,
) -> None:
    def drop_first(answer: dict[str, Any]) -> dict[str, Any]:
        rows = [row for row in answer["results"] if row["id"] != place.pages[0]]
        return answer | {"results": rows}

    place.site.fail(r"/spaces/\d+/pages", faults.rewritten(drop_first), times=EVER)
    ended = place.run()
    assert (ended.code, place.stored()) == (0, place.before)
    assert place.site.count(r"/api/v2/attachments/att") == 0
    place.site.clear_faults()
    place.state.trash(place.pages[0])
    place.run()
    assert {row.metadata["page_id"] for row in place.rows()} == {place.pages[1]}


def test_files_of_pages_in_the_trash_are_listed(place: Place) -> None:
    place.state.trash(place.pages[0])

    def move_logs(row: dict[str, Any]) -> dict[str, Any]:
        return row | ({"pageId": place.pages[0]} if row["title"] == "log.txt" else {})

    place.site.fail(FILES, rewrite_rows(move_logs), times=EVER)
    ended = place.run()
    assert ended.code == 0
    assert {row.metadata["page_id"] for row in place.rows()} == {place.pages[1]}


@pytest.mark.parametrize(("route", "status"), [("child/attachment", 403), ("^/file/", 404)])
def test_a_file_that_is_refused_for_a_night_keeps_its_text(
    place: Place, route: str, status: int
) -> None:
    for file in place.state.files.by_id.values():
        place.state.files.replace(file.id, b"Other text.")
    place.site.fail(route, faults.error(status), times=EVER)
    ended = place.run()
    assert (ended.code, ended["content"]["attachment"]["failed"]) == (1, 2)
    assert place.stored() == place.before
    place.site.clear_faults()
    assert place.run().code == 0
    assert all("Other text." in text for text in place.texts())


def test_names_of_people_are_text_and_bounded(place: Place) -> None:
    names = {
        "markup": "# [Eve](https://evil.example) **x**\n## Comments\n<script>",
        "hidden": "Ada\u202e\u200b\x00 Love",
        "long": "L" * 100_000,
        "number": 7,
        "pipes": "a | b `c",
    }
    place.state.people |= {one: str(name) for one, name in names.items()}
    for author in names:
        mention = f'<ac:link><ri:user ri:account-id="{author}"/></ac:link>'
        place.state.comments.add(place.pages[7], f"<p>By {mention}.</p>", author=author)
    ended = place.run()
    assert ended.code == 0
    texts = [row.text for row in place.rows("comment") if row.metadata["page_id"] == place.pages[7]]
    lines = [line for text in texts for line in text.splitlines()]
    assert all(len(line) < 2_500 for line in lines)
    assert not any(line.startswith("## Comments") for line in lines)
    assert "Ada Love" in "\n".join(lines)
    assert "\u202e" not in "\n".join(lines)
