"""The store's list in the place of the ledger's: page by page, whatever its size."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.records import StoredChunk
from pipeline.state import open_ledger, open_memory_ledger
from tests.support.memory import measure_peak

CHUNKS_A_PAGE = 5
BYTES_OF_AN_ID = 56


def listed(pages: int) -> Iterator[StoredChunk]:
    """Chunks in an order in which a page's are far apart."""
    for place in range(CHUNKS_A_PAGE):
        for page in range(pages):
            yield StoredChunk(f"conf-{page}-{place}", str(page), f"file-{page}-{place}", "digest")


def measure(pages: int, folder: Path) -> int:
    """Return the peak in bytes of adopting a list for the first time and again."""
    with open_ledger(folder / f"{pages}.sqlite3") as ledger:

        def adopt_twice() -> None:
            for _ in range(2):
                assert ledger.adopt(listed(pages)) == CHUNKS_A_PAGE * pages

        peak = measure_peak(adopt_twice)
        assert len(ledger.pages()) == pages
    return peak


@pytest.mark.slow
def test_the_memory_of_adopting_a_list_does_not_grow_with_it(tmp_path: Path) -> None:
    few, many = measure(100, tmp_path), measure(8_100, tmp_path)
    assert many - few < 0.3 * BYTES_OF_AN_ID * CHUNKS_A_PAGE * 8_000


def test_an_unchanged_list_changes_nothing() -> None:
    ledger = open_memory_ledger()
    ledger.adopt(listed(3))
    for page in range(3):
        ledger.record_page(str(page), "Title", "digest", "face")
    changes: list[str] = []
    ledger.connection.set_trace_callback(changes.append)
    ledger.adopt(listed(3))
    ledger.connection.set_trace_callback(None)
    assert [change for change in changes if change.startswith(("DELETE", "INSERT INTO"))] == []
    assert {page.digest for page in ledger.pages().values()} == {"digest"}


def test_a_page_with_fewer_chunks_and_one_with_none_are_pending() -> None:
    ledger = open_memory_ledger()
    ledger.adopt(listed(3))
    for page in range(3):
        ledger.record_page(str(page), "Title", "digest", "face")
    left = [c for c in listed(3) if c.page_id == "0" or c.id == "conf-1-3"]
    assert ledger.adopt(left) == CHUNKS_A_PAGE + 1
    assert [page.digest for page in ledger.pages().values()] == ["digest", "", ""]
    assert [len(ledger.chunks(str(page))) for page in range(3)] == [CHUNKS_A_PAGE, 1, 0]
