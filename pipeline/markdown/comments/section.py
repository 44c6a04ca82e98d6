"""A page's threads as one section: `to_comments_markdown(…)`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from html import escape

from pipeline.markdown.both_bodies import FindNames
from pipeline.markdown.comments.people import People
from pipeline.markdown.convert import Check, convert_tree, to_markdown
from pipeline.markdown.hidden import drop_hidden_characters
from pipeline.markdown.notes import Converted, Notes
from pipeline.markdown.tree import Element
from pipeline.records import Comment, Dependencies, Markdown, Page, PageRef, Thread

_TITLE = "# Comments"
_DEEPEST_HEADING, _LEVELS_ABOVE = 6, 2  # of a comment's own headings: the section's, the thread's
_DATE = len("2026-06-15")


def to_comments_markdown(
    ref: PageRef,
    url: str,
    threads: Sequence[Thread],
    find_names: FindNames,
    check: Check = lambda: None,
) -> Markdown:
    """Convert a page's threads; without any text of theirs, the Markdown has no text.

    The names of authors, and of people whom they mention, are asked for with one question; where
    some could not be asked for, the text is dynamic. Each thread has a heading with its author and
    date, so that an edit changes the chunks of one thread. Replies follow what they answer, each
    below a line with its author, its date and whom it answers; they are not quoted, because neither
    code nor a table can be cut inside a quote. The text that an inline comment marks is quoted
    first.
    """
    people = People(threads, find_names)
    section = _Section(ref, url, people, check)
    texts = list(filter(None, map(section.to_text, threads)))
    title, hidden_in_title = drop_hidden_characters(ref.title)
    return Markdown(
        title=title,
        text="\n\n".join((_TITLE, *texts)) if texts else "",
        anchors=("",) * (1 + section.headings) if texts else (),
        words=section.words,
        lost_words=section.lost_words,
        hidden_characters=section.hidden_characters + hidden_in_title,
        unknown_macros=dict(section.unknown_macros),
        warnings=tuple(dict.fromkeys(section.warnings)),
        dependencies=Dependencies(is_dynamic=people.are_missing),
    )


class _Section:
    """Converts threads, and adds up what is found in their bodies."""

    def __init__(self, ref: PageRef, url: str, people: People, check: Check) -> None:
        self.headings = self.words = self.lost_words = self.hidden_characters = 0
        self.unknown_macros = Counter[str]()
        self.warnings: list[str] = []
        self._frame = Page(ref, url, "", body_format="storage")
        self._people, self._check = people, check

    def to_text(self, thread: Thread) -> str:
        """Return a thread's Markdown; "" if none of its comments has a text."""
        bodies = [self._convert(comment.html) for comment in thread.comments]
        if not any(bodies):
            return ""
        first = thread.comments[0]
        title = self._to_line(f"<h2>{self._to_author(first)}, {_to_date(first)}</h2>")
        marked = self._to_line(f"<blockquote><p>{escape(first.marked)}</p></blockquote>")
        self.headings += 1
        blocks = [title, marked, bodies[0], *self._to_replies(thread, bodies)]
        return "\n\n".join(filter(None, blocks))

    def _to_replies(self, thread: Thread, bodies: Sequence[str]) -> Iterator[str]:
        by_id = {comment.id: comment for comment in thread.comments}
        for comment, body in zip(thread.comments[1:], bodies[1:], strict=True):
            if not body:
                continue
            answered = by_id.get(comment.parent, thread.comments[0])
            line = (
                f"<p><strong>{self._to_author(comment)}</strong>, {_to_date(comment)}, "
                f"in reply to {self._to_author(answered)}:</p>"
            )
            yield self._to_line(line)
            yield body

    def _to_author(self, comment: Comment) -> str:
        """Return the author's name as HTML, on one line."""
        return escape(self._people.name_of(comment.author) or "Unknown author")

    def _to_line(self, html: str) -> str:
        """Convert what this section adds to the bodies; it counts for nothing."""
        return to_markdown(replace(self._frame, html=html)).text

    def _convert(self, html: str) -> str:
        page = replace(self._frame, html=html)
        converted = to_markdown(page, convert=self._convert_below, check=self._check)
        self.headings += len(converted.anchors) if converted.text else 0
        self.words += converted.words
        self.lost_words += converted.lost_words
        self.hidden_characters += converted.hidden_characters
        self.unknown_macros.update(converted.unknown_macros)
        self.warnings += converted.warnings
        return converted.text

    def _convert_below(self, page: Page, notes: Notes) -> Converted:
        """Convert a comment's body; its headings are below the thread's."""
        return convert_tree(page, notes, self._adapt)

    def _adapt(self, root: Element, words: Counter[str]) -> tuple[Counter[str], Counter[str]]:
        _lower_headings(root)
        self._people.put_in(root)
        return words, Counter()


def _lower_headings(root: Element) -> None:
    for level in range(_DEEPEST_HEADING, 0, -1):
        for heading in list(root.iter(f"h{level}")):
            heading.tag = f"h{min(level + _LEVELS_ABOVE, _DEEPEST_HEADING)}"


def _to_date(comment: Comment) -> str:
    return escape(comment.modified[:_DATE])
