"""What is on pages as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pipeline import markdown as markdown_stage
from pipeline.records import Markdown, Page

FindNames = Callable[[Sequence[str]], Mapping[str, str]]  # account ids → id → name
Check = Callable[[], object]  # called now and then; what it raises ends the conversion


def convert_comments(page: Page, find_names: FindNames, check: Check) -> Markdown:
    """Convert the threads of a page; the Markdown has no text where none is open."""
    authors = {one.author for thread in page.threads for one in thread.comments if one.author}
    names = find_names(sorted(authors)) if authors else {}
    return markdown_stage.to_comments_markdown(page.ref, page.url, page.threads, names, check)


def count_characters(page: Page) -> int:
    """Return the length of what has to be converted of a page, or of its comments."""
    comments = sum(len(one.html) for thread in page.threads for one in thread.comments)
    return len(page.html) + len(page.storage or "") + comments
