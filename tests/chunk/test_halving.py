"""A chunk that a server refuses as too long: its parts, by the rules of the splitter."""

import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.chunk import halve
from pipeline.chunk.tokens import count_tokens
from pipeline.records import Chunk
from tests.chunk.test_any_text import MARKDOWN_LINE
from tests.support.chunks import bodies, chunks_of, prose

CRUMB = "Nightly backup > Run"


def one_chunk(markdown: str, **more: str) -> Chunk:
    (chunk,) = chunks_of(markdown, 8000, 0, model="bge-m3", **more)
    return chunk


def halve_to(chunk: Chunk, limit: int) -> list[Chunk]:
    """Halve until every part has at most so many tokens."""
    if chunk.tokens <= limit:
        return [chunk]
    return [part for half in halve(chunk) for part in halve_to(half, limit)]


def test_a_fence_becomes_fences_with_the_language_and_every_line() -> None:
    lines = [f"    key_{number}: {'value ' * (number % 5)}{number}" for number in range(150)]
    chunk = one_chunk("# Run\n\n```yaml\n" + "\n".join(lines) + "\n```")
    parts = halve_to(chunk, 200)
    assert len(parts) > 5
    for part in parts:
        assert part.text.startswith(f"{CRUMB}\n\n```yaml\n")
        assert part.text.endswith("\n```")
    assert [line for body in bodies(parts) for line in body.split("\n")[1:-1]] == lines


def test_a_table_is_cut_between_rows_under_its_header() -> None:
    header = "| Host | Note |\n|---|---|"
    rows = [f"| db-{number:03} | restarts after {number} minutes |" for number in range(20)]
    parts = halve_to(one_chunk("# Run\n\n" + "\n".join([header, *rows])), 70)
    assert len(parts) > 5
    for part in parts:
        assert part.text.startswith(f"{CRUMB}\n\n{header}\n")
    assert [row for body in bodies(parts) for row in body.split("\n")[2:]] == rows


def test_sections_that_shared_a_chunk_are_parted_with_their_headings() -> None:
    chunk = one_chunk(f"# Run\n\n{prose(1, 4)}\n\n## By hand\n\n{prose(2, 4)}")
    first, second = halve(chunk)
    assert first.text == f"{CRUMB}\n\n{prose(1, 4)}"
    assert second.text == f"{CRUMB} > By hand\n\n{prose(2, 4)}"


def test_links_follow_the_part_that_has_their_label() -> None:
    links = [f"[ticket {number}](https://acme.example/T-{number})" for number in range(20)]
    text = "\n\n".join(
        f"{prose(n, 1)} Not `a ticket {n} b`. See {link}." for n, link in enumerate(links)
    )
    parts = halve_to(one_chunk(f"# Run\n\n{text}"), 200)
    assert len(parts) > 4
    assert sum(part.text.count("](") for part in parts) == len(links)
    for number, link in enumerate(links):
        [part] = [part for part in parts if link in part.text]
        assert f"Not `a ticket {number} b`. See ticket {number}." in part.text


def test_a_long_breadcrumb_is_shortened_and_nothing_of_it_is_lost() -> None:
    chunk = one_chunk("Text.", title="A very long title of words " * 30)
    parts = halve_to(chunk, 60)
    words = Counter(re.findall(r"\w+", chunk.text))
    assert not words - Counter(re.findall(r"\w+", " ".join(part.text for part in parts)))


@pytest.mark.parametrize("text", ["x" * 4000, "短い文章。" * 80, "🙂" * 500, "a1" * 2000])
def test_what_has_no_words_is_cut_hard(text: str) -> None:
    parts = halve_to(one_chunk(text), 100)
    assert "".join(bodies(parts)).replace("\n", "") == text


def test_a_chunk_that_is_too_short_to_be_refused_is_not_split() -> None:
    assert halve(one_chunk("# Run\n\nOne line.")) == []


def test_parts_are_named_by_their_text_and_never_like_another_chunk_of_the_page() -> None:
    chunk = one_chunk(f"# Run\n\n{prose(1, 20)}")
    parts = halve(chunk)
    assert halve(chunk) == parts
    again = halve(chunk, {part.id for part in parts})
    assert [part.id for part in again] == [f"{part.id}-2" for part in parts]
    for part in parts:
        assert re.fullmatch(r"conf-42-[0-9a-f]{16}", part.id)
        assert str(part.metadata["content_hash"]).startswith(part.id[8:])
        assert part.metadata | {"content_hash": ""} == dict(chunk.metadata) | {"content_hash": ""}


@pytest.mark.slow
@settings(max_examples=150)
@given(
    lines=st.lists(MARKDOWN_LINE, max_size=40),
    title=st.sampled_from(["T", "A title " * 60]),
)
def test_parts_are_smaller_and_no_letter_is_lost(lines: list[str], title: str) -> None:
    for chunk in chunks_of("\n".join(lines), 500, 30, title=title):
        parts = halve(chunk)
        assert bool(parts) == (chunk.tokens >= 32)
        for part in parts:
            assert part.tokens == count_tokens(part.text) <= chunk.tokens * 3 // 4
        if parts:
            letters = Counter(filter(str.isalnum, chunk.text))
            kept = Counter(filter(str.isalnum, "".join(part.text for part in parts)))
            assert not letters - kept, parts
