"""Small pages that users of other converters met: what their Markdown and chunks must hold.

`cases/NAME.export.html` is a body as Confluence renders it, `NAME.storage.html` the same in storage
format, `NAME.json` what must come out:

- `must`, `must_not`, `must_re`, `must_not_re`: texts and expressions that the Markdown has, or not;
  `must_any`: lists of texts, of each of which it has one; `order`: texts that follow one another;
- `chunk_with`: [needle, other]: every chunk with the needle has the other;
  `section_without`: [needle, name]: no chunk with the needle is in a section of that name;
- `max_chunk_tokens`, `chunk_end_re`: of every chunk;
- `mode: page`: only both bodies together are converted, otherwise also each of them alone.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.chunk import split
from pipeline.markdown import convert_page, to_markdown
from pipeline.records import Chunk, Page
from tests.support.convert import to_page

FOLDER = Path(__file__).parent / "cases"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))
# Cases that fail today. One that passes fails its test until it leaves.
FAILING: frozenset[str] = frozenset()


def read(name: str, form: str) -> str | None:
    path = FOLDER / f"{name}.{form}.html"
    return path.read_text("utf-8") if path.exists() else None


def pages_of(name: str, is_both: bool) -> Iterator[Page]:
    """The pages to convert: with both bodies, and with each one alone."""
    rendered, storage = read(name, "export"), read(name, "storage")
    if rendered is not None and storage is not None:
        yield replace(to_page(rendered), storage=storage)
    if rendered is not None and not is_both:
        yield to_page(rendered)
    if storage is not None and not is_both:
        yield replace(to_page(storage, "storage"), storage=storage)


def faults_of(text: str, case: dict[str, Any]) -> Iterator[str]:
    """What is wrong with a page's Markdown."""
    for wanted in case.get("must", ()):
        if wanted not in text:
            yield f"lacks {wanted!r}"
    for unwanted in case.get("must_not", ()):
        if unwanted in text:
            yield f"has {unwanted!r}"
    for pattern in case.get("must_re", ()):
        if not re.search(pattern, text):
            yield f"lacks /{pattern}/"
    for pattern in case.get("must_not_re", ()):
        if re.search(pattern, text):
            yield f"has /{pattern}/"
    for options in case.get("must_any", ()):
        if not any(option in text for option in options):
            yield f"lacks all of {options}"
    at = 0
    for wanted in case.get("order", ()):
        at = text.find(wanted, at)
        if at == -1:
            yield f"lacks {wanted!r} in its place"
            return


def faults_of_chunks(chunks: list[Chunk], case: dict[str, Any]) -> Iterator[str]:
    """What is wrong with a page's chunks."""
    for needle, other in case.get("chunk_with", ()):
        found = [chunk for chunk in chunks if needle in chunk.text]
        if not found or any(other not in chunk.text for chunk in found):
            yield f"a chunk with {needle!r} is without {other!r}"
    for needle, section in case.get("section_without", ()):
        found = [chunk for chunk in chunks if needle in chunk.text]
        if not found or any(section in str(chunk.metadata["section"]) for chunk in found):
            yield f"a chunk with {needle!r} is in the section {section!r}"
    for chunk in chunks:
        if chunk.tokens > case.get("max_chunk_tokens", chunk.tokens):
            yield f"a chunk has {chunk.tokens} tokens"
        if not re.search(case.get("chunk_end_re", ""), chunk.text):
            yield f"a chunk ends with {chunk.text[-20:]!r}"


@pytest.mark.parametrize("name", NAMES)
def test_a_small_page_has_what_its_readers_see(name: str) -> None:
    case = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    faults = []
    for page in pages_of(name, case.get("mode") == "page"):
        markdown = to_markdown(page) if page.storage is None else convert_page(page)
        faults += faults_of(markdown.text, case)
        faults += faults_of_chunks(split(page, markdown), case)
    if name in FAILING:
        assert faults, "this case passes: remove it from FAILING"
    else:
        assert not faults


def test_only_cases_that_exist_are_listed_as_failing() -> None:
    assert len(NAMES) >= 59
    assert set(NAMES) >= FAILING
