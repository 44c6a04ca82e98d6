"""How many pages have the same chunks without their rendered body: `python -m bench.bodies.alone`.

CORPUS=FILE names a JSON-lines file; without it the pages are the demo's. The storage formats are
derived from the rendered bodies, so they lack less than real ones: what is the same here may differ
on a real site, what differs here differs there.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from bench.bodies.storage_form import to_storage
from bench.pages import load_pages
from pipeline.chunk import split
from pipeline.markdown import convert_page
from pipeline.markdown.tree import all_text, parse
from pipeline.records import Chunk, Page

SIZES = (1000, 180, "all-MiniLM-L6-v2")
# What a page shows in its rendered body, and in its storage format only names.
_SHOWN = {
    "links to pages": r'<a[^<>]+href="[^"]*?/(?:display|pages|x|label)/'
    r'|data-linked-resource-type="(?:page|blogpost|space)"|pageId=|createpage\.action',
    "links to files": r'<a[^<>]+href="[^"]*?/download/',
    "people": r'confluence-userlink|user-mention|href="[^"]*?/~|Unknown User',
    "Jira": r"jira-issue|jira-table|jim-",
    "emoji": r"emoticon",
    "errors": r'class="(?:[^"]*\s)?error[\s"]',
    "reports and lists of pages": r"metadata-summary|tabmeta|content-?by-?label|gallery"
    r"|plugin_(?:attachments|pagetree)|recently|toc-macro|childpages|iframe|widget",
}
_PICTURE = "<img"


def main() -> None:
    """Print a row for each class of pages."""
    pages = load_pages(os.environ.get("CORPUS"))
    compared = [(page, *compare(page)) for page in pages]
    print(f"{len(pages)} pages: of each class, those with the same text, and the same chunks")
    for name, contains in list_classes():
        chosen = [(text, chunks) for page, text, chunks in compared if contains(page)]
        texts, chunks = (sum(same) for same in zip(*chosen, strict=True)) if chosen else (0, 0)
        print(f"{name:44}{len(chosen):6}{texts:8}{chunks:8}", flush=True)
    counted = count_anchors(pages)
    print(f"{counted[False]} of {counted.total()} anchors of headings are not made of their texts")


def count_anchors(pages: Sequence[Page]) -> Counter[bool]:
    """Count headings by whether title and text give their anchor: `PageTitle-Heading.1`."""
    counted: Counter[bool] = Counter()
    for page in pages:
        earlier: Counter[str] = Counter()
        for heading in parse(page.html).iter(*(f"h{level}" for level in range(1, 7))):
            if anchor := heading.get("id"):
                name = "".join(page.ref.title.split()) + "-" + "".join(all_text(heading).split())
                counted[anchor == (f"{name}.{earlier[name]}" if earlier[name] else name)] += 1
                earlier[name] += 1
    return counted


def list_classes() -> Iterator[tuple[str, Callable[[Page], bool]]]:
    """Yield the classes, by what their pages show."""
    for name, pattern in _SHOWN.items():
        yield name, partial(shows, pattern)
    yield "none of these", shows_nothing
    yield (
        "none of these, and no pictures",
        lambda page: shows_nothing(page) and not shows(_PICTURE, page),
    )
    yield "all", lambda _: True


def shows(pattern: str, page: Page) -> bool:
    return re.search(pattern, page.html) is not None


def shows_nothing(page: Page) -> bool:
    return not any(shows(pattern, page) for pattern in _SHOWN.values())


def compare(page: Page) -> tuple[bool, bool]:
    """Return whether the texts are the same without the rendered body, and the metadata too."""
    storage = to_storage(page.html)
    both = to_chunks(replace(page, body_format="export_view", storage=storage))
    alone = to_chunks(replace(page, html=storage, body_format="storage", storage=storage))
    is_same_text = [chunk.text for chunk in both] == [chunk.text for chunk in alone]
    return is_same_text, both == alone


def to_chunks(page: Page) -> Sequence[Chunk]:
    return split(page, convert_page(page), *SIZES)


if __name__ == "__main__":
    main()
