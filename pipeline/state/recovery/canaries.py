"""Pages of earlier runs that are looked up in the store, and what follows where it lacks them."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.state.ledger import Ledger


def choose_pages(ledger: Ledger, count: int) -> list[tuple[str, str]]:
    """Return (page id, title) of pages with stored chunks, others at each call."""
    rows = ledger.connection.execute(
        "SELECT page_id, title FROM pages WHERE title != '' AND EXISTS (SELECT 1 FROM chunks "
        "WHERE chunks.page_id = pages.page_id AND state = 'stored') ORDER BY random() LIMIT ?",
        (count,),
    )
    return [(page_id, title) for page_id, title in rows]


def holds(ledger: Ledger, page_id: str, chunk_id: str) -> bool:
    """Return whether the ledger knows the chunk, whatever its state."""
    found = ledger.connection.execute(
        "SELECT 1 FROM chunks WHERE page_id = ? AND chunk_id = ?", (page_id, chunk_id)
    )
    return found.fetchone() is not None


def doubt_pages(ledger: Ledger, page_ids: Iterable[str]) -> None:
    """Make pages pending whose stored chunks may be lost: each is looked up before it is sent."""
    with ledger.together():
        for page_id in page_ids:
            ledger.connection.execute(
                "UPDATE chunks SET state = 'sent' WHERE page_id = ? AND state = 'stored'",
                (page_id,),
            )
            ledger.connection.execute("UPDATE pages SET digest = '' WHERE page_id = ?", (page_id,))


def renew_everything(ledger: Ledger) -> None:
    """Make every page pending so that each of its chunks is stored again, then the old deleted."""
    with ledger.together():
        ledger.connection.execute("UPDATE pages SET digest = '', face = '?'")
