"""The types of what a ledger knows: recorded for what is no page, while the ledger knows it."""

from pipeline.records import PageRef, StoredChunk
from pipeline.state import ContentTypes, Ledger, open_memory_ledger
from tests.support.site_pages import to_listing

PAGE, POST = PageRef("1", 1, "Page", "KI"), PageRef("2", 1, "Post", "KI", content_type="blogpost")


def remembering(*refs: PageRef) -> Ledger:
    ledger = open_memory_ledger()
    ledger.add_pending((ref.id, ref.title) for ref in refs)
    ContentTypes(ledger).remember(to_listing(refs))
    return ledger


def rows(ledger: Ledger) -> list[tuple[str, str]]:
    return ledger.connection.execute("SELECT * FROM content_types").fetchall()


def test_only_other_types_than_pages_are_recorded() -> None:
    ledger = remembering(PAGE, POST)
    assert rows(ledger) == [("2", "blogpost")]
    assert ContentTypes(ledger).known(["1", "2", "3"]) == {"1": "page", "2": "blogpost"}
    assert [ContentTypes(ledger).of(page_id) for page_id in "123"] == ["page", "blogpost", "page"]


def test_what_is_listed_as_a_page_now_is_one() -> None:
    ledger = remembering(PAGE, POST)
    ContentTypes(ledger).remember(to_listing([PAGE, PageRef("2", 1, "Post", "KI")]))
    assert rows(ledger) == []


def test_a_type_is_kept_while_the_ledger_knows_the_page() -> None:
    ledger = remembering(PAGE, POST)
    ContentTypes(ledger).remember(to_listing([PAGE]))
    assert rows(ledger) == [("2", "blogpost")]
    ledger.forget_page("2")
    ContentTypes(ledger).remember(to_listing([PAGE]))
    assert rows(ledger) == []


def test_the_type_of_what_only_the_store_lists_is_unknown() -> None:
    ledger = open_memory_ledger()
    ledger.adopt([StoredChunk("conf-9-a", "9")])
    assert ContentTypes(ledger).known(["9"]) == {}
