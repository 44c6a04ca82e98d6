"""Windows: how much of a text an embedding model reads, in tokens of `cl100k_base`.

`known_window` is the server's or the table's, in the model's own word pieces. `fitting_tokens` are
what the model reads, `auto_tokens` the limit where CHUNK_TOKENS is auto, `served_tokens` what
chunks are cut for. `accepted_tokens` and `to_word_pieces` convert the limit of a server that
refuses longer texts.
"""

from pipeline.chunk.windows.fitting import (
    accepted_tokens,
    auto_tokens,
    fitting_tokens,
    served_tokens,
    to_word_pieces,
)
from pipeline.chunk.windows.table import known_vocabulary, known_window

__all__ = [
    "accepted_tokens",
    "auto_tokens",
    "fitting_tokens",
    "known_vocabulary",
    "known_window",
    "served_tokens",
    "to_word_pieces",
]
