"""A page as Markdown from the better of its two bodies, with what its text depends on."""

from __future__ import annotations

from dataclasses import replace

from pipeline.markdown.both_bodies.dependencies import find_dependencies
from pipeline.markdown.convert import Check, to_markdown
from pipeline.records import Dependencies, Markdown, Page

_NOT_RENDERED = "rendered form not available: converted from storage; includes are not resolved"
_FAILED = "rendered form has errors: converted from storage; includes are not resolved"


class NoSourceError(Exception):
    """Confluence could not render a page, and its storage format could not be fetched."""


def convert_page(page: Page, check: Check = lambda: None) -> Markdown:
    """Convert a page: its rendered body, or its storage format where the rendering failed.

    `render_failed` is set, with a warning, where text may be missing that a rendering has.
    `check`: see `to_markdown`.

    Raises `NoSourceError` if the storage format is needed and was not fetched.
    """
    converted = _convert(page, check)
    if page.storage is None:
        return replace(converted, dependencies=Dependencies(is_dynamic=True))
    found = find_dependencies(page.storage)
    is_dynamic = found.is_dynamic or converted.render_failed
    return replace(converted, dependencies=replace(found, is_dynamic=is_dynamic))


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
