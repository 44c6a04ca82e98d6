"""Any text: within the limit, no word lost, none made up, in order."""

import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.chunk.tokens import count_tokens
from tests.support.chunks import chunks_of

pytestmark = pytest.mark.slow

WORD = re.compile(r"\w+")


MARKDOWN_LINE = st.one_of(
    st.sampled_from(
        [
            "",
            "",
            "# Top",
            "## Below it",
            "###### deep",
            "#",
            "```",
            "````yaml",
            "~~~",
            "  ```",
            "---",
        ]
    ),
    st.sampled_from(
        ["| a | b |", "|---|---|", "| c \\| d | e<br>f |", "> quoted", ">", "> - in it"]
    ),
    st.sampled_from(
        ["- item", "  - inner", "1. first", "   more of it", "- ```", "- - - x", "\t- y"]
    ),
    st.text(max_size=60).map(
        lambda text: re.sub(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]", " ", text)
    ),
    st.integers(0, 400).map(lambda number: f"Sentence {number}. " * (number % 40)),
    st.integers(0, 3000).map("x".__mul__),
)


@settings(max_examples=150)
@given(
    lines=st.lists(MARKDOWN_LINE, max_size=40),
    limit=st.sampled_from([64, 65, 100, 256, 1000]),
    overlap=st.sampled_from([0, 30, 32]),
    title=st.sampled_from(["T", "A title " * 60]),
)
def test_no_word_is_lost_and_no_chunk_is_over_the_limit(
    lines: list[str], limit: int, overlap: int, title: str
) -> None:
    text = "\n".join(lines)
    chunks = chunks_of(text, limit, overlap, title=title)
    for chunk in chunks:
        assert chunk.tokens == count_tokens(chunk.text) <= limit
        assert chunk.text.strip()
    assert len({chunk.id for chunk in chunks}) == len(chunks)
    letters = Counter("".join(WORD.findall(text)))
    kept = Counter("".join(WORD.findall("\n".join(chunk.text for chunk in chunks))))
    assert not letters - kept
    made_up = set(kept) - set(letters) - set(title)
    assert not made_up


@settings(max_examples=60)
@given(
    sections=st.lists(
        st.tuples(st.integers(1, 4), st.lists(st.integers(1, 60), min_size=1, max_size=5)),
        min_size=1,
        max_size=8,
    ),
    limit=st.sampled_from([64, 120, 300, 1000]),
)
def test_words_keep_their_order(sections: list[tuple[int, list[int]]], limit: int) -> None:
    number = 0
    blocks = []
    for level, lengths in sections:
        blocks.append(f"{'#' * level} H")
        for length in lengths:
            blocks.append(" ".join(f"w{number + at}." for at in range(length)))
            number += length
    chunks = chunks_of("\n\n".join(blocks), limit, 0)
    assert re.findall(r"w\d+", "\n".join(chunk.text for chunk in chunks)) == [
        f"w{at}" for at in range(number)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "x" * 1_000_000,
        "# " + "heading " * 3000 + "\n\ntext",
        "| " + "cell " * 5000 + " |\n|---|\n| a |",
        "```" + "y" * 5000 + "\ncode\n```",
        "- " * 5000 + "deep",
        "> " * 2000 + "deep",
        "🙂" * 20_000,
        "\n".join("  " * depth + f"- level {depth}" for depth in range(200)),
        "```\n" + "no end\n" * 500,
        "| a | b |\n|---|---|\n| x | y<br>```" + "info " * 500 + " |",
        "| a | b |\n|---|---|\n| x | ```<br>" + "no end<br>" * 500 + " |",
        "| name " * 500 + "|\n" + "|---" * 500 + "|",
        "| name " * 500 + "|\n" + "|---" * 500 + "|\n| a | b |\n| c",
    ],
    ids=[
        *("line", "heading", "header", "language", "items", "quotes", "emoji", "nested", "open"),
        *("cell's language", "open in a cell", "header alone", "header and no rows"),
    ],
)
@pytest.mark.parametrize("limit", [64, 1000])
def test_extremes_are_cut_within_the_limit(text: str, limit: int) -> None:
    chunks = chunks_of(text, limit, 32)
    assert max(chunk.tokens for chunk in chunks) <= limit
    letters = Counter(filter(str.isalnum, text))
    assert not letters - Counter("".join(chunk.text for chunk in chunks))


def test_a_long_table_takes_time_in_proportion() -> None:
    rows = "\n".join(f"| {number} | row |" for number in range(50_000))
    chunks = chunks_of("| Number | What |\n|---|---|\n" + rows)
    assert sum(chunk.text.count("row |") for chunk in chunks) == 50_000
