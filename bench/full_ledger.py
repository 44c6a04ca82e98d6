"""A ledger that knows every page of the wide site, as after many nights: pages and chunks."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

from bench.wide_site import ADDRESS, to_id, to_ref, to_title
from pipeline.run.plan import Digests, to_conversion_digest
from pipeline.settings import load_settings

CHUNKS_A_PAGE = 5


def fill(path: Path, environ: Mapping[str, str], pages: int) -> None:
    """Add unchanged pages and their chunks to a ledger that a run with these settings has made."""
    digests = Digests(to_conversion_digest(load_settings("sync", environ)), ADDRESS)

    def rows() -> Iterator[tuple[str, str, str, str]]:
        for number in range(pages):
            yield to_id(number), to_title(number), digests.of(to_ref(number)), "0" * 16

    def chunks() -> Iterator[tuple[str, str, str, str]]:
        for number in range(pages):
            page = to_id(number)
            for place in range(CHUNKS_A_PAGE):
                chunk_id = f"conf-{page}-{place:016x}"
                yield page, chunk_id, chunk_id, "stored"

    with closing(sqlite3.connect(path)) as ledger, ledger:
        ledger.executemany("INSERT INTO pages VALUES (?, ?, ?, ?)", rows())
        ledger.executemany("INSERT INTO chunks VALUES (?, ?, ?, ?)", chunks())
