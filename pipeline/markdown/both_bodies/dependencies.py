"""What a page's text depends on besides the page itself, read from its storage format."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator

from pipeline.markdown.macros.references import INCLUDED_TAGS, to_included
from pipeline.markdown.tree import Element, TooCostlyError, all_text, children, parse
from pipeline.records import Dependencies, IncludedPage

log = logging.getLogger(__name__)
# Macros whose text comes from Jira, or from pages and files that they find by themselves. Those
# whose text the converter drops (a page tree, recent updates) are left out.
_DYNAMIC = frozenset(
    """jira jiraissues jirachart contentbylabel children detailssummary content-report-table
    tasks-report-macro blog-posts attachments gallery contributors contributors-summary listlabels
    popular-labels related-labels index calendar rss userlister profile space-details spaces
    """.split()  # noqa: SIM905 - a list of quoted words is hard to read
)
_INCLUDE = "include"  # in the name: `include`, `excerpt-include`, and those of other vendors
_MACROS = ("ac:structured-macro", "ac:macro")
_PARAMETERS = ("ac:parameter", "ac:default-parameter")
_NAME = re.compile(r"""ac:name=["']([^"'<>]{1,200})["']""")
_SYNCED = "sync-block"  # shows a block that is kept on another page
_TITLE = re.compile(r"(?:([A-Za-z0-9~._-]{1,255}):)?(.+)")


def find_dependencies(storage: str) -> Dependencies:
    """Return which pages a body in storage format includes, and whether it is dynamic."""
    found = _NAME.finditer(storage) if "ac:name=" in storage else ()
    names = {match[1].lower() for match in found}
    may_show_others = f'"{_SYNCED}"' in storage or any(_INCLUDE in name for name in names)
    if not may_show_others and _DYNAMIC.isdisjoint(names):
        return Dependencies()  # most pages: without a parser
    try:
        root = parse(storage)
    except TooCostlyError as error:
        log.warning("the storage format is too large to find what it includes: %s", error)
        return Dependencies(is_dynamic=True, shows_unnamed=may_show_others)
    included: dict[IncludedPage, None] = {}
    is_dynamic = False
    shows_unnamed = any(node.get("type") == _SYNCED for node in root.iter("ac:adf-node"))
    for macro in root.iter(*_MACROS):
        name = (macro.get("ac:name") or "").lower()
        if _INCLUDE in name:
            pages = list(_list_included(macro))
            included |= dict.fromkeys(pages)
            shows_unnamed |= not pages
        is_dynamic |= name in _DYNAMIC
    return Dependencies(tuple(included), is_dynamic or shows_unnamed, shows_unnamed)


def _list_included(macro: Element) -> Iterator[IncludedPage]:
    """Yield the pages and blog posts that the parameters of an include name."""
    for parameter in (inner for tag in _PARAMETERS for inner in children(macro, tag)):
        resources = list(parameter.iter(*INCLUDED_TAGS))
        for page in map(to_included, resources):
            if page.title or page.id:
                yield page
        if not (resources or parameter.get("ac:name") or len(parameter)):
            text = _TITLE.fullmatch(all_text(parameter))  # as older editors wrote it: `KEY:Title`
            if text is not None:
                yield IncludedPage(text[2].strip(), text[1] or "")
