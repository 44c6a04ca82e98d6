"""Code, preformatted text and diagrams: what is kept to the letter."""

from __future__ import annotations

import re

from pipeline.markdown.blocks import Block, Body, Notes, Rendered, to_code_span, to_fence
from pipeline.markdown.links import to_link
from pipeline.markdown.tree import Element, all_text, child, find_class, parameters
from pipeline.markdown.visible import verbatim

_LANGUAGES = {
    "none": "", "text": "", "plain": "", "plaintext": "", "c#": "csharp", "c++": "cpp",
    "js": "javascript", "py": "python", "shell": "bash", "sh": "bash", "html/xml": "xml",
    "yml": "yaml", "actionscript3": "actionscript", "delphi": "pascal", "vb": "vbnet",
}  # fmt: skip
_BRUSH = re.compile(r"brush:\s*([\w#+./-]+)")
_LANGUAGE_CLASS = re.compile(r"(?:^|\s)(?:language|lang|highlight-source)-([\w#+-]+)")
_JAVA = re.compile(
    r"\b(?:public|private|import|class|void|new|return|static|final)\b.*[;{]"
    r"|\bSystem\.|@Override\b|\b(?:int|long|boolean|double|String)(?:\[\])? \w+ ?[=;]"
)
_SOURCES = ("plantuml", "plantumlrender", "mermaid", "html", "markdown", "latex")
_DIAGRAM_NAMES = (
    "diagramDisplayName", "diagramName", "displayName", "name", "filename", "title"
)  # fmt: skip


def code(element: Element, body: Body, notes: Notes) -> Rendered:
    """`code`, `noformat`, diagrams written as text, and `pre`: verbatim, fenced."""
    source = _find_source(element)
    given = parameters(element)
    name = element.get("ac:name")
    if name:
        language = given.get("language") or given.get("lang") or ""
        if not language and name in _SOURCES:
            language = name.removesuffix("render")
        title = given.get("title") or ""
    else:
        language = _rendered_language(source)
        title = "" if element is source else _rendered_title(element, notes)
    text = notes.to_seen(verbatim(source))
    language = "".join(language.lower().split())
    language = _LANGUAGES.get(language, re.sub(r"[^\w#+./-]", "", language))
    return to_fence(text, language, title)


def _find_source(element: Element) -> Element:
    """Where the code itself stands; a macro without a body of its own gives all it has."""
    if element.get("ac:name"):
        source = child(element, "ac:plain-text-body")
        return element if source is None else source
    parts = list(element.iter("pre"))
    return parts[0] if len(parts) == 1 else element


def _rendered_language(source: Element) -> str:
    """What the highlighter was told; its default, Java, counts where the text looks like it."""
    if brush := _BRUSH.search(source.get("data-syntaxhighlighter-params") or ""):
        is_default = brush[1] == "java" and not _JAVA.search(verbatim(source))
        return "" if is_default else brush[1]
    inner = [source, *source.iterchildren("code")]
    found = _LANGUAGE_CLASS.search(" ".join(element.get("class") or "" for element in inner))
    return found[1] if found else ""


def _rendered_title(element: Element, notes: Notes) -> str:
    """A code block's title, without the button that opens the block."""
    header = find_class(element, "codeHeader")
    if header is None:
        return ""
    title = find_class(header, "code-title")
    button = find_class(header, "collapse-source")
    if button is not None:
        notes.dropped.append(all_text(button))
    return all_text(header if title is None else title)


def code_span(element: Element, body: Body, notes: Notes) -> Rendered:
    """Code within a line, each of its lines by itself; a link around all of it stays a link."""
    text = notes.to_seen(verbatim(element))
    if next(element.iter("pre"), None) is not None:
        return to_fence(text)
    lines = (" ".join(line.split()) for line in text.split("\n"))
    spans = "\n".join(to_code_span(line) for line in lines if line)
    link = next(element.iter("a"), None)
    if link is not None and all_text(link) == " ".join(text.split()):
        spans = to_link(spans, notes.links.resolve(link.get("href") or ""))
    return " " * text[:1].isspace() + spans + " " * text[-1:].isspace()


def diagram(element: Element, body: Body, notes: Notes) -> Rendered:
    """A drawing by its name, or by its source where that is text."""
    source = child(element, "ac:plain-text-body")
    if source is not None and verbatim(source).strip():
        return code(element, body, notes)
    given = parameters(element)
    name = next((given[key] for key in _DIAGRAM_NAMES if given.get(key)), "")
    kind = (element.get("ac:name") or element.get("data-macro-name") or "diagram").partition("-")[0]
    drawn = [Block("text", f"![{kind}: {name}]")] if name else []
    return [*drawn, *body.to_blocks()]
