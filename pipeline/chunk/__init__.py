"""A page's Markdown as chunks that can each be read alone: `split(page, markdown, …)`.

Sections, pieces and packing decide where chunks end; tokens are counted with `cl100k_base`.
`known_window` and `fitting_tokens` are what an embedding model reads; `VERSION` changes with the
chunks of a page.
"""

from pipeline.chunk.split import VERSION, split
from pipeline.chunk.windows import fitting_tokens, known_window

__all__ = ["VERSION", "fitting_tokens", "known_window", "split"]
