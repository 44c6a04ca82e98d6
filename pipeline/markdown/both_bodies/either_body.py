"""A page as Markdown from its two bodies, with what its text depends on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from pipeline.markdown.both_bodies.dependencies import find_dependencies
from pipeline.markdown.both_bodies.names import FindNames, Names
from pipeline.markdown.both_bodies.patch import Patch
from pipeline.markdown.convert import (
    BY_FALLBACK,
    MAX_LOSS_PERCENT,
    ApplyPatch,
    Check,
    convert_tree,
    to_markdown,
)
from pipeline.markdown.loss import CountedWords
from pipeline.markdown.notes import Converted, Notes
from pipeline.markdown.tree import Element
from pipeline.records import Dependencies, IncludedPage, Markdown, Page

IsOpen = Callable[[IncludedPage], bool]

_NOT_RENDERED = "rendered form not available: converted from storage; includes are not resolved"
_FAILED = "rendered form has errors: converted from storage; includes are not resolved"


class NoSourceError(Exception):
    """Confluence could not render a page, and its storage format could not be fetched."""


def convert_page(
    page: Page,
    check: Check = lambda: None,
    is_open: IsOpen | None = None,
    find_names: FindNames | None = None,
) -> Markdown:
    """Convert a page: its rendered body, with what that lacks taken from the storage format.

    Where the rendering failed as a whole, the storage format is converted instead.

    `render_failed` is set, with a warning, where text may be missing that a rendering has.
    `check`: see `to_markdown`. `is_open` returns whether an included page may be shown, None where
    all may: the text of any other is left out, with a warning. `find_names`: see `Names`.

    Raises `NoSourceError` if the storage format is needed and was not fetched.
    """
    names = Names(find_names)
    if page.storage is None:
        if is_open is not None:
            raise NoSourceError("without the storage format it is unknown which pages it includes")
        return replace(_convert(page, names, check), dependencies=Dependencies(is_dynamic=True))
    found = find_dependencies(page.storage)
    closed = [included for included in found.included if is_open and not is_open(included)]
    if is_open and found.shows_unnamed:
        closed.append(IncludedPage())
    convert = partial(_leave_out, closed=closed) if closed else _convert
    converted = convert(page, names=names, check=check)
    is_dynamic = found.is_dynamic or converted.render_failed or names.are_missing
    return replace(converted, dependencies=replace(found, is_dynamic=is_dynamic))


def _leave_out(page: Page, names: Names, check: Check, closed: Sequence[IncludedPage]) -> Markdown:
    """Convert the storage format, which has no text of other pages, without naming these."""

    def convert(source: Page, notes: Notes) -> Converted:
        notes.closed = closed
        return convert_tree(source, notes, _to_patch(names))

    source = replace(page, html=page.storage or "", body_format="storage")
    warning = (
        f"left out: what it includes of {len(closed)} pages that are restricted, or may be; "
        "converted from storage, which has no text of other pages"
    )
    return _warn(to_markdown(source, convert, check=check), warning)


def _convert(page: Page, names: Names, check: Check) -> Markdown:
    with_names = partial(convert_tree, patch=_to_patch(names))
    if page.body_format == "storage":
        return _warn(to_markdown(page, with_names, check=check), _NOT_RENDERED)
    if page.storage is None:
        converted = to_markdown(page, check=check)
        if converted.render_failed:
            raise NoSourceError("the rendered body has errors, and there is no storage format")
        return converted
    patch = Patch(page.html, page.storage, check)

    def apply(root: Element, words: CountedWords) -> tuple[Counter[str], Counter[str]]:
        counted = patch.apply(root, words)
        names.put_in(root)
        return counted

    converted = to_markdown(page, partial(convert_tree, patch=apply), check=check)
    is_patched = bool(patch.filled or patch.kept)
    if not (is_patched or converted.render_failed):
        return converted
    # An error that is not this page's own, such as one within an included page, lacks no word.
    most_lost = MAX_LOSS_PERCENT * converted.words if is_patched else 0
    is_whole = 100 * converted.lost_words <= most_lost
    if is_whole and converted.text and not _is_by_fallback(converted):
        return _warn(converted, *_describe(patch))
    source = to_markdown(
        replace(page, html=page.storage, body_format="storage"), with_names, check=check
    )
    is_empty = not (
        source.text or converted.warnings or patch.filled
    )  # nothing failed: the page has no text
    return source if is_empty else _warn(source, _FAILED)


def _to_patch(names: Names) -> ApplyPatch:
    """Return a change of a tree that only puts people's names into it."""

    def apply(root: Element, words: CountedWords) -> tuple[Counter[str], Counter[str]]:
        names.put_in(root)
        return words, Counter()

    return apply


def _is_by_fallback(converted: Markdown) -> bool:
    return any(warning.startswith(BY_FALLBACK) for warning in converted.warnings)


def _describe(patch: Patch) -> Iterator[str]:
    if patch.filled:
        yield f"macros that Confluence could not render, read from storage: {patch.filled}"
    if patch.kept:
        yield f"macros of storage at the end of the page, as their place is not sure: {patch.kept}"


def _warn(converted: Markdown, *warnings: str) -> Markdown:
    return replace(converted, render_failed=True, warnings=(*warnings, *converted.warnings))
