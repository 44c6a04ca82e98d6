"""Confluence's macros and elements: one function each, and one table of them.

A function gets the element, what stands inside it (nothing where the table says that it reads
the element itself) and the conversion's notes. It gives inline Markdown or blocks. Each reads
both forms: storage (`ac:structured-macro ac:name="code"`) and rendered (`div.code`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from pipeline.markdown.blocks import Block, Body, Notes, Rendered, emphasise, to_quote
from pipeline.markdown.macros import code as fences
from pipeline.markdown.macros import inline as resources
from pipeline.markdown.tree import Element, all_text, child, classes_of, parameters
from pipeline.markdown.visible import UNSEEN, visible_text

_DEFAULT_EXPAND = "Click here to expand..."
_LABELS = {
    "info": "Info", "information": "Info", "note": "Note", "tip": "Tip", "warning": "Warning",
    "success": "Success", "error": "Error",
}  # fmt: skip


def box(element: Element, body: Body, notes: Notes) -> Rendered:
    """info, note, tip, warning, panel: a quote with its label and title."""
    return to_quote(_with_title(element, body), _label(element))


def _with_title(element: Element, body: Body) -> list[Block]:
    title = parameters(element).get("title")
    return [*([Block("title", title)] if title else []), *body.to_blocks()]


def _label(element: Element) -> str:
    names = [element.get("ac:name") or ""]
    names += [name.rpartition("-")[2] for name in classes_of(element)]
    names += [
        all_text(attribute)
        for attribute in element.iterchildren("ac:adf-attribute")
        if attribute.get("key") == "panel-type"
    ]
    return next((_LABELS[name] for name in names if name in _LABELS), "")


def title(element: Element, body: Body, notes: Notes) -> Rendered:
    """A panel's or expand's title, for the box around it to pick up."""
    if body.text.strip() == _DEFAULT_EXPAND:
        notes.dropped.append(_DEFAULT_EXPAND)
        return []
    return [Block("title", block.text.replace("**", "")) for block in body.to_blocks()]


def expand(element: Element, body: Body, notes: Notes) -> Rendered:
    """An expand: its title, then what it hides until it is opened."""
    return [
        Block("text", emphasise(block.text, "**")) if block.kind == "title" else block
        for block in _with_title(element, body)
    ]


def unwrap(element: Element, body: Body, notes: Notes) -> Rendered:
    """What stands inside, as it is."""
    return body.text or list(body.blocks)


def drop(element: Element, body: Body, notes: Notes) -> Rendered:
    """Navigation and furniture: it says nothing that the pages it leads to do not say."""
    notes.dropped.append(visible_text(element))
    return []


def leave_out(element: Element, body: Body, notes: Notes) -> Rendered:
    """What was never to be seen."""
    return ""


def node(element: Element, body: Body, notes: Notes) -> Rendered:
    """A node of the new editor: panels, decisions; of others what they hold."""
    match element.get("type"):
        case "panel":
            return box(element, body, notes)
        case "decision-item":
            return resources.decision(element, body, notes)
        case "decision-list":
            return [Block("list", "\n".join(block.text for block in body.to_blocks()))]
    return unwrap(element, body, notes)


class Macro(NamedTuple):
    """A row of the table: what converts which macro, class or tag."""

    convert: Callable[[Element, Body, Notes], Rendered]
    names: str = ""  # in storage: ac:name
    classes: str = ""  # in rendered HTML; the first row that fits wins
    tags: str = ""
    reads_itself: bool = False  # the walk does not go inside


MACROS = (
    Macro(fences.code, "code noformat plantuml plantumlrender mermaid html markdown latex",
          "code preformatted", "pre", reads_itself=True),
    Macro(drop,
          """toc pagetree pagetreesearch livesearch recently-updated search navmap children
          recently-updated-dashboard create-from-template create-space-button contributors
          contributors-summary popular-labels related-labels listlabels favpages contentbylabel
          attachments gallery space-details spaces blog-posts change-history anchor viewtracker
          detailssummary tasks-report-macro content-report-table profile profile-picture network
          roadmap calendar""",
          """toc-macro client-side-toc-macro plugin_pagetree recently-updated search-macro
          tableFloatingHeader jira-oauth-message-marker refresh-issues-bottom
          create-from-template-button""", reads_itself=True),
    Macro(leave_out, "", "", " ".join(sorted(UNSEEN)), reads_itself=True),
    Macro(resources.jira_error, "", "jim-error-message", reads_itself=True),
    Macro(resources.error, "", "error"),
    Macro(resources.attachments, "", "plugin_attachments_container", reads_itself=True),
    Macro(box, "info note tip warning panel success error", "confluence-information-macro panel"),
    Macro(title, "", "panelHeader expand-control-text"),
    Macro(expand, "expand ui-expand", "expand-container"),
    Macro(resources.status, "status", "status-macro aui-lozenge", reads_itself=True),
    Macro(resources.jira, "jira jiraissues", "jira-issue"),
    Macro(fences.diagram, """drawio inc-drawio drawio-sketch gliffy lucidchart plantumlcloud
          mermaid-cloud mermaid-macro balsamiq""", "drawio-macro gliffy-macro"),
    Macro(resources.include, "include excerpt-include excerpt-include-macro"),
    Macro(resources.view_file, "view-file viewpdf viewdoc viewxls viewppt multimedia"),
    Macro(resources.widget, "widget iframe", "", "iframe embed object", reads_itself=True),
    Macro(unwrap, "section column toc-zone layout excerpt details"),
    Macro(resources.link, "", "", "ac:link"),
    Macro(resources.mention, "", "user-mention confluence-userlink"),
    Macro(resources.emoticon, "", "emoticon", "ac:emoticon", reads_itself=True),
    Macro(resources.icon, "", "icon aui-icon expand-icon expand-control-icon",
          "", reads_itself=True),
    Macro(resources.image, "", "", "ac:image"),
    Macro(resources.image, "", "", "img", reads_itself=True),
    Macro(resources.date, "", "", "time"),
    Macro(resources.exponent, "", "", "sup"),
    Macro(resources.quotation, "", "", "q"),
    Macro(fences.code_span, "", "", "code tt kbd samp", reads_itself=True),
    Macro(node, "", "", "ac:adf-node"),
)  # fmt: skip

_UNKNOWN = Macro(unwrap)
_UNKNOWN_VERBATIM = Macro(fences.code, reads_itself=True)
_DROPPED = Macro(drop, reads_itself=True)
_TITLE = Macro(title)
_BY_NAME = {name: macro for macro in reversed(MACROS) for name in macro.names.split()}
_BY_TAG = {tag: macro for macro in reversed(MACROS) for tag in macro.tags.split()}
_BY_CLASS = [(frozenset(macro.classes.split()), macro) for macro in MACROS if macro.classes]
# Cells and items stay what they are, whatever class they carry.
_CLASSED = frozenset(("a", "div", "fieldset", "form", "img", "section", "span", "thead", "ul"))
_ADF_NODES = ("panel", "decision-list", "decision-item")


def find_macro(element: Element, notes: Notes) -> Macro | None:
    """The row for an element, None for plain HTML. Macros without a row are counted."""
    tag, attributes = element.tag, element.attrib
    if tag in ("ac:structured-macro", "ac:macro"):
        name = attributes.get("ac:name") or ""
        if macro := _BY_NAME.get(name.lower()):
            return _DROPPED if _is_kept_off_the_page(element, name) else macro
        notes.unknown_macros[name] += 1
        return _UNKNOWN if child(element, "ac:plain-text-body") is None else _UNKNOWN_VERBATIM
    if tag in ("ac:adf-node", "ac:adf-fallback") and _is_second_copy(element, notes):
        return _DROPPED
    if classes := attributes.get("class"):
        if tag in _CLASSED and (macro := _of_class(tag, classes)):
            return macro
        if tag == "p" and "title" in classes and _is_box_title(element):
            return _TITLE
    name = attributes.get("data-macro-name") or ""
    if name and name.lower() not in _BY_NAME:
        notes.unknown_macros[name] += 1
    return _BY_TAG.get(tag)


@lru_cache(maxsize=4096)
def _of_class(tag: str, classes: str) -> Macro | None:
    names = set(classes.split())
    for wanted, macro in _BY_CLASS:
        if wanted & names and (tag == "div" or macro.convert not in (fences.code, box)):
            return macro
    return None


def _is_box_title(paragraph: Element) -> bool:
    is_title = "title" in classes_of(paragraph)
    return is_title and "confluence-information-macro" in classes_of(paragraph.getparent())


def _is_kept_off_the_page(element: Element, name: str) -> bool:
    """Whether the author hid an excerpt or page properties: they serve other pages only."""
    return name in ("excerpt", "details") and parameters(element).get("hidden") == "true"


def _is_second_copy(element: Element, notes: Notes) -> bool:
    """Of an extension's node and its fallback, the one that is not read."""
    extension = element.getparent()
    if extension is None or extension.tag != "ac:adf-extension":
        return False
    first, fallback = child(extension, "ac:adf-node"), child(extension, "ac:adf-fallback")
    kind = "" if first is None else first.get("type") or ""
    is_known = kind in _ADF_NODES
    is_node_read = first is not None and (
        is_known or fallback is None or not any(map(str.strip, map(str, fallback.itertext())))
    )
    if element.tag == "ac:adf-fallback":
        return is_node_read
    if not is_known:
        notes.unknown_macros[kind] += 1
    return not is_node_read
