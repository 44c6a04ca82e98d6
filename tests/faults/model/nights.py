"""The nights of one history: runs, what is lost between them, and what one clean run must leave."""

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from demo.confluence_site.faults import Fault as SiteFault
from pipeline.state import open_copy
from tests.faults.model.folders import StateFolder
from tests.faults.model.site import ChangingSite
from tests.faults.model.stores import (
    READERS_FILTER_BY,
    Kind,
    Row,
    find_active,
    lose_file,
    lose_files,
    read_rows,
)
from tests.support.killing import sync_and_stop
from tests.support.program import Ended, environment, load_report, sync_now
from tests.support.vector_api import Fault, VectorApi

REFRESH_HOURS = 168
OLD = timedelta(days=300)


class Nights:
    """One site, one server and one folder."""

    def __init__(self, kind: Kind, scope: dict[str, str]) -> None:
        self.kind, self.scope = kind, scope
        self.is_aged = "SINCE_HOURS" in scope
        self.size: dict[str, str] = {}  # settings that change between runs
        self.site = ChangingSite(OLD if self.is_aged else timedelta())
        self.folder = StateFolder()
        self.api = kind.serve().start()
        self.complete = (0,) if kind.can_delete else (0, 7)  # exit codes without failures
        self._was_late = False  # some text may be old for REFRESH_HOURS
        self._orphans: set[str] = set()  # chunks that a lost or older ledger did not know
        self._is_behind = False  # the ledger was put back, and may not know what the store lost
        self._has_lost_text = kind.can_delete
        self._has_lost_ledger = self._has_lost_index = False
        if self.is_aged:  # the date decides in the first run only, which has no page but one
            self.check(self.sync())

    def close(self) -> None:
        self.api.stop()
        self.site.close()
        self.folder.close()

    # runs

    def environ(self, **more: str) -> dict[str, str]:
        if not self.kind.has_volume:
            self.folder.lose()
        return self._to_environ(self.api, self.folder.path) | more

    def _to_environ(self, api: VectorApi, folder: Path) -> dict[str, str]:
        own = {"MAX_DELETE_PERCENT": "100", "BATCH_SIZE": "3", "WORKERS": "2"}
        own |= {"REFRESH_HOURS": str(REFRESH_HOURS), **self.scope, **self.size}
        return environment(self.site.server, api.base_url, folder, **own)

    def sync(self, **more: str) -> Ended:
        ended = sync_now(self.environ(**more))
        self.api.start()  # where a fault has stopped it
        self.api.settle()
        return ended

    def check(self, ended: Ended, *failures: int) -> None:
        assert ended.code in (*self.complete, *failures), ended.report

    def sync_with_site_fault(self, fault: SiteFault, after: int, times: int) -> None:
        self._was_late = True
        self.site.server.fail("", fault, after=after, times=times)
        self.check(self.sync(), 1, 3, 4)
        self.site.restore_faults()

    def sync_with_api_fault(self, fault: Fault) -> None:
        self.api.faults = [fault]
        self.check(self.sync(), 1, 3, 4, 5)
        self.api.faults = []

    def sync_while_the_index_lags(self) -> None:
        """Sync while no chunk of this run is found."""
        self.api.lag_seconds = 60.0
        self.check(self.sync(), 1, 3, 4)
        self.api.lag_seconds = 0.0

    def kill(self, after: int, *, writes_only: bool, signum: int = signal.SIGKILL) -> None:
        """Kill a run after some requests, or after some that change the store."""
        api, site = self.api, self.site.server

        def seen() -> int:
            return self.count_writes() if writes_only else len(api.log) + len(site.requests)

        sync_and_stop(self.environ(), seen, after, signum)
        api.settle()

    def count_writes(self) -> int:
        return self.api.count("insert") + self.api.count("delete")

    def sync_in_shards(self, count: int, first: int) -> None:
        for index in range(first, count):
            shard = {"SHARD_INDEX": str(index), "SHARD_COUNT": str(count)}
            self.check(self.sync(**shard), 1, 3, 4)

    @contextmanager
    def other_settings(self, **settings: str) -> Iterator[None]:
        before, self.scope = self.scope, self.scope | settings
        yield
        self.scope = before

    # what is lost

    def break_page(self, page: str) -> None:
        self._was_late = True
        self.site.break_page(page)

    def expect_late_text_without_blog_posts(self) -> None:
        """Where blog posts are not listed, what a page shows of them is late."""
        self._was_late |= "blogposts" not in self.scope.get("CONTENT_TYPES", "")

    def lose_ledger(self) -> None:
        self._has_lost_ledger = True
        self._note_orphans()
        self.folder.lose()

    def restore_ledger(self) -> None:
        self._has_lost_ledger = True
        self._note_orphans()
        self._is_behind |= self.folder.restore_copy() and self._has_lost_text

    def _note_orphans(self) -> None:
        for store in self.api.identifiers():
            self._orphans |= self.api.documents(store).keys()

    @property
    def can_lose_ledger(self) -> bool:
        """Without it, the metadata of a store of files hold one date for all that was left out."""
        return not (self.is_aged and self.kind.can_list) and not self._has_lost_index

    @property
    def can_lose_index(self) -> bool:
        """What a list shows and no query finds, is noticed by the titles in the ledger."""
        return self.kind.can_list and self.kind.has_volume and not self._has_lost_ledger

    @property
    def can_shard(self) -> bool:
        """A shard that has lost its ledger takes the store for that of another shard."""
        return not (self.kind.can_list or (self.is_aged and self._has_lost_ledger))

    @property
    def store(self) -> str:
        return find_active(self.api, self.folder.path)

    def empty_store(self) -> None:
        can_list = self.kind.can_list
        self._lose_text(lose_files if can_list else lambda api, store: api.empty(store))

    def lose_index(self) -> None:
        """Empty what queries find, not the list of files."""
        self._has_lost_index = True
        if store := self.store:
            self.api.empty(store)

    def delete_store(self) -> None:
        self._lose_text(lambda api, store: api.drop(store))

    def forget_vectors(self) -> None:
        """Restart a server that lists its stores afterwards, and cannot read them."""
        self._lose_text(lambda api, store: api.lose_vectors(store))

    def _lose_text(self, lose: Callable[[VectorApi, str], object]) -> None:
        if store := self.store:
            self._has_lost_text = True
            lose(self.api, store)

    def lose_file(self, number: int, *, has_upload: bool) -> None:
        if store := self.store:
            lose_file(self.api, store, number, has_upload=has_upload)

    # the end

    def check_that_one_clean_run_repairs_everything(self) -> None:
        self.site.mend()
        if self._was_late:
            self.site.move_clock(REFRESH_HOURS + 1)
        before = self._list_recorded()
        self.check(self.sync())
        is_trusted = self._is_behind and not self.kind.can_list
        self._compare(before & self._list_recorded() if is_trusted else set())
        again = self.sync()
        assert (again["chunks"]["inserted"], again["chunks"]["deleted"]) == (0, 0)
        assert self.site.server.writes == []

    def _list_recorded(self) -> set[tuple[str, str]]:
        """Return (page id, digest) of what the ledger has."""
        path = self.folder.path / "sync.sqlite3"
        if not path.exists():
            return set()
        with open_copy(path) as ledger:
            return {(page_id, page.digest) for page_id, page in ledger.pages().items()}

    def _compare(self, unchanged: set[tuple[str, str]]) -> None:
        """Compare with a first run; what an older ledger takes for `unchanged` may lack text."""
        # Without LABELS, a label is changed with the next edit.
        names = (*READERS_FILTER_BY, *(["labels"] if self.scope.get("LABELS") else []))
        wanted = self._ingest_afresh(names)
        held = self.read(self.api, self.folder.path, names)
        report = load_report({"REPORT_FILE": str(self.folder.path / "report.json")})
        stale = {row["chunk_id"] for row in report["stale"]}
        orphans = set() if self.kind.can_list else self._orphans
        trusted = {page_id for page_id, digest in unchanged if digest}
        missing, extra = wanted.keys() - held.keys(), held.keys() - wanted.keys()
        assert not {name for name in missing if name.split("-")[1] not in trusted}, "missing"
        assert extra <= stale | orphans, extra - stale - orphans
        assert not stale & wanted.keys(), "stale, and wanted"
        if self.kind.can_delete:
            for name in wanted.keys() & held.keys() - orphans:
                assert held[name] == wanted[name]

    def _ingest_afresh(self, names: Sequence[str]) -> dict[str, Row]:
        with self.kind.serve() as fresh:
            folder = self.folder.make_other()
            environ = self._to_environ(fresh, folder) | {"SINCE_HOURS": "0"}
            assert sync_now(environ).code == 0
            return self.read(fresh, folder, names)

    def read(self, api: VectorApi, folder: Path, names: Sequence[str]) -> dict[str, Row]:
        return read_rows(api, folder, names)
