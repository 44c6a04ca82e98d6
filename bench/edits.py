"""How many chunks of a page are sent again after an edit, for each kind of edit.

Prints the share of edits after which at most three chunks are new, by kind. CORPUS=FILE names a
JSON-lines file; without it the demo's pages are used. Each page gets one edit of each kind, at a
place that a seed decides, where it has such a place.
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from bench.pages import load_pages
from pipeline.chunk import split
from pipeline.markdown import to_markdown
from pipeline.records import Page

FEW = 3
_SENTENCE = "This was added by a colleague after the last review."


def _within(pattern: str, change: Callable[[str], str]) -> Callable[[str, random.Random], str]:
    """Return an edit that changes one of the places that match."""
    compiled = re.compile(pattern)

    def edit(html: str, rng: random.Random) -> str:
        places = list(compiled.finditer(html))
        if not places:
            return html
        first, end = rng.choice(places).span()
        return html[:first] + change(html[first:end]) + html[end:]

    return edit


# Letters and spaces of a text outside tags.
_WORDS = r"(?<=>)[^<>]{40,}(?=<)"
EDITS: Mapping[str, Callable[[str, random.Random], str]] = {
    "a word is corrected": _within(_WORDS, lambda text: text[:20] + "x" + text[20:]),
    "a sentence is added": _within(_WORDS, lambda text: f"{text} {_SENTENCE}"),
    "half of a text is removed": _within(_WORDS, lambda text: text[: len(text) // 2]),
    "a paragraph is added": _within(r"</p>", lambda end: f"{end}<p>{_SENTENCE} {_SENTENCE}</p>"),
    "an item is added": _within(r"</li>", lambda end: f"{end}<li>{_SENTENCE}</li>"),
    "an item is removed": _within(r"<li>(?:(?!</?li|</?ul|</?ol).){1,2000}</li>", lambda _: ""),
    "a row is added": _within(
        r"</tr>", lambda end: f"{end}<tr><td>New</td><td>{_SENTENCE}</td></tr>"
    ),
    "a section is added": _within(
        r"<h[23]", lambda begin: f"<h3>Added later</h3><p>{_SENTENCE} {_SENTENCE}</p>{begin}"
    ),
    "a heading is renamed": _within(r"(?<=>)[^<>]{3,}(?=</h[1-6]>)", lambda _: "Renamed"),
    "a heading is put in": _within(r"<p>", lambda begin: f"<h2>Put in</h2>{begin}"),
}


def main() -> None:
    """Print one row for each kind of edit, and one for the edits that change no heading."""
    pages = load_pages(os.environ.get("CORPUS"))
    numbers: dict[str, list[int]] = {kind: [] for kind in EDITS}
    for page in pages:
        before = _to_ids(page)
        for kind, edit in EDITS.items():
            html = edit(page.html, random.Random(f"{kind} {page.ref.id}"))
            if html != page.html:
                numbers[kind].append(len(_to_ids(replace(page, html=html)) - before))
    print(f"{'edit':28}{'edits':>7}{f'≤ {FEW}':>8}{'mean':>7}{'most':>6}")
    for kind, counts in numbers.items():
        _show(kind, counts)
    texts = [count for kind in list(EDITS)[:-2] for count in numbers[kind]]
    _show("all but those of headings", texts)


def _to_ids(page: Page) -> set[str]:
    return {chunk.id for chunk in split(page, to_markdown(page))}


def _show(kind: str, counts: list[int]) -> None:
    share = sum(count <= FEW for count in counts) / max(1, len(counts))
    mean = sum(counts) / max(1, len(counts))
    print(f"{kind:28}{len(counts):7}{share:8.3f}{mean:7.2f}{max(counts, default=0):6}", flush=True)


if __name__ == "__main__":
    main()
