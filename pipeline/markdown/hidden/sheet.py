"""The rules that a body brings itself: Confluence writes the editor's colours into a `<style>`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pipeline.markdown.hidden.attributes import Attributes
from pipeline.markdown.hidden.styles import Style, merge, to_style

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)|<!--|-->", re.DOTALL)
_BRACE = re.compile(r"[{}]")
# Selectors that depend on nothing else: the rules of the dark mode do.
_SELECTOR = re.compile(r"""\[data-colorid=["']?([\w-]+)["']?\]|([.#][\w-]+)""")


class Sheet:
    """Styles by `data-colorid`, `.class` and `#id`."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.styles: dict[str, Style] = {}
        for selectors, declarations in (rule for text in texts for rule in _split_rules(text)):
            style = to_style(declarations)
            for selector in selectors.split(","):
                if match := _SELECTOR.fullmatch(selector.strip()):
                    name = match[1] or match[2]
                    earlier = self.styles.get(name)
                    self.styles[name] = merge([earlier, style]) if earlier else style

    def find(self, attributes: Attributes) -> list[Style]:
        """Return the styles of an element."""
        if not self.styles:
            return []
        names = (
            *(f".{name}" for name in (attributes.get("class") or "").split()),
            f"#{attributes.get('id') or ''}",
            attributes.get("data-colorid") or "",
        )
        return [self.styles[name] for name in names if name in self.styles]


def _split_rules(text: str) -> Iterator[tuple[str, str]]:
    """Yield selectors and declarations, without what is for printers, narrow windows and others."""
    depth = begin = 0
    selectors = ""
    text = _COMMENT.sub(" ", text)
    for brace in _BRACE.finditer(text):
        part, begin = text[begin : brace.start()], brace.end()
        if brace[0] == "{":
            depth += 1
            selectors = part if depth == 1 else selectors
        else:
            if depth == 1 and "@" not in selectors:
                yield selectors, part
            depth = max(0, depth - 1)
