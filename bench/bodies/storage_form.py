"""The storage format that a rendered body may have come from, to measure with both bodies.

It has the macros, parameters, ids and links of the editor in the places of what they render to, and
about the size of a real one. What it does not know stays as rendered.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from itertools import count
from uuid import UUID

from pipeline.markdown.tree import Element, all_text, classes_of, find_class, parse
from pipeline.markdown.visible import verbatim

_BOX = "confluence-information-macro"
_LEFT_OUT = frozenset(
    ("error", "aui-icon", "refresh-issues-bottom", "jira-oauth-message-marker", "icon")
)
_UNWRAPPED = frozenset(("table-wrap", "confluence-embedded-file-wrapper", "content-wrapper"))
_OF_AUTHORS = ("href", "colspan", "rowspan", "style", "start", "datetime")
_WITH_IDS = frozenset(("p", "li", "table", "tr", "td", "th", "h1", "h2", "h3", "h4"))
_DEFAULT_LANGUAGE = "java"  # which the editor does not write
_EMPTY = frozenset(("br", "hr", "col"))


def to_storage(rendered: str) -> str:
    """Return a storage format whose rendering has the text of this body."""
    return _Storage().inside(parse(rendered)[0][0])


class _Storage:
    """One page's storage format, with an id for each macro and paragraph."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._by_class: dict[str, Callable[[Element], str]] = {
            "code": self._code,
            "preformatted": self._code,
            _BOX: self._box,
            "panel": self._panel,
            "expand-container": self._expand,
            "status-macro": self._status,
            "aui-lozenge": self._status,
            "jira-issue": self._jira,
            "jira-table": self._jira,
            "confluence-userlink": self._person,
            "emoticon": self._emoticon,
        }

    def inside(self, element: Element | None) -> str:
        """Return what is in an element."""
        if element is None:
            return ""
        parts = [escape(element.text or "", quote=False)]
        for part in element:
            parts += [self._outside(part), escape(part.tail or "", quote=False)]
        return "".join(parts)

    def _outside(self, element: Element) -> str:
        classes = classes_of(element)
        if not _LEFT_OUT.isdisjoint(classes) or element.tag in ("script", "style"):
            return ""
        if name := next((name for name in self._by_class if name in classes), None):
            return self._by_class[name](element)
        if element.tag == "img":
            return self._image(element)
        if not _UNWRAPPED.isdisjoint(classes):
            return self.inside(element)
        kept = [(key, value) for key, value in element.attrib.items() if key in _OF_AUTHORS]
        if element.tag in _WITH_IDS:
            kept.append(("local-id", self._id()))
        attributes = "".join(f' {key}="{escape(value)}"' for key, value in kept)
        if element.tag in _EMPTY:
            return f"<{element.tag}{attributes} />"
        return f"<{element.tag}{attributes}>{self.inside(element)}</{element.tag}>"

    def _id(self) -> str:
        return str(UUID(int=next(self._numbers) * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128))

    def _macro(self, name: str, body: str, **parameters: str) -> str:
        named = "".join(
            f'<ac:parameter ac:name="{key}">{escape(value, quote=False)}</ac:parameter>'
            for key, value in parameters.items()
            if value
        )
        return (
            f'<ac:structured-macro ac:name="{name}" ac:schema-version="1" '
            f'ac:macro-id="{self._id()}">{named}{body}</ac:structured-macro>'
        )

    def _rich(self, name: str, title: Element | None, body: Element | None) -> str:
        inner = f"<ac:rich-text-body>{self.inside(body)}</ac:rich-text-body>"
        return self._macro(name, inner, title=all_text(title))

    def _code(self, element: Element) -> str:
        source = next(element.iter("pre"), element)
        brush = (source.get("data-syntaxhighlighter-params") or "").partition("brush: ")[2]
        text = verbatim(source).replace("]]>", "]]]]><![CDATA[>")
        body = f"<ac:plain-text-body><![CDATA[{text}]]></ac:plain-text-body>"
        title = all_text(find_class(element, "codeHeader"))
        name = "code" if brush else "noformat"
        language = brush.partition(";")[0]
        chosen = "" if language == _DEFAULT_LANGUAGE else language
        return self._macro(name, body, language=chosen, title=title)

    def _box(self, element: Element) -> str:
        kinds = (name.removeprefix(f"{_BOX}-") for name in classes_of(element))
        kind = next((kind for kind in kinds if kind in ("note", "tip", "warning")), "info")
        title = next((part for part in element if "title" in classes_of(part)), None)
        return self._rich(kind, title, find_class(element, f"{_BOX}-body"))

    def _panel(self, element: Element) -> str:
        header = find_class(element, "panelHeader")
        return self._rich("panel", header, find_class(element, "panelContent"))

    def _expand(self, element: Element) -> str:
        title = find_class(element, "expand-control-text")
        return self._rich("expand", title, find_class(element, "expand-content"))

    def _status(self, element: Element) -> str:
        return self._macro("status", "", title=all_text(element), colour="Green")

    def _jira(self, element: Element) -> str:
        key = element.get("data-jira-key") or ""
        query = "" if key else "project = OPS ORDER BY created"
        return self._macro(
            "jira", "", server="System Jira", serverId=self._id(), key=key, jqlQuery=query
        )

    def _person(self, _: Element) -> str:
        return f'<ac:link><ri:user ri:account-id="557058:{self._id()}"/></ac:link>'

    def _emoticon(self, element: Element) -> str:
        names = (name.removeprefix("emoticon-") for name in classes_of(element))
        return f'<ac:emoticon ac:name="{next((n for n in names if n != "emoticon"), "tick")}" />'

    def _image(self, element: Element) -> str:
        name = element.get("data-linked-resource-default-alias") or element.get("alt") or "a.png"
        return (
            f'<ac:image ac:width="760" ac:local-id="{self._id()}"><ri:attachment '
            f'ri:filename="{escape(name)}" ri:version-at-save="1" /></ac:image>'
        )
