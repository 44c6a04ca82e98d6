"""A page's body as Markdown: `to_markdown(page)`."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from pipeline.markdown.blocks import join_page, to_containers
from pipeline.markdown.embedded import unfold
from pipeline.markdown.hidden import drop_hidden_characters, drop_hidden_elements
from pipeline.markdown.links import Links
from pipeline.markdown.loss import CountedWords, count_loss, count_words
from pipeline.markdown.macros.adf import drop_elsewhere
from pipeline.markdown.notes import Converted, Notes
from pipeline.markdown.tree import Element, parse
from pipeline.markdown.visible import visible_text
from pipeline.markdown.walk import Walk
from pipeline.records import Markdown, Page

log = logging.getLogger(__name__)
VERSION = 2  # raise it when the Markdown of a page changes: every page is then refreshed
BY_FALLBACK = "converted with markdownify"  # begins the warning of such a page
MAX_LOSS_PERCENT = 2
MAX_FALLBACK_CHARACTERS = 1_000_000  # of a body: BeautifulSoup takes 45 to 200 bytes for each

Converter = Callable[[Page, Notes], Converted]
Check = Callable[[], object]
ApplyPatch = Callable[[Element, CountedWords], tuple[Counter[str], Counter[str]]]


def convert_tree(page: Page, notes: Notes, patch: ApplyPatch | None = None) -> Converted:
    """Convert a body with this project's own converter.

    `patch` may change its tree first; it takes the words that readers see in it, and returns those
    that are left, and those of the page's other body.
    """
    root = parse(page.html)
    unfold(root, page.html, notes.check)
    if synced := drop_elsewhere(root):
        notes.render_errors["synced blocks of other pages"] += synced
    notes.hidden_characters += drop_hidden_elements(root)
    seen = count_words(visible_text(root))
    words, others = patch(root, seen) if patch else (seen, Counter[str]())
    blocks = Walk(notes).to_blocks(root)
    anchors = tuple(block.anchor for block in blocks if block.kind == "heading")
    text, containers = join_page(blocks), to_containers(blocks)
    del blocks  # a long page has a million, beside its tree
    return Converted(text, anchors, words, others, containers)


def convert_with_markdownify(page: Page, notes: Notes) -> Converted:
    """Convert a body with markdownify, which few pages need: it is imported here only."""
    from pipeline.markdown import fallback

    return fallback.convert_with_markdownify(page, notes)


def to_markdown(
    page: Page,
    convert: Converter = convert_tree,
    fallback: Converter = convert_with_markdownify,
    check: Check = lambda: None,
) -> Markdown:
    """Convert a page's body; the body itself decides whether it is rendered or storage.

    The title is not part of the text. `anchors` has an entry for each heading line.
    `render_failed` is set where a rendered body is empty or an error replaces content; never for
    a storage body, which is the source itself.

    Where `convert` raises, or loses more than `MAX_LOSS_PERCENT` of the words and `fallback`
    loses fewer, the Markdown is the fallback's, with a warning. Where both raise, the error of
    `convert` is raised.

    `check` is called for every element; what it raises ends the conversion.
    """
    try:
        result = _run(convert, page, check)
    except Exception as error:
        check()  # no second attempt for a page that has cost too much
        log.exception("page %s: the converter failed, trying markdownify", page.ref.id)
        result = _replace_failed(page, fallback, check, error)
        return _to_record(page, result, f"the converter failed with {type(error).__name__}")
    if result.is_lossy and (other := _replace_lossy(page, fallback, check, result)):
        return _to_record(page, other, f"the converter lost {result.lost} of {result.words} words")
    return _to_record(page, result)


class _Result(NamedTuple):
    """What a converter made of a page."""

    text: str
    converted: Converted
    notes: Notes
    words: int  # that readers of the source see
    lost: int

    @property
    def is_lossy(self) -> bool:
        """Whether the text lacks more than `MAX_LOSS_PERCENT` of the words."""
        return 100 * self.lost > MAX_LOSS_PERCENT * self.words


def _run(
    convert: Converter, page: Page, check: Check, of_source: Converted | None = None
) -> _Result:
    notes = Notes(Links(page.url, page.ref.space), check, is_source=_is_storage(page))
    converted = convert(page, notes)
    text = notes.drop_hidden(converted.text)
    source = of_source or converted
    words, lost = count_loss(source.words, notes.dropped, source.others, text)
    return _Result(text, converted, notes, words, lost)


def _replace_failed(page: Page, fallback: Converter, check: Check, error: Exception) -> _Result:
    """Return the fallback's result; raise the converter's error where there is none."""
    if len(page.html) > MAX_FALLBACK_CHARACTERS:
        raise error
    try:
        return _run(fallback, page, check)
    except Exception:
        check()
        log.exception("page %s: markdownify failed too", page.ref.id)
        raise error from None


def _replace_lossy(
    page: Page, fallback: Converter, check: Check, result: _Result
) -> _Result | None:
    """Return the fallback's result if it loses fewer words of the same visible text."""
    if len(page.html) > MAX_FALLBACK_CHARACTERS:
        return None
    try:
        other = _run(fallback, page, check, result.converted)
    except Exception:
        check()
        log.exception("page %s: markdownify failed, keeping the lossy Markdown", page.ref.id)
        return None
    return other if other.lost < result.lost else None


def _to_record(page: Page, result: _Result, reason: str = "") -> Markdown:
    title, hidden_in_title = drop_hidden_characters(page.ref.title)
    notes = result.notes
    warnings = [f"{BY_FALLBACK}: {reason}"] if reason else []
    warnings += [
        f"{kind} that Confluence could not render: {number}"
        for kind, number in notes.render_errors.items()
    ]
    if result.is_lossy:
        warnings.append(
            f"{result.lost} of {result.words} words of the page are not in its Markdown"
        )
    return Markdown(
        title=title,
        text=result.text,
        anchors=result.converted.anchors,
        containers=tuple(
            container._replace(title=drop_hidden_characters(container.title)[0])
            for container in result.converted.containers
        ),
        words=result.words,
        lost_words=result.lost,
        hidden_characters=notes.hidden_characters + hidden_in_title,
        unknown_macros=dict(notes.unknown_macros),
        warnings=tuple(dict.fromkeys(warnings)),
        render_failed=(notes.is_render_failed or not result.text) and not _is_storage(page),
    )


def _is_storage(page: Page) -> bool:
    return page.body_format == "storage" or "<ac:" in page.html or "<ri:" in page.html
