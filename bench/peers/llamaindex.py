"""One whole sync with LlamaIndex: `python -m bench.peers.llamaindex SITE VECTOR_API`.

As its documentation shows: `ConfluenceReader(…).load_data(space_key=…)`, then its sentence
splitter. Prints the number of chunks.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator

import tiktoken
from llama_index.core.node_parser import SentenceSplitter
from llama_index.readers.confluence import ConfluenceReader

from bench.peers.store import CHUNK_OVERLAP, CHUNK_TOKENS, ENCODING, insert


def load_chunks(site: str) -> Iterator[tuple[str, str, dict[str, str]]]:
    """All current pages of the space, in chunks."""
    reader = ConfluenceReader(base_url=site, user_name="demo@example.com", password="demo-token")
    splitter = SentenceSplitter(
        chunk_size=CHUNK_TOKENS,
        chunk_overlap=CHUNK_OVERLAP,
        tokenizer=tiktoken.get_encoding(ENCODING).encode,
    )
    numbers: Counter[str] = Counter()
    pages = reader.load_data(space_key="KI", page_status="current")
    for node in splitter.get_nodes_from_documents(pages):
        page = node.ref_doc_id
        numbers[page] += 1
        metadata = {name: str(value) for name, value in node.metadata.items()}
        yield f"{page}-{numbers[page]}", node.get_content(), metadata


if __name__ == "__main__":
    print(insert(sys.argv[2], load_chunks(sys.argv[1])))
