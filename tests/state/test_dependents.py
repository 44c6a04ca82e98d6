"""What the ledger keeps of dependent pages: replaced with the page, and forgotten with it."""

from pipeline.records import IncludedPage
from pipeline.state import Dependent, Dependents, Include, open_memory_ledger

FETCHED = "2026-06-15T02:00:00.000Z"
INCLUDES = (
    Include(IncludedPage("rules", "ki"), "7 1 2026-01-05T08:00:00.000Z"),
    Include(IncludedPage(id="9"), ""),
    Include(IncludedPage("rules", "ki", content_type="blogpost"), ""),
    Include(IncludedPage("rules", "ki", "9"), ""),
)


def test_what_a_page_depends_on_is_replaced_and_forgotten_with_it() -> None:
    ledger = open_memory_ledger()
    dependents = Dependents(ledger)
    for page_id in "12":
        ledger.record_page(page_id, "T", "digest", "")
        dependents.record(Dependent(page_id, FETCHED, True, INCLUDES * 2))
    dependents.record(Dependent("1", FETCHED, False, INCLUDES[:1]))
    assert list(dependents.list_all()) == [Dependent("1", FETCHED), Dependent("2", FETCHED, True)]
    assert sorted(dependents.list_includes(), key=str) == sorted(
        [("1", INCLUDES[0]), *(("2", include) for include in INCLUDES)], key=str
    )
    dependents.record(Dependent("1", FETCHED))
    assert [dependent.page_id for dependent in dependents.list_all()] == ["2"]
    ledger.forget_page("2")
    dependents.forget_deleted()
    assert not list(dependents.list_all())
    assert not list(dependents.list_includes())


def test_a_pending_page_keeps_its_metadata() -> None:
    ledger = open_memory_ledger()
    ledger.record_page("1", "T", "digest", "metadata")
    Dependents(ledger).make_pending(["1", "unknown"])
    page = ledger.page("1")
    assert page
    assert (page.digest, page.metadata_digest) == ("", "metadata")
    assert ledger.page("unknown") is None
