"""How many tokens of a text a model reads, by its window, its vocabulary and the text's script."""

from __future__ import annotations

import math

from pipeline.chunk.windows.script import Script, main_script
from pipeline.chunk.windows.table import Vocabulary, find_model, known_window

# Of a model that neither the server's list nor the table has: what most open models read.
_ASSUMED = 512
# Word pieces of a token of `cl100k_base`. The first is measured on technical wiki pages in English
# (prose alone: 1.0 for all-MiniLM-L6-v2, 1.13 for multilingual-e5-small). Multilingual vocabularies
# have 0.2 to 0.65 for other scripts, as that encoding has few words of these: a chunk of as many
# tokens has fewer word pieces and says less than in English, and is not made larger.
_WORD_PIECES_PER_TOKEN = 1.16
_OF_SCRIPTS = {
    (Vocabulary.ENGLISH_WORDS, Script.CYRILLIC): 1.8,  # measured, as the next
    (Vocabulary.ENGLISH_WORDS, Script.HANGUL): 1.4,
    (Vocabulary.ENGLISH_BYTES, Script.CYRILLIC): 2.0,  # estimated: a piece for one or two bytes
    (Vocabulary.ENGLISH_BYTES, Script.HANGUL): 2.0,
    (Vocabulary.ENGLISH_BYTES, Script.OTHER): 2.0,
}
# The same for nine of ten chunks of these pages: the others are split when they are refused.
_MOST_WORD_PIECES_PER_TOKEN = 1.28
_SMALLEST, _LARGEST = 64, 8192  # what CHUNK_TOKENS may be
_LARGEST_AUTO = 1000  # the default of CHUNK_TOKENS
# What chunks are cut for is no more than this window: a model that reads more does not find more.
_LARGEST_SERVED = 512


def fitting_tokens(model_id: str, text: str = "", listed: int | None = None) -> int:
    """Return how many tokens a model reads of a text in this text's main script.

    `listed` is the window that the server lists, see `known_window`.
    """
    return _to_tokens(model_id, known_window(model_id, listed) or _ASSUMED, text)


def auto_tokens(model_id: str, text: str = "", listed: int | None = None) -> int:
    """Return the limit of chunks where CHUNK_TOKENS is auto."""
    return min(_LARGEST_AUTO, fitting_tokens(model_id, text, listed))


def served_tokens(model_id: str, text: str = "", listed: int | None = None) -> int:
    """Return the tokens that chunks are cut for: what the model reads, or less."""
    window = known_window(model_id, listed) or _ASSUMED
    return _to_tokens(model_id, min(_LARGEST_SERVED, window), text)


def accepted_tokens(limit: int) -> int:
    """Return how many tokens a chunk may have for a server that refuses more than `limit`.

    `limit` is in the model's own tokens, of which code and tables have more than prose.
    """
    return max(_SMALLEST, int(limit / _MOST_WORD_PIECES_PER_TOKEN))


def to_word_pieces(chunk_tokens: int) -> int:
    """Return how many of a model's own tokens nearly every chunk of `chunk_tokens` fits into."""
    return math.ceil(chunk_tokens * _MOST_WORD_PIECES_PER_TOKEN)


def _to_tokens(model_id: str, window: int, text: str) -> int:
    model = find_model(model_id)
    vocabulary = model.vocabulary if model else Vocabulary.ENGLISH_WORDS
    pieces = _OF_SCRIPTS.get((vocabulary, main_script(text)), _WORD_PIECES_PER_TOKEN)
    return max(_SMALLEST, min(_LARGEST, int(window / pieces)))
