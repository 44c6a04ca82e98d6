"""How long real servers take to store, replace and delete chunks: `python -m bench.stores`.

Usage: python -m bench.stores [CHUNKS [VARIANT [SERVER …]]]

Prints one row for each server and variant: seconds for the first night (CHUNKS chunks of a hundred
words), for a night in which a tenth of them is replaced, and for one in which a tenth is deleted.
OGX 1.2.2 is configured as in OpenShift AI, with its database a millisecond away.
"""

import hashlib
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from itertools import batched
from typing import Any

from demo.servers import LlamaStack
from pipeline.http import Waiting
from pipeline.records import Chunk, StoredChunk
from pipeline.upsert import Sink
from pipeline.upsert.insertion.insert import insert_all
from tests.support.ogx_on_postgres import OgxOnPostgres
from tests.support.real_servers import LlamaStack07, OgxWithTables
from tests.support.sinks import to_sink

WORDS = [
    "node",
    "drain",
    "pod",
    "quota",
    "route",
    "token",
    "image",
    "volume",
    "secret",
    "cluster",
    "upgrade",
    "certificate",
]
MILLISECOND = 0.001
SERVERS: Mapping[str, tuple[Callable[[], Any], str]] = {
    "Llama Stack 0.2.23, faiss": (lambda: LlamaStack(provider="faiss"), "faiss"),
    "Llama Stack 0.7.3, sqlite-vec": (lambda: LlamaStack07(provider="sqlite-vec"), "sqlite-vec"),
    "OGX 1.2.2, pgvector": (OgxOnPostgres, "pgvector"),
    "OGX 1.5.0, sqlite-vec": (lambda: OgxWithTables(provider="sqlite-vec"), "sqlite-vec"),
    "OGX 1.5.0, faiss": (lambda: OgxWithTables(provider="faiss"), "faiss"),
}
VARIANTS = ("vector_stores", "dash")


def main(arguments: Sequence[str]) -> None:
    """Measure what the arguments name, or everything with 1,000 chunks."""
    count, *rest = arguments or ["1000"]
    variants = rest[:1] or VARIANTS
    print("| server | variant | first night | a tenth replaced | a tenth deleted |")
    print("|---|---|---:|---:|---:|")
    for name in rest[1:] or SERVERS:
        make, provider = SERVERS[name]
        with make() as server:
            if isinstance(server, OgxOnPostgres):
                server.database.seconds = MILLISECOND
            for variant in variants:
                print(f"| {name} | {variant} |", end="", flush=True)
                for seconds in measure(server.base_url, variant, provider, int(count)):
                    print(f" {seconds:.1f} s |", end="", flush=True)
                print()


def measure(base_url: str, variant: str, provider: str, count: int) -> Iterator[float]:
    """Yield the seconds of each night."""
    own = {"VECTOR_API_VARIANT": variant, "VECTOR_DB_PROVIDER": provider}
    with closing(to_sink(base_url, COLLECTION_ID=f"bench-{variant}", **own)) as sink:
        chunks = [to_chunk(number, 1) for number in range(count)]
        with timed() as seconds:
            handles = put(sink, chunks)
        yield seconds[0]
        tenth = chunks[: count // 10]
        with timed() as seconds:
            put(sink, [to_chunk(number, 2) for number in range(len(tenth))])
            if sink.can_delete:
                sink.delete([StoredChunk(one.id, one.page_id, handles[one.id]) for one in tenth])
        yield seconds[0]
        if sink.can_delete:
            gone = chunks[-(count // 10) :]
            with timed() as seconds:
                sink.delete([StoredChunk(one.id, one.page_id, handles[one.id]) for one in gone])
            yield seconds[0]


def put(sink: Sink, chunks: Sequence[Chunk]) -> dict[str, str]:
    """Store all chunks in batches of 100, as a run does."""
    handles: dict[str, str] = {}
    for batch in batched(chunks, 100):
        done = insert_all(sink, batch, Waiting())
        assert len(done.handles) == len(batch), (done.failed, done.too_long)
        handles |= done.handles
    return handles


def to_chunk(number: int, edition: int) -> Chunk:
    """Return a chunk of a hundred words that no other equals."""
    words = (WORDS[(number * 7 + n * n + edition) % len(WORDS)] for n in range(100))
    text = f"Page {number} > Part {edition}\n\n" + " ".join(words)
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    page = str(number // 5)
    metadata: dict[str, str | int] = {"page_id": page, "document_id": f"conf-{page}", "title": page}
    return Chunk(f"conf-{page}-{digest}", page, text, 110, metadata)


@contextmanager
def timed() -> Iterator[list[float]]:
    """Add the seconds of the block to the list."""
    seconds: list[float] = []
    began = time.monotonic()
    yield seconds
    seconds.append(time.monotonic() - began)


if __name__ == "__main__":
    main(sys.argv[1:])
