"""Code and preformatted text: text that is kept verbatim."""

from __future__ import annotations

import re

from pipeline.markdown.blocks import Content, Rendered
from pipeline.markdown.embedded import to_blocks
from pipeline.markdown.links import to_link
from pipeline.markdown.marks import to_code_span, to_fence
from pipeline.markdown.notes import Notes
from pipeline.markdown.tree import Element, all_text, child, find_class, parameters_of
from pipeline.markdown.visible import seen_text, verbatim

_LANGUAGES = {
    "none": "", "text": "", "plain": "", "plaintext": "", "c#": "csharp", "c++": "cpp",
    "js": "javascript", "py": "python", "shell": "bash", "sh": "bash", "html/xml": "xml",
    "yml": "yaml", "actionscript3": "actionscript", "delphi": "pascal", "vb": "vbnet",
}  # fmt: skip
_BRUSH = re.compile(r"brush:\s*([\w#+./-]+)")
_LANGUAGE_CLASS = re.compile(r"(?:^|\s)(?:language|lang|highlight-source)-([\w#+-]+)")
_JAVA = re.compile(  # what no other language has
    r"\bSystem\.(?:out|err)\.|@Override\b|\bimport (?:static )?\w+\.[\w.]+;"
    r"|\bpublic (?:static |final |abstract )*(?:class|interface|enum|void)\b"
    r"|\b(?:int|long|boolean|double|String)(?:\[\])? \w++ ?[=;]"
)
_TEX = "latex"
_NOT_IN_LANGUAGE = re.compile(r"[^\w#+./-]")


def code(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return `code`, `noformat`, `latex` and `pre` as a fence."""
    source = _find_source(element)
    parameters = parameters_of(element)
    name = element.get("ac:name")
    if name:
        language = parameters.get("language") or parameters.get("lang") or ""
        if not language and name == _TEX:
            language = _TEX
        title = seen_text(element)
    else:
        language = _rendered_language(source)
        title = "" if element is source else _rendered_title(element, notes)
    text = notes.drop_hidden(verbatim(source))
    language = "".join(language.lower().split())
    language = _LANGUAGES.get(language, _NOT_IN_LANGUAGE.sub("", language))
    return to_fence(text, language, title)


def markdown(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return the Markdown of a macro as what it is: its headings are sections of the page."""
    return to_blocks(notes.drop_hidden(verbatim(_find_source(element))))


def _find_source(element: Element) -> Element:
    """Return the element that holds the code itself; the macro where no element does."""
    if element.get("ac:name"):
        source = child(element, "ac:plain-text-body")
        return element if source is None else source
    parts = list(element.iter("pre"))
    return parts[0] if len(parts) == 1 else element


def _rendered_language(source: Element) -> str:
    """Return the highlighter's language; its default, Java, only where the text looks like Java."""
    if brush := _BRUSH.search(source.get("data-syntaxhighlighter-params") or ""):
        is_default = brush[1] == "java" and not _JAVA.search(verbatim(source))
        return "" if is_default else brush[1]
    inner = [source, *source.iterchildren("code")]
    found = _LANGUAGE_CLASS.search(" ".join(element.get("class") or "" for element in inner))
    return found[1] if found else ""


def _rendered_title(element: Element, notes: Notes) -> str:
    """Return a code block's title without the button that opens the block."""
    header = find_class(element, "codeHeader")
    if header is None:
        return ""
    title = find_class(header, "code-title")
    button = find_class(header, "collapse-source")
    if button is not None:
        notes.dropped.append(all_text(button))
    return all_text(header if title is None else title)


def code_span(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return inline code, a span for each line; a link around all of it is kept."""
    text = notes.drop_hidden(verbatim(element))
    if next(element.iter("pre"), None) is not None:
        return to_fence(text)
    lines = (" ".join(line.split()) for line in text.split("\n"))
    spans = "\n".join(to_code_span(line) for line in lines if line)
    link = next(element.iter("a"), None)
    if link is not None and all_text(link) == " ".join(text.split()):
        spans = to_link(spans, notes.links.resolve(link.get("href") or ""))
    return " " * text[:1].isspace() + spans + " " * text[-1:].isspace()
