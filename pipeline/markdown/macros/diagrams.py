"""Diagrams: the source of those that are text, the name and the labels of the others."""

from __future__ import annotations

from pipeline.markdown.blocks import Block, Content, Rendered
from pipeline.markdown.embedded import decode_source, list_labels
from pipeline.markdown.marks import to_fence
from pipeline.markdown.notes import Notes
from pipeline.markdown.tree import Element, child, parameters_of, raw_parameter
from pipeline.markdown.visible import verbatim

_NAMES = (  # parameters that may hold the name, best first
    "diagramDisplayName",
    "diagramName",
    "displayName",
    "name",
    "filename",
)
# Parameters that may hold the source, best first.
_SOURCES = ("code", "source", "script", "definition", "text", "content", "diagram")
_LANGUAGES = {
    "mermaid": "mermaid",
    "plantuml": "plantuml",
    "graphviz": "dot",
    "dot": "dot",
    "viz": "dot",
    "flowchart": "dot",
    "zenuml": "zenuml",
    "d2": "d2",
    "excalidraw": "json",
}
_MOST_UNPACKED = 5_000_000  # characters of all sources of a page
_ENDS = ("cloud", "render")  # of names: plantumlcloud, plantumlrender
_COPY = "inc-"  # begins the name of a diagram that is kept on another page


def diagram(element: Element, content: Content, notes: Notes) -> Rendered:
    """Return a diagram by its name, and its source or its labels."""
    parameters = parameters_of(element)
    names = element.get("ac:name") or element.get("data-macro-name") or "diagram"
    kind = names.lower().removeprefix(_COPY).partition("-")[0]
    name = next((parameters[key] for key in _NAMES if parameters.get(key)), "")
    title = parameters.get("title") or ""
    source = notes.drop_hidden(read_source(element))
    if parameters.get("data"):
        notes.unpacked += len(source)
    if notes.unpacked > _MOST_UNPACKED:
        source = ""
    labels = list_labels(source)
    if labels is None:
        text = to_fence(source, _to_language(kind), title if source else "")
    else:
        notes.dropped.append(verbatim(element))
        text = [Block("text", " · ".join(labels))] if labels else []
    name = name or ("" if source and labels is None else title)
    image = [Block("text", f"![{kind}: {name}]")] if name else []
    is_text = child(element, "ac:plain-text-body") is not None
    return [*image, *text, *(() if is_text else content.to_blocks())]


def read_source(macro: Element) -> str:
    """Return the source of a diagram's macro, "" where it is kept elsewhere."""
    body = child(macro, "ac:plain-text-body")
    if body is not None and (text := verbatim(body)).strip():
        return text
    parameters = parameters_of(macro)
    is_compressed = parameters.get("compressed") == "true"
    data = parameters.get("data") or ""
    if decoded := decode_source(data, is_compressed=is_compressed):
        return decoded
    if data.startswith("<"):
        return data
    return next(filter(None, (raw_parameter(macro, name) for name in _SOURCES)), "")


def _to_language(kind: str) -> str:
    for end in _ENDS:
        kind = kind.removesuffix(end)
    return _LANGUAGES.get(kind, "")
