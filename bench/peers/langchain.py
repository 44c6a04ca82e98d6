"""One whole sync with LangChain: `python -m bench.peers.langchain SITE VECTOR_API [checked]`.

As its documentation shows: `ConfluenceLoader(…).load()`, then the recursive splitter by tokens.
`checked`: with its default of asking for every page's restrictions; without, all pages are taken,
as `sync.py` does by default. Prints the number of chunks.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator

from langchain_community.document_loaders import ConfluenceLoader
from langchain_community.document_loaders.confluence import ContentFormat
from langchain_text_splitters import RecursiveCharacterTextSplitter

from bench.peers.store import CHUNK_OVERLAP, CHUNK_TOKENS, ENCODING, insert


def load_chunks(site: str, *, checked: bool) -> Iterator[tuple[str, str, dict[str, str]]]:
    """All pages of the space, as Markdown, in chunks."""
    loader = ConfluenceLoader(
        url=site,
        username="demo@example.com",
        api_key="demo-token",
        space_key="KI",
        include_restricted_content=not checked,
        content_format=ContentFormat.EXPORT_VIEW,  # what the others read
        keep_markdown_format=True,
        max_pages=1_000_000,  # by default it ends at 1,000 without a word
    )
    splitter = RecursiveCharacterTextSplitter.from_tiktoken_encoder(
        ENCODING, chunk_size=CHUNK_TOKENS, chunk_overlap=CHUNK_OVERLAP
    )
    numbers: Counter[str] = Counter()
    for chunk in splitter.split_documents(loader.load()):
        page = chunk.metadata["id"]
        numbers[page] += 1
        metadata = {name: str(chunk.metadata[name]) for name in ("id", "title", "source")}
        yield f"{page}-{numbers[page]}", chunk.page_content, metadata


if __name__ == "__main__":
    print(insert(sys.argv[2], load_chunks(sys.argv[1], checked="checked" in sys.argv)))
