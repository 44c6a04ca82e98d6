"""Which of a Word file's styles are headings and code, by what each is based on."""

from __future__ import annotations

import zipfile

from pipeline.markdown.attachments.office.package import read_part
from pipeline.markdown.tree import Element

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STYLES = "word/styles.xml"
_CODE = ("code", "source code", "html preformatted", "preformatted text", "macro", "plain text",
         "macro text", "listing", "verbatim")  # fmt: skip
_INLINE_CODE = ("verbatim char", "html code", "source text", "code char", "inline code")
_DEEPEST = 6
_MOST_STYLES = 2_000


def to_style_map(package: zipfile.ZipFile) -> str:
    """Return mammoth's map from the file's styles to elements; struck text keeps its mark."""
    root = read_part(package, _STYLES)
    rows = ["strike => s"]
    if root is None:
        return "\n".join(rows)
    styles = {style.get(f"{_W}styleId") or "": style for style in root.iter(f"{_W}style")}
    for identity, style in list(styles.items())[:_MOST_STYLES]:
        if not identity.replace("-", "").replace("_", "").isalnum() or not identity.isascii():
            continue
        name = _name(style)
        if style.get(f"{_W}type") == "character":
            if name in _INLINE_CODE:
                rows.append(f"r.{identity} => code")
        elif level := _level(styles, identity):
            rows.append(f"p.{identity} => h{level}:fresh")
        elif name in _CODE:
            rows.append(f"p.{identity} => pre:separator('\\n')")
    return "\n".join(rows)


def _name(style: Element) -> str:
    name = style.find(f"{_W}name")
    return "" if name is None else (name.get(f"{_W}val") or "").lower()


def _level(styles: dict[str, Element], identity: str) -> int:
    """Return the level of the heading that a style is or is based on; 0 for other text."""
    seen: set[str] = set()
    while identity in styles and identity not in seen:
        seen.add(identity)
        style = styles[identity]
        name = _name(style)
        if name == "title":
            return 1
        if name.startswith("heading ") and name[8:].isdigit():
            return min(_DEEPEST, max(1, int(name[8:])))
        outline = style.find(f"{_W}pPr/{_W}outlineLvl")
        if outline is not None and (value := outline.get(f"{_W}val") or "").isdigit():
            return int(value) + 1 if int(value) < _DEEPEST else 0
        based_on = style.find(f"{_W}basedOn")
        identity = "" if based_on is None else based_on.get(f"{_W}val") or ""
    return 0
