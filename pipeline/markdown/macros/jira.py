"""Jira issues and lists of issues."""

from __future__ import annotations

import re

from pipeline.markdown.blocks import Content, Rendered, to_text_blocks
from pipeline.markdown.links import to_link
from pipeline.markdown.macros.frames import put_on_line
from pipeline.markdown.notes import Notes
from pipeline.markdown.tree import Element, all_text, find_class, parameters_of
from pipeline.markdown.visible import seen_text, visible_text

_LOADING = re.compile(r"(?: -)? ?Getting issue details\.\.\.(?: \[?STATUS\]?)?")


def jira(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return an issue with its summary and status, or the query of a list of issues."""
    if content.blocks:
        return [*to_text_blocks(seen_text(element)), *content.blocks]
    if element.get("ac:name"):
        parameters = parameters_of(element)
        query = parameters.get("jqlQuery") or parameters.get("url")
        text = parameters.get("key") or (f"Jira: {query}" if query else content.text)
        return put_on_line(element, text) if text else ""
    text, loading = _LOADING.subn("", " ".join(content.text.split()))
    if loading:
        notes.dropped.append("Getting issue details... STATUS")
    return text or element.get("data-jira-key") or ""


def jira_error(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return the link to a list of issues that Confluence could not read."""
    notes.dropped.append(visible_text(element))
    notes.render_errors["lists of Jira issues"] += 1
    link = find_class(element, "jira-link")
    href = "" if link is None else link.get("href") or ""
    return to_text_blocks(to_link(all_text(link), notes.links.resolve(href)))
