"""Windows: how much of a text well-known embedding models read."""

from __future__ import annotations

import math

# Word pieces that a model reads of a text; the rest does not reach the vector. From the models'
# own configurations (`max_seq_length`), names without their owner.
_WINDOWS = {
    "all-minilm-l6-v2": 256,
    "all-minilm-l12-v2": 128,
    "all-mpnet-base-v2": 384,
    "all-distilroberta-v1": 512,
    "paraphrase-minilm-l6-v2": 128,
    "paraphrase-multilingual-minilm-l12-v2": 128,
    "paraphrase-multilingual-mpnet-base-v2": 128,
    "multi-qa-minilm-l6-cos-v1": 512,
    "multi-qa-mpnet-base-dot-v1": 512,
    "bge-small-en-v1.5": 512,
    "bge-base-en-v1.5": 512,
    "bge-large-en-v1.5": 512,
    "bge-m3": 8192,
    "e5-small-v2": 512,
    "e5-base-v2": 512,
    "e5-large-v2": 512,
    "multilingual-e5-small": 512,
    "multilingual-e5-base": 512,
    "multilingual-e5-large": 512,
    "gte-small": 512,
    "gte-base": 512,
    "gte-large": 512,
    "mxbai-embed-large-v1": 512,
    "granite-embedding-30m-english": 512,
    "granite-embedding-125m-english": 512,
    "snowflake-arctic-embed-m": 512,
    "snowflake-arctic-embed-l-v2.0": 8192,
    "nomic-embed-text-v1": 8192,
    "nomic-embed-text-v1.5": 8192,
    "text-embedding-ada-002": 8191,
    "text-embedding-3-small": 8191,
    "text-embedding-3-large": 8191,
}
_ASSUMED_WINDOW = 512  # of a model not in the table: what most open models read
_WORD_PIECES_PER_TOKEN = 1.16  # WordPiece against cl100k_base on technical wiki pages, measured
# The same for nine of ten chunks of these pages: the others are split when they are refused.
_MOST_WORD_PIECES_PER_TOKEN = 1.28
_SMALLEST, _LARGEST = 64, 8192  # what CHUNK_TOKENS may be


def known_window(model_id: str) -> int | None:
    """Return how many word pieces a model reads; None where the model is not in the table.

    The owner is optional: `sentence-transformers/all-MiniLM-L6-v2` is `all-MiniLM-L6-v2`.
    """
    return _WINDOWS.get(model_id.rsplit("/", 1)[-1].lower())


def fitting_tokens(model_id: str) -> int:
    """Return how many tokens of a text a model reads: its window in `cl100k_base` tokens."""
    window = known_window(model_id) or _ASSUMED_WINDOW
    return max(_SMALLEST, min(_LARGEST, int(window / _WORD_PIECES_PER_TOKEN)))


def accepted_tokens(limit: int) -> int:
    """Return how many tokens a chunk may have for a server that refuses more than `limit`.

    `limit` is in the model's own tokens, of which code and tables have more than prose.
    """
    return max(_SMALLEST, int(limit / _MOST_WORD_PIECES_PER_TOKEN))


def to_word_pieces(chunk_tokens: int) -> int:
    """Return how many of a model's own tokens nearly every chunk of `chunk_tokens` fits into."""
    return math.ceil(chunk_tokens * _MOST_WORD_PIECES_PER_TOKEN)
