"""Which pages failed in the latest runs, and how often: they are fetched after all others."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.state.ledger import Ledger


def load_failures(ledger: Ledger) -> dict[str, int]:
    """Return page id → in how many runs the page has failed since it was last complete."""
    return dict(ledger.connection.execute("SELECT page_id, times FROM failures").fetchall())


def add_failures(ledger: Ledger, page_ids: Iterable[str]) -> None:
    """Record that these pages failed in this run.

    The ledger forgets it once a page is recorded as complete, or as deleted.
    """
    with ledger.together():
        ledger.connection.executemany(
            "INSERT INTO failures VALUES (?, 1) "
            "ON CONFLICT (page_id) DO UPDATE SET times = times + 1",
            ((page_id,) for page_id in page_ids),
        )
