"""Histories of sites with attached files and comments, which change without their pages."""

from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.faults.model.machine import History

WORDS = st.sampled_from(["a red fox", "two blue birds", "three green frogs", ""])
NAMES = st.sampled_from(["notes.md", "log.txt", "picture.png"])
NUMBERS = st.integers(0, 9)
ALL = {"CONTENT_TYPES": "pages,blogposts,attachments,comments"}
ONE_SPACE = {"SPACE_NAME": "Known Issues"}
OTHER_TYPES = ["pages", "comments", "attachments", "pages,comments", "blogposts,attachments"]


class HistoryOnPages(History):
    """A history with what is on pages, too."""

    table: ClassVar = {
        "all": ONE_SPACE | ALL,
        "two spaces": ALL,
        "restricted": ONE_SPACE | ALL | {"RESTRICTED_PAGES": "skip"},
        "labels": ONE_SPACE | ALL | {"LABELS": "keep"},
        "alone": ONE_SPACE | {"CONTENT_TYPES": "attachments,comments"},
    }
    scopes: ClassVar = tuple(table)

    # files

    @rule(page=History.pages, name=NAMES, words=WORDS)
    def attach(self, page: str, name: str, words: str) -> None:
        self.site.state.files.add(page, name, to_file(words))

    @precondition(lambda self: self.site.state.files.by_id)
    @rule(number=NUMBERS, words=WORDS)
    def attach_a_new_version(self, number: int, words: str) -> None:
        self.site.move_clock(0.1)
        self.site.state.files.replace(self.file(number), to_file(words))

    @precondition(lambda self: self.site.state.files.by_id)
    @rule(number=NUMBERS, name=NAMES)
    def rename_a_file(self, number: int, name: str) -> None:
        self.site.state.files.rename(self.file(number), name)

    @precondition(lambda self: self.site.state.files.by_id)
    @rule(number=NUMBERS, page=History.pages)
    def move_a_file(self, number: int, page: str) -> None:
        self.site.state.files.move(self.file(number), page)

    @precondition(lambda self: self.site.state.files.by_id)
    @rule(number=NUMBERS, status=st.sampled_from(["trashed", "archived", "current"]))
    def take_out_a_file(self, number: int, status: str) -> None:
        self.site.state.files.set_status(self.file(number), status)

    @precondition(lambda self: self.site.state.files.by_id)
    @rule(number=NUMBERS)
    def purge_a_file(self, number: int) -> None:
        self.site.state.files.purge(self.file(number))

    # comments

    @rule(page=History.pages, words=WORDS, marked=st.sampled_from([None, "Say"]))
    def comment(self, page: str, words: str, marked: str | None) -> None:
        self.site.state.comments.add(page, f"<p>{words}</p>", marked=marked)

    @precondition(lambda self: self.site.state.comments.by_id)
    @rule(number=NUMBERS, words=WORDS)
    def reply(self, number: int, words: str) -> None:
        self.site.state.comments.reply(self.comment_id(number), f"<p>{words}</p>")

    @precondition(lambda self: self.site.state.comments.by_id)
    @rule(number=NUMBERS, words=WORDS)
    def edit_a_comment(self, number: int, words: str) -> None:
        self.site.state.comments.edit(self.comment_id(number), f"<p>{words}</p>")

    @precondition(lambda self: self.site.state.comments.by_id)
    @rule(number=NUMBERS, resolution=st.sampled_from(["resolved", "reopened", "dangling"]))
    def resolve_a_thread(self, number: int, resolution: str) -> None:
        first = self.site.state.comments.get(self.comment_id(number))
        while first.parent:
            first = self.site.state.comments.get(first.parent)
        if first.is_inline:
            self.site.state.comments.resolve(first.id, resolution)

    @precondition(lambda self: self.site.state.comments.by_id)
    @rule(number=NUMBERS)
    def delete_a_comment(self, number: int) -> None:
        self.site.state.comments.delete(self.comment_id(number))

    @precondition(lambda self: self.site.state.comments.by_id)
    @rule(number=NUMBERS, moves_replies=st.booleans())
    def delete_a_comment_alone(self, number: int, moves_replies: bool) -> None:
        comment = self.comment_id(number)
        self.site.state.comments.delete_alone(comment, moves_replies=moves_replies)

    # runs

    @rule(types=st.sampled_from(OTHER_TYPES))
    def run_with_other_types(self, types: str) -> None:
        with self.nights.other_settings(CONTENT_TYPES=types):
            self.nights.check(self.nights.sync(), 1, 3, 4)

    def file(self, number: int) -> str:
        found = list(self.site.state.files.by_id)
        return found[number % len(found)]

    def comment_id(self, number: int) -> str:
        found = list(self.site.state.comments.by_id)
        return found[number % len(found)]


def to_file(words: str) -> bytes:
    return f"# Words\n\nSay {words}.\n".encode() if words else b"\n"
