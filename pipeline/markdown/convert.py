"""A page's body as Markdown: `to_markdown(page)`."""

from __future__ import annotations

from dataclasses import replace

from pipeline.markdown.blocks import Notes, join_page
from pipeline.markdown.links import Links
from pipeline.markdown.render_errors import looks_failed
from pipeline.markdown.tree import parse
from pipeline.markdown.visible import count_loss, drop_hidden_characters
from pipeline.markdown.walk import Conversion
from pipeline.records import Markdown, Page

VERSION = 1  # raise it when the Markdown of a page changes: every page is then refreshed
MAX_LOSS_PERCENT = 2


def to_markdown(page: Page) -> Markdown:
    """Convert a page's body, rendered or storage; what the body holds decides which it is.

    The title is not part of the text. `anchors` has an entry for each heading line.
    `render_failed` tells that a rendered body is empty, or an error stands in the place of
    content; a storage body is the source itself, so there is nothing better to ask for.
    """
    notes = Notes(Links(page.url, page.ref.space))
    root = parse(page.html)
    blocks = Conversion(notes).convert(root)
    text, hidden = drop_hidden_characters(join_page(blocks))
    hidden += len(page.ref.title) - len(to_seen(page).ref.title)
    words, lost = count_loss(root, notes.dropped, text)
    warnings = [f"Confluence could not render: {failure}" for failure in notes.failures]
    if 100 * lost > MAX_LOSS_PERCENT * words:
        warnings.append(f"{lost} of {words} words of the page are not in its Markdown")
    return Markdown(
        text=text,
        anchors=tuple(block.anchor for block in blocks if block.kind == "heading"),
        words=words,
        lost_words=lost,
        hidden_characters=hidden + notes.hidden_characters,
        unknown_macros=dict(notes.unknown_macros),
        warnings=tuple(dict.fromkeys(warnings)),
        render_failed=(notes.is_failed or not text) and not _is_storage(page),
    )


def may_need_source(page: Page) -> bool:
    """Whether `to_markdown` will probably say `render_failed`; cheap, and may be wrong."""
    return not _is_storage(page) and looks_failed(page.html)


def to_seen(page: Page) -> Page:
    """The page with a title of which readers see every character: chunks begin with it."""
    title, _ = drop_hidden_characters(page.ref.title)
    return replace(page, ref=replace(page.ref, title=title))


def _is_storage(page: Page) -> bool:
    return page.body_format == "storage" or "<ac:" in page.html or "<ri:" in page.html
