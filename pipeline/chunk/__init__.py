"""A page's Markdown as chunks that can each be read alone: `split(page, markdown, …)`.

Sections, pieces and packing decide where chunks end; tokens are counted with `cl100k_base`.
`known_window` and `fitting_tokens` are what an embedding model reads, `auto_tokens` the limit where
CHUNK_TOKENS is auto; `accepted_tokens` and `to_word_pieces` convert the limit of a server that
refuses longer texts, and `halve` splits a chunk that was refused all the same. `VERSION` changes
with the chunks of a page.
"""

from pipeline.chunk.split import VERSION, halve, split
from pipeline.chunk.tokens import count_tokens
from pipeline.chunk.windows import (
    accepted_tokens,
    auto_tokens,
    fitting_tokens,
    known_vocabulary,
    known_window,
    to_word_pieces,
)

__all__ = [
    "VERSION",
    "accepted_tokens",
    "auto_tokens",
    "count_tokens",
    "fitting_tokens",
    "halve",
    "known_vocabulary",
    "known_window",
    "split",
    "to_word_pieces",
]
