"""A page as Markdown from the better of its two bodies, with what its text depends on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from pipeline.markdown.both_bodies.dependencies import find_dependencies
from pipeline.markdown.convert import Check, convert_tree, to_markdown
from pipeline.markdown.notes import Converted, Notes
from pipeline.records import Dependencies, IncludedPage, Markdown, Page

IsOpen = Callable[[IncludedPage], bool]

_NOT_RENDERED = "rendered form not available: converted from storage; includes are not resolved"
_FAILED = "rendered form has errors: converted from storage; includes are not resolved"


class NoSourceError(Exception):
    """Confluence could not render a page, and its storage format could not be fetched."""


def convert_page(
    page: Page, check: Check = lambda: None, is_open: IsOpen | None = None
) -> Markdown:
    """Convert a page: its rendered body, or its storage format where the rendering failed.

    `render_failed` is set, with a warning, where text may be missing that a rendering has.
    `check`: see `to_markdown`. `is_open` returns whether an included page may be shown, None where
    all may: the text of any other is left out, with a warning.

    Raises `NoSourceError` if the storage format is needed and was not fetched.
    """
    if page.storage is None:
        if is_open is not None:
            raise NoSourceError("without the storage format it is unknown which pages it includes")
        return replace(_convert(page, check), dependencies=Dependencies(is_dynamic=True))
    found = find_dependencies(page.storage)
    closed = [included for included in found.included if is_open and not is_open(included)]
    if is_open and found.shows_unnamed:
        closed.append(IncludedPage())
    converted = _leave_out(page, closed, check) if closed else _convert(page, check)
    is_dynamic = found.is_dynamic or converted.render_failed
    return replace(converted, dependencies=replace(found, is_dynamic=is_dynamic))


def _leave_out(page: Page, closed: Sequence[IncludedPage], check: Check) -> Markdown:
    """Convert the storage format, which has no text of other pages, without naming these."""

    def convert(source: Page, notes: Notes) -> Converted:
        notes.closed = closed
        return convert_tree(source, notes)

    source = replace(page, html=page.storage or "", body_format="storage")
    warning = (
        f"left out: what it includes of {len(closed)} pages that are restricted, or may be; "
        "converted from storage, which has no text of other pages"
    )
    return _warn(to_markdown(source, convert, check=check), warning)


def _convert(page: Page, check: Check) -> Markdown:
    if page.body_format == "storage":
        return _warn(to_markdown(page, check=check), _NOT_RENDERED)
    converted = to_markdown(page, check=check)
    if not converted.render_failed:
        return converted
    if page.storage is None:
        raise NoSourceError("the rendered body has errors, and there is no storage format")
    source = to_markdown(replace(page, html=page.storage, body_format="storage"), check=check)
    is_empty = not (source.text or converted.warnings)  # nothing failed: the page has no text
    return source if is_empty else _warn(source, _FAILED)


def _warn(converted: Markdown, warning: str) -> Markdown:
    return replace(converted, render_failed=True, warnings=(warning, *converted.warnings))
