"""The table of Confluence's macros and elements, and which row an element belongs to.

A row's function takes the element, its content (empty where `reads_itself` is set) and the notes.
It returns inline Markdown or blocks. Each function reads both forms: storage
(`ac:structured-macro ac:name="code"`) and rendered (`div.code`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from pipeline.markdown.blocks import Content, Rendered
from pipeline.markdown.macros import (
    adf,
    boxes,
    code,
    diagrams,
    emoji,
    errors,
    formulas,
    frames,
    inline,
    jira,
    people,
    powers,
    references,
)
from pipeline.markdown.notes import Notes
from pipeline.markdown.tree import Element, child, classes_of
from pipeline.markdown.visible import MACROS as MACRO_TAGS
from pipeline.markdown.visible import UNSEEN


class Macro(NamedTuple):
    """A row of the table: the function that converts a macro, class or tag."""

    convert: Callable[[Element, Content, Notes], Rendered]
    names: str = ""  # in storage: ac:name
    classes: str = ""  # in rendered HTML; the first row that fits wins
    tags: str = ""
    reads_itself: bool = False  # `convert` reads the element; the walk skips what is inside


MACROS = (
    Macro(code.code, "code noformat latex",
          "code preformatted", "pre", reads_itself=True),
    Macro(code.markdown, "markdown markdown-macro markdown-block md", reads_itself=True),
    Macro(frames.drop,
          """toc pagetree pagetreesearch livesearch recently-updated search navmap children
          recently-updated-dashboard create-from-template create-space-button contributors
          contributors-summary popular-labels related-labels listlabels favpages contentbylabel
          attachments gallery space-details spaces blog-posts change-history anchor viewtracker
          detailssummary tasks-report-macro content-report-table network
          calendar footnotes display-footnotes""",
          """toc-macro client-side-toc-macro plugin_pagetree recently-updated search-macro
          tableFloatingHeader jira-oauth-message-marker oauth-msg refresh-issues-bottom
          create-from-template-button userLogoLink userLogo""", reads_itself=True),
    Macro(frames.hide, "", "", " ".join(sorted(UNSEEN)), reads_itself=True),
    Macro(jira.jira_error, "", "jim-error-message", reads_itself=True),
    Macro(references.attachments, "", "plugin_attachments_container", reads_itself=True),
    Macro(boxes.box, "info note tip warning panel success error",
          "confluence-information-macro panel ak-editor-panel"),
    Macro(boxes.title, "", "panelHeader expand-control-text", "summary"),
    Macro(boxes.expand, """expand ui-expand ui-tab cfm-tabs-page aui-tab auitabspage tab tab-pane
          localtab card""", "expand-container", "details"),
    Macro(boxes.chart, "chart"),
    Macro(inline.status, "status status-handy handy-status", "status-macro aui-lozenge",
          reads_itself=True),
    Macro(jira.jira, "jira jiraissues", "jira-issue"),
    Macro(diagrams.diagram, """drawio inc-drawio drawio-sketch drawio-board gliffy lucidchart
          balsamiq mockup cacoo excalidraw excalidraw-macro bpmn bpmn-modeler roadmap plantuml
          plantumlrender plantumlcloud mermaid mermaid-cloud mermaid-macro mermaid-diagram graphviz
          dot viz flowchart ditaa nomnoml yuml d2 websequencediagrams sequence-diagram
          sequencediagram zenuml-sequence-macro""", "drawio-macro gliffy-macro"),
    Macro(references.include, "include excerpt-include excerpt-include-macro"),
    Macro(references.view_file, "view-file viewpdf viewdoc viewxls viewppt multimedia"),
    Macro(references.widget, "widget iframe", "", "iframe embed object video audio",
          reads_itself=True),
    Macro(references.button, "ui-button cfm-button aui-button button"),
    Macro(frames.unwrap, """section column toc-zone layout excerpt details ui-tabs cfm-tabs auitabs
          tabs tab-group localtabgroup deck html html-bobswift html-macro"""),
    Macro(inline.footnote, "footnote"),
    Macro(references.link, "", "", "ac:link"),
    Macro(people.mention, "", "user-mention confluence-userlink"),
    Macro(people.profile, "profile profile-picture"),
    Macro(emoji.emoticon, "", """emoticon emoji-common-emoji-sprite emoji-common-emoji-image
          emoji-common-placeholder""", "ac:emoticon", reads_itself=True),
    Macro(inline.icon, "", "icon aui-icon expand-icon expand-control-icon",
          "", reads_itself=True),
    Macro(inline.image, "", "", "ac:image"),
    Macro(inline.image, "", "", "img", reads_itself=True),
    Macro(inline.date, "", "", "time"),
    Macro(inline.checkbox, "", "", "input", reads_itself=True),
    Macro(powers.exponent, "", "", "sup"),
    Macro(powers.index, "", "", "sub"),
    Macro(inline.strike, "strike strikethrough"),
    Macro(inline.quotation, "", "", "q"),
    Macro(formulas.rendered, "", "katex", "math", reads_itself=True),
    Macro(formulas.formula, """easy-math-inline eazy-math-inline mathinline math-inline
          latex-inline mathjax-inline-macro""", reads_itself=True),
    Macro(formulas.formula_block, """easy-math-block eazy-math-block mathblock mathblock-ref
          math-block latex-block latex-formatting mathjax-block-macro mathjax latexmath""",
          reads_itself=True),
    Macro(code.code_span, "", "", "code tt kbd samp", reads_itself=True),
    Macro(adf.node, "", "", "ac:adf-node"),
)  # fmt: skip

_UNKNOWN = Macro(references.unknown)
_UNKNOWN_VERBATIM = Macro(code.code, reads_itself=True)
_DROPPED = Macro(frames.drop, reads_itself=True)
_TITLE = Macro(boxes.title)
_ERROR = Macro(errors.error, reads_itself=True)
_BY_NAME = {name: macro for macro in reversed(MACROS) for name in macro.names.split()}
_BY_TAG = {tag: macro for macro in reversed(MACROS) for tag in macro.tags.split()}
_BY_CLASS = [(frozenset(macro.classes.split()), macro) for macro in MACROS if macro.classes]
_LONGEST_CACHED = 200  # characters of a class: the cache must not fill the memory
_COPIED = frozenset(("ac:adf-node", "ac:adf-fallback"))
# No class makes a macro of any other tag, such as a cell or an item.
CLASSED = frozenset(("a", "div", "fieldset", "form", "img", "section", "span", "thead", "ul"))
_CLASSED_OR_TITLE = CLASSED | {"p"}


def find_macro(element: Element, notes: Notes) -> Macro | None:
    """Return the row of an element, None for plain HTML. Macros without a row are counted."""
    tag = element.tag
    if tag in MACRO_TAGS:
        return _find_stored(element, notes)
    if tag in _COPIED and adf.is_second_copy(element, notes):
        return _DROPPED
    if tag in _CLASSED_OR_TITLE and (macro := _find_rendered(element, tag, notes)):
        return macro
    name = element.get("data-macro-name")
    if name and name.lower() not in _BY_NAME:
        notes.count_unknown(name)
    return _BY_TAG.get(tag)


def _find_stored(element: Element, notes: Notes) -> Macro:
    """Return the row of a macro in storage."""
    name = element.get("ac:name") or ""
    macro = _BY_NAME.get(name.lower())
    if macro is None:
        notes.count_unknown(name)
    if frames.is_not_shown(element, name):
        return _DROPPED
    if macro is not None:
        return macro
    return _UNKNOWN if child(element, "ac:plain-text-body") is None else _UNKNOWN_VERBATIM


def _find_rendered(element: Element, tag: str, notes: Notes) -> Macro | None:
    """Return the row of an element that Confluence has rendered."""
    classes = element.get("class") or ""
    if tag in errors.TAGS and errors.is_error_element(element, is_source=notes.is_source):
        return _ERROR
    if tag == "p":
        return _TITLE if "title" in classes and _is_box_title(element) else None
    return find_by_class(tag, classes) if classes else None


def find_by_class(tag: str, classes: str) -> Macro | None:
    """Return the first row with one of an element's classes, None where there is none."""
    find = _find_by_class if len(classes) <= _LONGEST_CACHED else _find_by_class.__wrapped__
    return find(tag, classes)


@lru_cache(maxsize=4096)
def _find_by_class(tag: str, classes: str) -> Macro | None:
    names = set(classes.split())
    for row_names, macro in _BY_CLASS:
        if row_names & names and (tag == "div" or macro.convert not in (code.code, boxes.box)):
            return macro
    return None


def _is_box_title(paragraph: Element) -> bool:
    """Return whether a paragraph of the class `title`, the first one in a box, is its title."""
    is_title = paragraph.getprevious() is None and "title" in classes_of(paragraph)
    return is_title and "confluence-information-macro" in classes_of(paragraph.getparent())
