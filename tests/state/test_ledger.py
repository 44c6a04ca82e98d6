"""The ledger: what is known survives, what is damaged or taken is said."""

import multiprocessing
import os
import sqlite3
from pathlib import Path

import pytest

from pipeline.records import Chunk, StoredChunk
from pipeline.state import MIXED, HeldPage
from pipeline.state.ledger import Ledger, LedgerError
from pipeline.state.ledger_file import open_copy, open_ledger, open_memory_ledger
from tests.support.forking import fork


def chunk(page: str, name: str) -> Chunk:
    return Chunk(f"conf-{page}-{name}", page, f"text {name}", 2, {})


def states(ledger: Ledger, page: str) -> dict[str, str]:
    return {held.stored.id: held.state for held in ledger.chunks(page)}


def test_a_chunk_is_known_before_it_is_sent_and_stored_once_confirmed(tmp_path: Path) -> None:
    a, b = chunk("1", "a"), chunk("1", "b")
    with open_ledger(tmp_path / "l.sqlite3") as ledger:
        ledger.expect([a, b])
        ledger.confirm({a.id: "1"}, {a.id: "file-1"})
    with open_ledger(tmp_path / "l.sqlite3") as ledger:
        assert states(ledger, "1") == {a.id: "stored", b.id: "sent"}
        ledger.unsend([b])
        assert states(ledger, "1") == {a.id: "stored"}


def test_a_page_that_was_admitted_stays_pending_until_it_is_recorded(tmp_path: Path) -> None:
    with open_ledger(tmp_path / "l.sqlite3") as ledger:
        ledger.add_pending([("1", "Title")])
    with open_ledger(tmp_path / "l.sqlite3") as ledger:
        assert ledger.pages()["1"].digest == ""
        ledger.record_page("1", "Title", "d1", "f1")
        ledger.add_pending([("1", "Title")])
        assert ledger.pages()["1"].digest == "d1"


def test_a_recorded_page_without_a_chunk_is_not_one_that_the_store_holds(tmp_path: Path) -> None:
    with open_ledger(tmp_path / "l.sqlite3") as ledger:
        ledger.add_pending([("1", "Pending"), ("2", "With text"), ("3", "Empty")])
        ledger.expect([chunk("2", "a"), chunk("2", "b")])
        ledger.record_page("2", "With text", "d2", "f2")
        ledger.record_page("3", "Empty", "d3", "f3")
        assert (len(ledger.pages()), ledger.count_held()) == (3, 2)
        assert [ledger.may_hold(page) for page in ("1", "2", "3")] == [False, True, False]


def test_the_pages_left_out_are_those_of_the_last_complete_listing(tmp_path: Path) -> None:
    with open_ledger(tmp_path / "l.sqlite3") as ledger:
        assert ledger.left_out() is None
        ledger.leave_out([("1", "2026-01-01"), ("2", "2026-01-02")])
        ledger.leave_out([("2", "2026-01-02")])
    with open_ledger(tmp_path / "l.sqlite3") as ledger:
        assert ledger.left_out() == {"2": "2026-01-02"}
        ledger.leave_out(())
        assert ledger.left_out() == {}
        ledger.forget_everything()
        assert ledger.left_out() is None


def test_a_second_run_on_the_same_ledger_is_refused(tmp_path: Path) -> None:
    with (
        open_ledger(tmp_path / "l.sqlite3"),
        pytest.raises(LedgerError, match="another run"),
        open_ledger(tmp_path / "l.sqlite3"),
    ):
        pass


def _hold_and_die(path: Path) -> None:
    with open_ledger(path) as ledger:
        ledger.set_about(x="y")
        os._exit(9)


def test_a_killed_run_leaves_no_lock_behind(tmp_path: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(
        target=_hold_and_die, args=(tmp_path / "l.sqlite3",)
    )
    process.start()
    process.join()
    assert process.exitcode == 9
    with open_ledger(tmp_path / "l.sqlite3") as ledger:
        assert ledger.get_about("x") == "y"


@pytest.mark.parametrize("damage", [b"not a database, but long enough to be looked at" * 9, None])
def test_a_damaged_ledger_is_an_error_and_stays_as_it_is(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "l.sqlite3"
    with open_ledger(path) as ledger:
        ledger.add_pending((str(number), "title " * 20) for number in range(2000))
    if damage is None:
        content = bytearray(path.read_bytes())
        content[4096 : 4096 * 3] = os.urandom(4096 * 2)
        damage = bytes(content)
    path.write_bytes(damage)
    with pytest.raises(LedgerError, match="damaged"), open_ledger(path):
        pass
    assert path.read_bytes() == damage


def test_a_ledger_of_another_schema_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.executescript("CREATE TABLE x (y); PRAGMA user_version = 99;")
    connection.close()
    with pytest.raises(LedgerError, match="schema version 99"), open_ledger(path):
        pass


def test_a_folder_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(LedgerError, match="STATE_DIR cannot be written"),
        open_ledger(tmp_path / "file" / "l.sqlite3"),
    ):
        pass


def test_the_scratch_database_ends_with_the_run_and_begins_empty(tmp_path: Path) -> None:
    scratch = tmp_path / "l.scratch"
    scratch.write_text("of a run that was killed")
    with open_ledger(tmp_path / "l.sqlite3") as ledger:
        ledger.scratch.execute("CREATE TABLE x (y)")
        assert scratch.exists()
    assert not scratch.exists()


def test_a_scratch_database_that_cannot_be_made_is_reported(tmp_path: Path) -> None:
    (tmp_path / "l.scratch").mkdir()
    with (
        pytest.raises(LedgerError, match=r"STATE_DIR cannot be written: .*l\.scratch"),
        open_ledger(tmp_path / "l.sqlite3"),
    ):
        pass


def test_temporary_files_of_a_dry_run_that_cannot_be_written_are_reported(tmp_path: Path) -> None:
    def fill(ledger: Ledger) -> None:
        ledger.scratch.execute("PRAGMA max_page_count = 2")
        ledger.scratch.execute("CREATE TABLE x AS SELECT zeroblob(100000)")

    with (
        pytest.raises(LedgerError, match=r"temporary files .* full"),
        open_copy(tmp_path / "l.sqlite3") as copy,
    ):
        fill(copy)


def test_a_dry_run_reads_the_ledger_that_a_killed_run_left_half_written(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite3"
    with open_ledger(path) as ledger:
        ledger.record_page("1", "Whole", "digest", "face")

    def fill_and_die() -> None:
        with open_ledger(path) as ledger:
            ledger.connection.execute("PRAGMA cache_size = 1")  # the file is written to at once
            ledger.connection.execute("BEGIN")
            for page in range(2_000):
                ledger.connection.execute(
                    "INSERT INTO pages VALUES (?, 'Half', 'digest', 'face')", (f"x{page}",)
                )
            os._exit(0)

    os.waitpid(fork(fill_and_die), 0)
    before = {one.name: one.read_bytes() for one in tmp_path.iterdir()}
    assert before["l.sqlite3-journal"]
    with open_copy(path) as copy:
        assert [page.title for page in copy.pages().values()] == ["Whole"]
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == before


def test_the_stores_own_list_replaces_the_ledgers() -> None:
    ledger = open_memory_ledger()
    for page in ("same", "less", "more"):
        ledger.confirm({f"{page}-1": page}, {f"{page}-1": f"file-{page}"})
        ledger.record_page(page, page, "digest", "face")
    ledger.expect([chunk("same", "crashed")])
    held = ledger.adopt(
        [
            StoredChunk("same-1", "same", "file-same"),
            StoredChunk("more-1", "more", "file-more"),
            StoredChunk("more-2", "more", "file-more-2"),
            StoredChunk("new-1", "new", "file-new"),
        ]
    )
    pages = ledger.pages()
    assert held == 4
    assert {page_id for page_id in pages if not pages[page_id].digest} == {
        "same", "less", "more", "new",
    }  # fmt: skip
    assert states(ledger, "same") == {"same-1": "stored"}


@pytest.mark.parametrize("handle", ["file-1", "filed-again"])
def test_an_unchanged_list_leaves_the_pages_recorded(handle: str) -> None:
    ledger = open_memory_ledger()
    ledger.confirm({"1-a": "1"}, {"1-a": "file-1"})
    ledger.record_page("1", "Title", "digest", "face")
    ledger.adopt([StoredChunk("1-a", "1", handle)])
    assert ledger.pages()["1"].digest == "digest"
    assert ledger.chunks("1")[0].stored.handle == handle


def test_a_lost_store_makes_every_page_pending_again() -> None:
    ledger = open_memory_ledger()
    ledger.confirm({"1-a": "1"}, {"1-a": "1-a"})
    ledger.record_page("1", "Title", "digest", "face")
    ledger.forget_chunks()
    assert ledger.pages()["1"].digest == ""
    assert ledger.chunks("1") == []


def test_a_dry_run_works_on_a_copy(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite3"
    with open_ledger(path) as ledger:
        ledger.add_pending([("1", "Title")])
    before = path.read_bytes()
    copy = open_memory_ledger(like=path)
    copy.forget_page("1")
    assert copy.pages() == {}
    assert path.read_bytes() == before


def test_a_lost_chunk_is_sent_again() -> None:
    ledger = open_memory_ledger()
    lost = chunk("1", "a")
    ledger.confirm({lost.id: "1"}, {lost.id: "x"})
    ledger.record_page("1", "Title", "digest", "face")
    ledger.mark_lost(lost)
    assert (ledger.chunks("1"), ledger.pages()["1"].digest) == ([], "")


def test_a_page_that_is_begun_is_pending_and_what_is_to_be_deleted_is_in_doubt() -> None:
    ledger = open_memory_ledger()
    ledger.confirm({"1-a": "1", "1-b": "1"}, {"1-a": "1-a", "1-b": "1-b"})
    ledger.record_page("1", "Title", "digest", "face")
    ledger.begin_page("1", "Title", "face", [StoredChunk("1-b", "1", "1-b")])
    assert ledger.pages()["1"] == HeldPage("Title", "", "face")
    assert states(ledger, "1") == {"1-a": "stored", "1-b": "sent"}


def test_an_outdated_chunk_that_may_not_be_stored_is_stale_but_still_in_doubt() -> None:
    ledger = open_memory_ledger()
    ledger.expect([chunk("1", "a")])
    ledger.begin_page("1", "Title", "face")
    assert list(ledger.stale()) == []  # of an unfinished page: it may be wanted
    ledger.outdate([StoredChunk("conf-1-a", "1")])
    ledger.record_page("1", "Title", "digest", "face")
    assert states(ledger, "1") == {"conf-1-a": "sent"}
    assert list(ledger.stale()) == [StoredChunk("conf-1-a", "1")]


def test_the_stores_list_shows_the_metadata_of_unknown_pages() -> None:
    ledger = open_memory_ledger()
    ledger.record_page("known", "Known", "digest", "face")
    ledger.confirm({"k": "known"}, {"k": "file-k"})
    listed = [
        ("k", "known", "x"),
        ("a", "1", "x"),
        ("b", "1", "x"),
        ("c", "2", "x"),
        ("d", "2", "y"),
    ]
    ledger.adopt(StoredChunk(name, page, f"file-{name}", about) for name, page, about in listed)
    found = {page_id: page.metadata_digest for page_id, page in ledger.pages().items()}
    assert found == {"known": "face", "1": "x", "2": MIXED}


def test_only_the_owner_can_read_the_ledger_its_journal_and_its_lock(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite3"
    path.touch(0o664)  # as earlier releases made it
    path.chmod(0o664)
    with open_ledger(path) as ledger, ledger.together():
        ledger.add_pending([("1", "Title")])
        modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    names = ("l.sqlite3", "l.sqlite3-journal", "l.lock", "l.scratch")
    assert modes == dict.fromkeys(names, 0o600)


def test_a_ledger_that_forgets_everything_has_no_row_in_any_table(tmp_path: Path) -> None:
    with open_ledger(tmp_path / "l.sqlite3") as ledger:
        tables = ledger.connection.execute(
            "SELECT name, (SELECT count(*) FROM pragma_table_info(sqlite_master.name)) "
            "FROM sqlite_master WHERE type = 'table'"
        ).fetchall()
        with ledger.together():
            for table, columns in tables:
                values = ", ".join(["'stored'"] * columns)
                ledger.connection.execute(f"INSERT INTO {table} VALUES ({values})")
        ledger.forget_everything()
        left = [
            table
            for table, _ in tables
            if ledger.connection.execute(f"SELECT 1 FROM {table}").fetchone()
        ]
    assert tables
    assert left == []
