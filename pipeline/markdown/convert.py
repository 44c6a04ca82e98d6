"""A page's body as Markdown: `to_markdown(page)`."""

from __future__ import annotations

from pipeline.markdown.blocks import join_page
from pipeline.markdown.links import Links
from pipeline.markdown.loss import count_loss
from pipeline.markdown.notes import Converted, Notes
from pipeline.markdown.render_errors import looks_failed
from pipeline.markdown.tree import parse
from pipeline.markdown.visible import drop_hidden_characters, visible_text
from pipeline.markdown.walk import Walk
from pipeline.records import Markdown, Page

VERSION = 1  # raise it when the Markdown of a page changes: every page is then refreshed
MAX_LOSS_PERCENT = 2


def to_markdown(page: Page) -> Markdown:
    """Convert a page's body; the body itself decides whether it is rendered or storage.

    The title is not part of the text. `anchors` has an entry for each heading line.
    `render_failed` is set where a rendered body is empty or an error replaces content; never for
    a storage body, which is the source itself.
    """
    notes = Notes(Links(page.url, page.ref.space))
    converted = _convert(page, notes)
    text, hidden_in_text = drop_hidden_characters(converted.text)
    title, hidden_in_title = drop_hidden_characters(page.ref.title)
    words, lost = count_loss(converted.visible, notes.dropped, text)
    warnings = [f"Confluence could not render: {error}" for error in notes.render_errors]
    if 100 * lost > MAX_LOSS_PERCENT * words:
        warnings.append(f"{lost} of {words} words of the page are not in its Markdown")
    return Markdown(
        title=title,
        text=text,
        anchors=converted.anchors,
        words=words,
        lost_words=lost,
        hidden_characters=notes.hidden_characters + hidden_in_text + hidden_in_title,
        unknown_macros=dict(notes.unknown_macros),
        warnings=tuple(dict.fromkeys(warnings)),
        render_failed=(notes.is_render_failed or not text) and not _is_storage(page),
    )


def _convert(page: Page, notes: Notes) -> Converted:
    root = parse(page.html)
    blocks = Walk(notes).to_blocks(root)
    anchors = tuple(block.anchor for block in blocks if block.kind == "heading")
    return Converted(join_page(blocks), anchors, visible_text(root))


def may_need_source(page: Page) -> bool:
    """Guess cheaply whether `to_markdown` will set `render_failed`."""
    return not _is_storage(page) and looks_failed(page.html)


def _is_storage(page: Page) -> bool:
    return page.body_format == "storage" or "<ac:" in page.html or "<ri:" in page.html
