"""Confluence's macros and elements: one function each, and one table of them.

A function gets the element, what stands inside it (empty where the table says that it reads the
element itself) and the conversion's notes. It gives inline Markdown or blocks. Each reads both
forms: storage (`ac:structured-macro ac:name="code"`) and rendered (`div.code`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from pipeline.blocks import Block, Body, Notes, Rendered, emphasise, to_fence, to_quote
from pipeline.body import Element, child, find_class, one_line, parameters
from pipeline.links import file_name, to_image, to_link
from pipeline.visible import verbatim, visible_text

_EMOJI = {
    "tick": "✅", "cross": "❌", "error": "❌", "warning": "⚠️", "information": "ℹ️", "info": "ℹ️",
    "plus": "➕", "add": "➕", "minus": "➖", "forbidden": "⛔", "question": "❓", "light-on": "💡",
    "light-off": "💡", "smile": "🙂", "sad": "🙁", "wink": "😉", "cheeky": "😛", "tongue": "😛",
    "laugh": "😀", "biggrin": "😀", "thumbs-up": "👍", "thumbs-down": "👎", "thumbs_up": "👍",
    "thumbs_down": "👎", "yellow-star": "⭐", "red-star": "⭐", "green-star": "⭐",
    "blue-star": "⭐", "heart": "❤️", "broken-heart": "💔", "on": "💡", "off": "💡", "y": "👍",
    "n": "👎", "!": "⚠️", "/": "✅", "x": "❌", "i": "ℹ️", "*": "⭐", "?": "❓", "+": "➕", "-": "➖",
}  # fmt: skip
_LANGUAGES = {
    "none": "", "text": "", "plain": "", "plaintext": "", "c#": "csharp", "c++": "cpp",
    "js": "javascript", "py": "python", "shell": "bash", "sh": "bash", "html/xml": "xml",
    "yml": "yaml", "actionscript3": "actionscript", "delphi": "pascal", "vb": "vbnet",
}  # fmt: skip
_BRUSH = re.compile(r"brush:\s*([\w#+./-]+)")
_LANGUAGE_CLASS = re.compile(r"(?:^|\s)(?:language|lang|highlight-source)-([\w#+-]+)")
_JAVA = re.compile(r"\b(?:public|private|import|class|void|new|return|static|final)\b.*[;{]")
_JIRA_LOADING = re.compile(r"(?:\s*-)?\s*Getting issue details\.\.\.(?:\s*\[?STATUS\]?)?")
_DEFAULT_EXPAND = "Click here to expand..."
_LABELS = {
    "info": "Info", "information": "Info", "note": "Note", "tip": "Tip", "warning": "Warning",
    "success": "Success", "error": "Error",
}  # fmt: skip


def code(element: Element, body: Body, notes: Notes) -> Rendered:
    """`code`, `noformat`, diagrams written as text, and `pre`: verbatim, fenced."""
    given = parameters(element)
    source = child(element, "ac:plain-text-body")
    if source is None:
        source = find_class(element, "syntaxhighlighter-pre")
    if source is None:
        source = next(element.iter("pre"), element)
    text = verbatim(source)
    title = given.get("title") or one_line(
        find_class(element, "codeHeader") if element.tag != "pre" else None
    )
    return to_fence(
        text, _language(element, source, given, text), title.removesuffix("Expand source").strip()
    )


def _language(element: Element, source: Element, given: dict[str, str], text: str) -> str:
    if name := element.get("ac:name"):
        language = given.get("language") or given.get("lang") or ""
        if not language and name in ("plantuml", "mermaid", "html", "markdown", "latex"):
            language = name
    elif brush := _BRUSH.search(source.get("data-syntaxhighlighter-params") or ""):
        language = brush[1]
        if language == "java" and not _JAVA.search(text):
            language = ""  # the brush of code for which no language was chosen
    else:
        classes = " ".join(
            filter(None, (inner.get("class") for inner in (source, *source.iterchildren("code"))))
        )
        found = _LANGUAGE_CLASS.search(classes)
        language = found[1] if found else ""
    language = "".join(language.lower().split())
    return _LANGUAGES.get(language, re.sub(r"[^\w#+./-]", "", language))


def info(element: Element, body: Body, notes: Notes) -> Rendered:
    """info, note, tip, warning, panel: a quote with its label and title."""
    title = parameters(element).get("title")
    blocks = body.to_blocks()
    if title:
        blocks.insert(0, Block("title", title))
    return to_quote(blocks, _label(element))


def _label(element: Element) -> str:
    names = [element.get("ac:name") or ""]
    names += [name.rpartition("-")[2] for name in (element.get("class") or "").split()]
    if element.tag == "ac:adf-node":
        names.append(_adf_attribute(element, "panel-type"))
    return next((_LABELS[name] for name in names if name in _LABELS), "")


def title(element: Element, body: Body, notes: Notes) -> Rendered:
    """A panel's or expand's title, for the box around it to pick up."""
    if body.text.strip() == _DEFAULT_EXPAND:
        notes.dropped.append(_DEFAULT_EXPAND)
        return []
    return [Block("title", block.text.replace("**", "")) for block in body.to_blocks()]


def expand(element: Element, body: Body, notes: Notes) -> Rendered:
    """An expand: its title, then what it hides until it is opened."""
    blocks = body.to_blocks()
    if name := parameters(element).get("title"):
        blocks.insert(0, Block("title", name))
    return [
        Block("text", emphasise(block.text, "**")) if block.kind == "title" else block
        for block in blocks
    ]


def status(element: Element, body: Body, notes: Notes) -> Rendered:
    """A lozenge, in brackets as it stands out from the text around it."""
    text = parameters(element).get("title") if element.get("ac:name") else one_line(element)
    return f"[{text}]" if text else ""


def jira(element: Element, body: Body, notes: Notes) -> Rendered:
    """One issue with its summary and status, or the query of a list of issues."""
    if element.get("ac:name"):
        given = parameters(element)
        return given.get("key") or (f"Jira: {given['jqlQuery']}" if given.get("jqlQuery") else "")
    if body.blocks:
        return list(body.blocks)
    text, loading = _JIRA_LOADING.subn("", body.text)
    if loading:
        notes.dropped.append("Getting issue details... STATUS")
    return text.strip() or element.get("data-jira-key") or ""


def jira_error(element: Element, body: Body, notes: Notes) -> Rendered:
    """A list of issues that could not be read: only the link to it is worth keeping."""
    notes.dropped.append(visible_text(element))
    notes.failures.append(f"Jira issues: {one_line(find_class(element, 'message'))}")
    link = next((a for a in element.iter("a") if "jira-link" in (a.get("class") or "")), None)
    return (
        "" if link is None else to_link(one_line(link), notes.links.resolve(link.get("href") or ""))
    )


def unwrap(element: Element, body: Body, notes: Notes) -> Rendered:
    """What stands inside, as it is."""
    return body.text or list(body.blocks)


def excerpt(element: Element, body: Body, notes: Notes) -> Rendered:
    """`excerpt` and `details`: what they hold, unless their author hid it."""
    if parameters(element).get("hidden") == "true":
        notes.dropped.append(visible_text(element))
        return []
    return unwrap(element, body, notes)


def drop(element: Element, body: Body, notes: Notes) -> Rendered:
    """Navigation: it says nothing that the pages it leads to do not say."""
    notes.dropped.append(visible_text(element))
    return [] if element.tag in ("div", "ul", "form", "fieldset", "thead", "table") else ""


def diagram(element: Element, body: Body, notes: Notes) -> Rendered:
    """A drawing by its name; by its source where that is text."""
    given = parameters(element)
    name = next(
        (
            given[key]
            for key in (
                "diagramDisplayName",
                "diagramName",
                "displayName",
                "name",
                "filename",
                "title",
            )
            if given.get(key)
        ),
        "",
    )
    source = child(element, "ac:plain-text-body")
    if source is not None and verbatim(source).strip():
        return code(element, body, notes)
    blocks = body.to_blocks()
    kind = (element.get("ac:name") or element.get("data-macro-name") or "diagram").partition("-")[0]
    return [Block("text", f"![{kind}: {name}]"), *blocks] if name else blocks


def include(element: Element, body: Body, notes: Notes) -> Rendered:
    """In storage the included text is missing: the page that has it."""
    page = next(element.iter("ri:page"), None)
    if page is None:
        return unwrap(element, body, notes)
    return _resource(page, "", "", notes)


def view_file(element: Element, body: Body, notes: Notes) -> Rendered:
    """A file shown on the page: its name."""
    attachment = next(element.iter("ri:attachment"), None)
    name = (
        attachment.get("ri:filename") if attachment is not None else parameters(element).get("name")
    )
    return to_image(name or "") or unwrap(element, body, notes)


def attachments(element: Element, body: Body, notes: Notes) -> Rendered:
    """The list of attachments as rendered: the files' names, without its buttons."""
    notes.dropped.append(visible_text(element))
    names = [one_line(a) for a in element.iter("a") if "filename" in (a.get("class") or "").split()]
    return [Block("list", "\n".join(f"- {name}" for name in names))] if names else []


def widget(element: Element, body: Body, notes: Notes) -> Rendered:
    """Something from elsewhere: a link to it."""
    url = element.get("src") or element.get("data") or ""
    if not url:
        found = next(element.iter("ri:url"), None)
        given = parameters(element)
        url = (
            (found.get("ri:value") or "")
            if found is not None
            else given.get("url") or given.get("src") or ""
        )
    if element.tag == "iframe":
        notes.dropped.append(visible_text(element))
    target = notes.links.resolve(url)
    return to_link(target, target)


def link(element: Element, body: Body, notes: Notes) -> Rendered:
    """Storage's link: to a page by its title, a file, a person, a place on this page."""
    anchor = element.get("ac:anchor") or ""
    if body.blocks:
        return list(body.blocks)
    for resource in element:
        if isinstance(resource.tag, str) and resource.tag.startswith("ri:"):
            return _resource(resource, body.text.strip(), anchor, notes)
    return to_link(body.text.strip() or anchor, notes.links.to_page("", anchor=anchor))


def _resource(resource: Element, text: str, anchor: str, notes: Notes) -> str:
    get, links = resource.attrib.get, notes.links
    match resource.tag:
        case "ri:user":
            name = text or get("ri:account-id") or get("ri:username") or get("ri:userkey") or ""
            return f"@{name}" if name else ""
        case "ri:attachment":
            return text or get("ri:filename") or ""
        case "ri:url":
            target = links.resolve(get("ri:value") or "")
            return to_link(text or target, target)
        case "ri:space":
            key = get("ri:space-key") or ""
            return to_link(text or key, links.to_space(key))
        case "ri:content-entity":
            page_id = get("ri:content-id") or ""
            return to_link(text or page_id, links.to_page_id(page_id))
        case "ri:page":
            page = get("ri:content-title") or ""
            target = links.to_page(page, get("ri:space-key") or "", anchor)
            return to_link(text or page or anchor, target)
    return text or get("ri:content-title") or get("ri:parameter") or ""


def mention(element: Element, body: Body, notes: Notes) -> Rendered:
    """A person; the address of a profile says nothing more."""
    name = body.text.strip()
    return f"@{name.removeprefix('@')}" if name else ""


def image(element: Element, body: Body, notes: Notes) -> Rendered:
    """By its alternative text or else its file's name; a caption follows."""
    get = element.attrib.get
    if element.tag == "img":
        name = get("alt") or get("data-linked-resource-default-alias") or get("title")
        return to_image(name or file_name(get("src") or get("data-image-src") or ""))
    name = get("ac:alt") or get("ac:title")
    for resource in element:
        name = name or resource.get("ri:filename") or file_name(resource.get("ri:value") or "")
    picture = to_image(name or "")
    if body.blocks:
        return [Block("text", picture), *body.blocks] if picture else list(body.blocks)
    return f"{picture} {body.text.strip()}".strip()


def icon(element: Element, body: Body, notes: Notes) -> Rendered:
    """A type's or priority's picture: its name where it has one. An icon's text shows nowhere."""
    if element.tag != "img":
        notes.dropped.append(visible_text(element))
    return element.get("alt") or ""


def emoticon(element: Element, body: Body, notes: Notes) -> Rendered:
    """The character; for one that the site made itself, its short name."""
    get = element.attrib.get
    fallback = get("data-emoji-fallback") or get("ac:emoji-fallback") or ""
    if fallback and not fallback.isascii():
        return fallback
    name = get("ac:name") or get("data-emoticon-name") or ""
    alt = get("alt") or ""
    short = get("data-emoji-shortname") or get("ac:emoji-shortname") or ""
    known = _EMOJI.get(name) or _EMOJI.get(short.strip(":")) or _EMOJI.get(alt.strip("()"))
    return known or fallback or short or alt or (f":{name}:" if name else "")


def date(element: Element, body: Body, notes: Notes) -> Rendered:
    return body.text if body.text.strip() else element.get("datetime") or ""


def adf_node(element: Element, body: Body, notes: Notes) -> Rendered:
    if element.get("type") == "panel":
        return info(element, body, notes)
    return unwrap(element, body, notes)


def _adf_attribute(node: Element, key: str) -> str:
    return next(
        (
            one_line(inner)
            for inner in node.iterchildren("ac:adf-attribute")
            if inner.get("key") == key
        ),
        "",
    )


class Macro(NamedTuple):
    """A row of the table: what converts which macro, class or tag."""

    convert: Callable[[Element, Body, Notes], Rendered]
    names: str = ""  # in storage: ac:name
    classes: str = ""  # in rendered HTML; the first row that fits wins
    tags: str = ""
    reads_itself: bool = False  # the walk does not go inside


MACROS = (
    Macro(code, "code noformat plantuml plantumlrender mermaid html markdown latex",
          "code preformatted syntaxhighlighter", "pre", reads_itself=True),
    Macro(drop, "toc pagetree pagetreesearch livesearch recently-updated search navmap"
          " recently-updated-dashboard create-from-template create-space-button contributors"
          " contributors-summary popular-labels related-labels listlabels favpages children"
          " contentbylabel attachments gallery space-details spaces blog-posts change-history"
          " anchor viewtracker detailssummary tasks-report-macro content-report-table profile"
          " profile-picture network roadmap calendar",
          "toc-macro client-side-toc-macro plugin_pagetree recently-updated search-macro"
          " tableFloatingHeader collapse-source collapse-spinner-wrapper aui-icon"
          " jira-oauth-message-marker refresh-issues-bottom"
          " confluence-information-macro-icon create-from-template-button",
          "ac:parameter ac:placeholder ac:task-id ac:task-uuid ac:task-status"
          " ac:adf-attribute script style template noscript title head", reads_itself=True),
    Macro(jira_error, "", "jim-error-message", reads_itself=True),
    Macro(attachments, "", "plugin_attachments_container", reads_itself=True),
    Macro(info, "info note tip warning panel success error", "confluence-information-macro panel"),
    Macro(title, "", "panelHeader expand-control-text"),
    Macro(expand, "expand ui-expand", "expand-container"),
    Macro(status, "status", "status-macro aui-lozenge", reads_itself=True),
    Macro(jira, "jira jiraissues", "jira-issue"),
    Macro(excerpt, "excerpt details", ""),
    Macro(diagram, "drawio inc-drawio drawio-sketch gliffy lucidchart plantumlcloud mermaid-cloud"
          " mermaid-macro balsamiq", "drawio-macro gliffy-macro"),
    Macro(include, "include excerpt-include excerpt-include-macro"),
    Macro(view_file, "view-file viewpdf viewdoc viewxls viewppt multimedia"),
    Macro(widget, "widget iframe", "", "iframe embed object", reads_itself=True),
    Macro(unwrap, "section column toc-zone loremipsum layout"),
    Macro(link, "", "", "ac:link"),
    Macro(mention, "", "user-mention confluence-userlink"),
    Macro(emoticon, "", "emoticon", "ac:emoticon", reads_itself=True),
    Macro(icon, "", "icon", "", reads_itself=True),
    Macro(image, "", "", "ac:image"),
    Macro(image, "", "", "img", reads_itself=True),
    Macro(date, "", "", "time"),
    Macro(adf_node, "", "", "ac:adf-node"),
)  # fmt: skip

_UNKNOWN = Macro(unwrap)
_UNKNOWN_VERBATIM = Macro(code, reads_itself=True)
_TITLE = Macro(title)
_BY_NAME = {name: macro for macro in reversed(MACROS) for name in macro.names.split()}
_BY_TAG = {tag: macro for macro in reversed(MACROS) for tag in macro.tags.split()}
_BY_CLASS = [(frozenset(macro.classes.split()), macro) for macro in MACROS if macro.classes]
_CLASSED = frozenset("a button div fieldset form img p section span table tbody thead ul".split())
_ADF_NODES = frozenset({"panel", "decision-list", "decision-item"})


def find_macro(element: Element, notes: Notes) -> Macro | None:
    """The row for an element; None for plain HTML. Macros without a row are counted."""
    tag, attributes = element.tag, element.attrib
    if tag in ("ac:structured-macro", "ac:macro"):
        name = attributes.get("ac:name") or ""
        if macro := _BY_NAME.get(name.lower()):
            return macro
        notes.unknown_macros[name] += 1
        return _UNKNOWN if child(element, "ac:plain-text-body") is None else _UNKNOWN_VERBATIM
    if tag in ("ac:adf-node", "ac:adf-fallback") and _is_second_copy(element, notes):
        return _BY_TAG["ac:parameter"]
    classes = attributes.get("class")
    if classes and tag in _CLASSED and (macro := _of_class(tag, classes)):
        is_title = macro is not _TITLE or "information-macro" in _class_of(element.getparent())
        return macro if is_title else None
    name = attributes.get("data-macro-name")
    if name and name.lower() not in _BY_NAME:
        notes.unknown_macros[name] += 1
    return _BY_TAG.get(tag)


@lru_cache(maxsize=4096)
def _of_class(tag: str, classes: str) -> Macro | None:
    names = set(classes.split())
    if tag == "p":
        return _TITLE if "title" in names else None
    for wanted, macro in _BY_CLASS:
        if wanted & names and (tag == "div" or macro.convert not in (code, info)):
            return macro
    return None


def _class_of(element: Element | None) -> str:
    return "" if element is None else element.get("class") or ""


def _is_second_copy(element: Element, notes: Notes) -> bool:
    """Of an extension's node and its fallback, the one that is not read."""
    extension = element.getparent()
    if extension is None or extension.tag != "ac:adf-extension":
        return False
    node, fallback = child(extension, "ac:adf-node"), child(extension, "ac:adf-fallback")
    kind = "" if node is None else node.get("type") or ""
    is_node_read = node is not None and (
        kind in _ADF_NODES or fallback is None or not visible_text(fallback).strip()
    )
    if element.tag == "ac:adf-fallback":
        return is_node_read
    if kind not in _ADF_NODES:
        notes.unknown_macros[kind] += 1
    return not is_node_read
