"""The rules of the histories: what happens between runs, and how runs go wrong."""

from collections.abc import Callable, Mapping, Sequence
from math import inf
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    precondition,
    rule,
)

from demo.confluence_site import faults
from tests.faults.model.nights import Nights
from tests.faults.model.stores import Kind
from tests.support.vector_api import Fault

TITLES = st.sampled_from(["Alpha", "Beta", "Gamma", "Delta"])
TEXTS = st.lists(
    st.sampled_from(["one red fox", "two blue birds", "three green frogs", "four grey wolves"]),
    min_size=0, max_size=4,
)  # fmt: skip
LABELS = st.sets(st.sampled_from(["keep", "other"]))
SPACE_KEYS = st.sampled_from(["KI", "OPS"])
SIZES = st.sampled_from([{}, {"CHUNK_TOKENS": "150", "CHUNK_OVERLAP": "0"}])
ALL_TYPES = {"CONTENT_TYPES": "pages,blogposts"}
SCOPES: dict[str, dict[str, str]] = {
    "one space": {"SPACE_NAME": "Known Issues"},
    "two spaces": ALL_TYPES,
    "restricted": {"SPACE_NAME": "Known Issues", "RESTRICTED_PAGES": "skip", **ALL_TYPES},
    "labels": {"SPACE_NAME": "Known Issues", "LABELS": "keep", **ALL_TYPES},
    "aged": {"SPACE_NAME": "Known Issues", "LABELS": "keep", "SINCE_HOURS": "24", **ALL_TYPES},
}
OTHER_SCOPES: list[dict[str, str]] = [
    {"LABELS": "keep"},
    {"LABELS": ""},
    {"SPACE_NAME": ""},
    {"CONTENT_TYPES": "pages"},
    ALL_TYPES,
]
SITE_FAULTS: list[Callable[[], faults.Fault]] = [
    faults.reset,
    faults.truncated_json,
    faults.login_page,
    lambda: faults.server_error(500),
    lambda: faults.server_error(503),
    lambda: faults.rate_limited("0"),
    lambda: faults.error(403),
    lambda: faults.error(404),
    faults.repeated_cursor,
]
API_FAULTS: list[dict[str, Any]] = [
    {"status": 500},
    {"status": 500, "stored": "half"},
    {"status": 504, "stored": "all"},
    {"status": 400},
    {"status": 413},
    {"answer": "reset", "stored": "all"},
    {"answer": "cut"},
    {"answer": "stop", "stored": "all"},
    {"status": 500, "on": "delete"},
    {"status": 503, "on": "query"},
]


class History(RuleBasedStateMachine):
    """A site that changes between runs that fail, are killed, or succeed."""

    pages = Bundle("pages")
    kind: ClassVar[Kind]
    opens: ClassVar[type[Nights]] = Nights
    scopes: ClassVar[Sequence[str]] = tuple(SCOPES)
    table: ClassVar[Mapping[str, dict[str, str]]] = SCOPES
    nights: Nights

    @initialize(target=pages, data=st.data(), title=TITLES, texts=TEXTS)
    def begin(self, data: st.DataObject, title: str, texts: list[str]) -> str:
        self.nights = self.opens(self.kind, self.table[data.draw(st.sampled_from(self.scopes))])
        self.site = self.nights.site
        return self.site.add(title, texts, {"keep"})

    def teardown(self) -> None:
        if not hasattr(self, "nights"):
            return
        try:
            self.nights.check_that_one_clean_run_repairs_everything()
        finally:
            self.nights.close()

    # the site

    @rule(target=pages, title=TITLES, texts=TEXTS, labels=LABELS)
    def add(self, title: str, texts: list[str], labels: set[str]) -> str:
        return self.site.add(title, texts, labels, parent=self.site.home)

    @rule(target=pages, title=TITLES, texts=TEXTS, labels=LABELS)
    def post(self, title: str, texts: list[str], labels: set[str]) -> str:
        return self.site.add(title, texts, labels, content_type="blogpost")

    @rule(page=pages, texts=TEXTS)
    def edit(self, page: str, texts: list[str]) -> None:
        self.site.edit(page, texts)

    @rule(page=pages, texts=TEXTS, title=TITLES)
    def include(self, page: str, texts: list[str], title: str) -> None:
        self.site.edit(page, texts, included=("page", title))

    @rule(target=pages, page=pages, texts=TEXTS, title=TITLES)
    def include_a_new_blog_post(self, page: str, texts: list[str], title: str) -> str:
        self.nights.expect_late_text_without_blog_posts()
        self.site.edit(page, texts, included=("blogpost", title))
        return self.site.add(title, texts, {"keep"}, content_type="blogpost")

    @rule(page=pages, texts=TEXTS)
    def edit_and_delete_an_earlier_version(self, page: str, texts: list[str]) -> None:
        self.site.renumber(page, texts)

    @rule(page=pages, title=TITLES)
    def rename(self, page: str, title: str) -> None:
        self.site.rename(page, title)

    @rule(page=pages, space=SPACE_KEYS)
    def move(self, page: str, space: str) -> None:
        self.site.state.move(page, space=space)
        self.site.render()

    @rule(page=pages, labels=LABELS)
    def label(self, page: str, labels: set[str]) -> None:
        self.site.state.set_labels(page, labels)

    @rule(page=pages, takes_out=st.sampled_from(["archive", "trash", "hide"]))
    def take_out(self, page: str, takes_out: str) -> None:
        self.site.take_out(page, takes_out)

    @rule(page=pages, viewers=st.sampled_from([["somebody"], []]))
    def restrict(self, page: str, viewers: list[str]) -> None:
        self.site.state.restrict(page, users=viewers)

    @rule(page=pages)
    def bring_back(self, page: str) -> None:
        self.site.state.restore(page)
        self.site.state.unhide(page)
        self.site.render()

    @rule(page=consumes(pages))
    def purge(self, page: str) -> None:
        self.site.purge(page)

    @rule(hours=st.sampled_from([-30, 1, 26, 80, 200]))
    def move_the_clock(self, hours: int) -> None:
        self.site.move_clock(hours)

    @rule()
    def let_the_search_index_lag(self) -> None:
        self.site.state.index_lag_seconds = inf

    @rule(page=pages)
    def break_a_page(self, page: str) -> None:
        self.nights.break_page(page)

    @rule()
    def mend(self) -> None:
        self.site.mend()

    # runs

    @rule()
    def run(self) -> None:
        self.nights.check(self.nights.sync(), 1, 3, 4)

    @rule()
    def run_while_nothing_is_visible(self) -> None:
        self.site.state.hide(self.site.home)
        self.nights.check(self.nights.sync(), 1, 3, 4)
        self.site.state.unhide(self.site.home)

    @rule(fault=st.sampled_from(SITE_FAULTS), after=st.integers(0, 8), times=st.integers(1, 9))
    def run_with_a_site_that_fails(
        self, fault: Callable[[], faults.Fault], after: int, times: int
    ) -> None:
        self.nights.sync_with_site_fault(fault(), after, times)

    @rule(fault=st.sampled_from(API_FAULTS), times=st.integers(1, 9))
    def run_with_a_vector_api_that_fails(self, fault: dict[str, Any], times: int) -> None:
        self.nights.sync_with_api_fault(Fault(**fault, times=times))

    @precondition(lambda self: not self.kind.can_list)
    @rule()
    def run_while_the_index_of_the_store_lags(self) -> None:
        self.nights.sync_while_the_index_lags()

    @rule(after=st.integers(1, 30))
    def kill_a_run(self, after: int) -> None:
        self.nights.kill(after, writes_only=False)

    @rule(after=st.integers(1, 4))
    def kill_a_run_between_writes(self, after: int) -> None:
        self.nights.kill(after, writes_only=True)

    # settings

    @rule(size=SIZES)
    def change_the_chunk_size(self, size: dict[str, str]) -> None:
        self.nights.size = size

    @rule(size=SIZES, after=st.integers(1, 4))
    def kill_a_run_with_a_setting_that_is_put_back(self, size: dict[str, str], after: int) -> None:
        with self.nights.other_settings(**size):
            self.nights.kill(after, writes_only=True)

    @rule(page=pages, after=st.integers(1, 4))
    def kill_a_run_while_a_page_is_away(self, page: str, after: int) -> None:
        before = self.site.state.pages[page].space
        self.move(page, "OPS" if before == "KI" else "KI")
        self.nights.kill(after, writes_only=True)
        self.move(page, before)

    @rule(scope=st.sampled_from(OTHER_SCOPES))
    def run_with_another_scope(self, scope: dict[str, str]) -> None:
        with self.nights.other_settings(**scope):
            self.nights.check(self.nights.sync(), 1, 3, 4)

    @precondition(lambda self: self.nights.can_shard)
    @rule(count=st.integers(2, 3), first=st.integers(0, 1))
    def run_with_another_shard_count(self, count: int, first: int) -> None:
        self.nights.sync_in_shards(count, first)

    @rule(variant=st.sampled_from(["vector_stores", "dash", "underscore"]))
    def run_with_another_variant(self, variant: str) -> None:
        may_run = self.nights.store or not self.kind.is_real
        if variant != self.kind.variant and may_run:
            assert self.nights.sync(VECTOR_API_VARIANT=variant).code in (2, 5)

    # What is lost. No precondition asks whether there is a store: whether a run that was killed has
    # made one depends on its threads, and a history must have the same rules each time.

    @rule()
    def copy_the_ledger(self) -> None:
        self.nights.folder.keep_copy()

    @precondition(lambda self: self.nights.can_lose_ledger)
    @rule()
    def lose_the_ledger(self) -> None:
        self.nights.lose_ledger()

    @precondition(lambda self: self.nights.can_lose_ledger)
    @rule()
    def restore_the_copy_of_the_ledger(self) -> None:
        self.nights.restore_ledger()

    @precondition(lambda self: not self.kind.is_real)
    @rule()
    def empty_the_store(self) -> None:
        self.nights.empty_store()

    @precondition(lambda self: self.nights.can_lose_index and not self.kind.is_real)
    @rule()
    def empty_the_index_of_the_store(self) -> None:
        self.nights.lose_index()

    @precondition(lambda self: not self.nights.is_aged)
    @rule()
    def delete_the_store(self) -> None:
        self.nights.delete_store()

    @precondition(lambda self: self.kind.form == "dash")
    @rule()
    def restart_a_server_that_forgets_vectors(self) -> None:
        self.nights.forget_vectors()

    @precondition(lambda self: self.kind.form == "files" and not self.kind.is_real)
    @rule(number=st.integers(0, 9), has_upload=st.booleans())
    def lose_a_file(self, number: int, has_upload: bool) -> None:
        self.nights.lose_file(number, has_upload=has_upload)
