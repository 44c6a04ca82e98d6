"""Which pages failed in the latest runs: counted until they are complete, or gone."""

from pathlib import Path

from pipeline.state import add_failures, load_failures, open_ledger


def test_failures_are_counted_by_run_until_a_page_is_complete_or_gone(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite3"
    with open_ledger(path) as ledger:
        add_failures(ledger, ["1", "2", "3"])
    with open_ledger(path) as ledger:
        add_failures(ledger, ["1", "2"])
        assert load_failures(ledger) == {"1": 2, "2": 2, "3": 1}
        ledger.add_pending([("1", "Title")])
        ledger.begin_page("1", "Title", "digest")
        assert load_failures(ledger)["1"] == 2
        ledger.record_page("1", "Title", "digest", "digest")
        ledger.forget_page("3")
        assert load_failures(ledger) == {"2": 2}
    with open_ledger(path) as ledger:
        ledger.forget_everything()
        assert load_failures(ledger) == {}
