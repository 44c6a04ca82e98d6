"""The loop that both programs share: what each step of a run does.

A program gives the steps in their order; `pipeline.ending.execute` opens a `Run`, calls the
program with it, and turns what happens into the report and the exit code.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property

from pipeline import chunk as chunk_stage
from pipeline import markdown as markdown_stage
from pipeline import report as told
from pipeline.bodies import PAGES_A_REQUEST, Bodies
from pipeline.collection import Collection
from pipeline.fetch import ConfluenceError, CredentialsError, Site, Space
from pipeline.ledger import LedgerError
from pipeline.parallel import in_parallel
from pipeline.plan import Plan, diff, is_in_shard, show_plan, to_digest
from pipeline.records import Chunk, Markdown, Outcome, Page, PageRef
from pipeline.report import Progress, Report, TooManyFailuresError
from pipeline.settings import Settings
from pipeline.showable import to_short
from pipeline.stop import Stop, StoppedError
from pipeline.upsert import VectorApiError
from pipeline.writer import Writer

log = logging.getLogger("confluence")
GUARDED_FROM = 10  # the delete guard never trips where fewer pages are known
FIRST_SHARD_SECONDS = 20
SKEW = timedelta(hours=1)  # Confluence's clocks against each other


class DeleteGuardError(Exception):
    """More would be deleted than MAX_DELETE_PERCENT allows; nothing was."""


class Run:
    """One run: its two ends, its ledger, and the steps between them."""

    def __init__(
        self, settings: Settings, site: Site, collection: Collection, report: Report, stop: Stop
    ) -> None:
        self.settings, self.site, self.collection = settings, site, collection
        self.report, self.stop = report, stop
        self._began = site.now()
        self._fingerprint = to_fingerprint(settings)
        self._bodies = Bodies(site, max(1, settings.workers // settings.shard_count))
        self._spaces: list[Space] = []
        self._restricted: set[str] = set()
        self._unknown_macros: Counter[str] = Counter()
        self._hidden: Counter[str] = Counter()  # page → characters that no reader sees

    # connect and list

    def connect(self) -> None:
        """Prove the credentials, resolve the spaces, find or make the collection."""
        self._spaces = self._list_spaces()
        self._began = self.site.now()  # before the listing, by the clock that dates the pages
        log.info("spaces: %s", ", ".join(f"{space.key} ({space.name})" for space in self._spaces))
        self._warn_of_window()
        if self.settings.reset:
            self.collection.reset()
        if self.settings.shard_index and self.collection.sink.can_list:
            self._let_first_shard_make_the_store()
        self.collection.open()

    def _list_spaces(self) -> list[Space]:
        """The account and the spaces are asked for at once; a refused account is told first."""

        def check() -> list[Space]:
            self.site.check_credentials()
            return []

        questions = (check, self.site.list_spaces)
        workers = min(len(questions), self.settings.workers)
        *_, spaces = in_parallel(lambda ask: ask(), questions, workers, self.stop)
        return spaces

    def _let_first_shard_make_the_store(self) -> None:
        """Pods that start together would make a store each: names are not unique there."""
        patience = FIRST_SHARD_SECONDS + 5 * self.settings.shard_index
        deadline = time.monotonic() + patience
        while not self.collection.sink.look_up() and time.monotonic() < deadline:
            self.stop.event.wait(1.0)
            self.stop.check()

    def _warn_of_window(self) -> None:
        """Say once what the embedding model does not read of a chunk that fills the limit."""
        settings = self.settings
        window = chunk_stage.known_window(settings.embedding_model_id)
        if window and settings.chunk_tokens and settings.chunk_tokens > window:
            log.warning(
                "%s reads %d word pieces, about %d tokens, and CHUNK_TOKENS=%d allows more: long "
                "sections are cut near that size, what cannot be cut is embedded by its beginning "
                "(CHUNK_TOKENS=auto makes it the limit)",
                settings.embedding_model_id, window,
                chunk_stage.fitting_tokens(settings.embedding_model_id), settings.chunk_tokens,
            )  # fmt: skip

    def list_pages(self) -> list[PageRef]:
        """Every page in scope that is this run's share: complete, or an error."""
        refs = self._ask(lambda: self.site.list_pages(self._spaces, self._to_foresight()))
        self._refuse_emptiness(refs)
        members = self._ask(lambda: self.site.list_members(self._spaces))
        if members is not None:
            labels = members if self.settings.labels else {}
            refs = [replace(ref, labels=labels.get(ref.id)) for ref in refs if ref.id in members]
            if not refs and not self.collection.ledger.pages():
                raise CredentialsError(
                    "no page is in scope of LABELS and FILTER_FOLDER_ID: check their spelling"
                )
        if self.settings.restricted_pages == "skip":
            self._restricted = self._ask(lambda: self.site.list_restricted(self._spaces))
            self._remember_restricted(self._restricted | self._restricted_before())
            refs = [ref for ref in refs if ref.id not in self._restricted]
        refs = [ref for ref in refs if self._is_ours(ref)]
        self.report.pages["listed"] = len(refs)
        return refs

    def _to_foresight(self) -> Callable[[PageRef], None] | None:
        """What the listing calls with each page; None where more than the listing decides."""
        settings = self.settings
        if settings.labels or settings.filter_folder_id or settings.restricted_pages == "skip":
            return None
        # Asked now: the listing's thread does not read the ledger.
        known, is_admitted = self.collection.ledger.pages(), self._to_admission()

        def foresee(ref: PageRef) -> None:
            if ref.id not in known and self._is_ours(ref) and is_admitted(ref):
                self._bodies.foresee(ref)

        return foresee

    def _is_ours(self, ref: PageRef) -> bool:
        return is_in_shard(ref.id, self.settings.shard_index, self.settings.shard_count)

    def _to_admission(self) -> Callable[[PageRef], bool]:
        """Whether a page that is not known yet comes in: a recent one, or one kept out till now."""
        oldest, freed = self._oldest_admitted, self._restricted_before()
        return lambda ref: not ref.modified or ref.modified >= oldest or ref.id in freed

    def _restricted_before(self) -> set[str]:
        """Pages that earlier runs skipped; lifting a restriction does not change when modified."""
        return set(self.collection.ledger.get_about("restricted").split())

    def _remember_restricted(self, page_ids: Iterable[str]) -> None:
        self.collection.ledger.set_about(restricted=" ".join(sorted(page_ids)))

    def _refuse_emptiness(self, refs: Sequence[PageRef]) -> None:
        """A space that was asked for by name and lists nothing is an error, not an empty space."""
        listed = {ref.space for ref in refs}
        named = self.settings.space_name or self.settings.filter_space_keys
        empty = [space.key for space in self._spaces if space.key not in listed]
        if empty and (named or not refs):
            raise CredentialsError(
                f"no page is listed in {', '.join(empty)}: nothing is changed, because that may "
                "also mean that the account cannot read them; check the space and its permissions"
            )

    def _ask[Answer](self, question: Callable[[], Answer]) -> Answer:
        """Ask Confluence in a thread of its own: a hanging answer does not hold up a stop."""
        return next(in_parallel(lambda ask: ask(), [question], 1, self.stop))

    # plan

    def plan(self, listed: Sequence[PageRef]) -> Plan:
        """Compare what is listed with what the ledger knows."""
        ledger, settings = self.collection.ledger, self.settings
        plan = diff(
            ledger.pages(),
            listed,
            lambda ref: to_digest(ref, self._fingerprint),
            self._to_admission(),
        )
        log.info(
            "plan: %d listed: %d new, %d changed, %d unchanged, %d known but not listed",
            len(listed), len(plan.new), len(plan.changed), plan.unchanged, len(plan.delete),
        )  # fmt: skip
        if plan.outside:
            self.report.warn(
                f"{plan.outside} older pages stay outside the collection "
                f"(SINCE_HOURS={settings.since_hours:g}): SINCE_HOURS=0 once takes them in"
            )
        if settings.dry_run:
            show_plan(plan, self._confirm_deletions(plan), ledger.pages())
        if settings.update_strategy == "rotate" and not settings.dry_run:
            return self._plan_rotation(plan, listed)
        ledger.want((ref.id, ref.title) for ref in plan.new)
        self.report.pages["unchanged"] += plan.unchanged
        return plan

    @cached_property
    def _oldest_admitted(self) -> str:
        """From when on an unknown page comes in, as ISO 8601 in UTC; empty: whenever.

        A fresh store (rotation) is always built in full.
        """
        if not self.settings.since_hours or self.settings.update_strategy == "rotate":
            return ""
        oldest = self._began - timedelta(hours=self.settings.since_hours)
        if last := self.collection.ledger.get_about("complete_run_began"):
            oldest = min(oldest, datetime.fromisoformat(last) - SKEW)
        else:
            log.info(
                "no complete run before this one: pages come in if modified within the last %g "
                "hours; SINCE_HOURS=0 takes in all", self.settings.since_hours,
            )  # fmt: skip
        return oldest.strftime("%Y-%m-%dT%H:%M:%S")

    def _plan_rotation(self, plan: Plan, listed: Sequence[PageRef]) -> Plan:
        """Everything anew into a fresh store, unless nothing has changed."""
        doomed = self._confirm_deletions(plan)
        is_true = not (plan.upsert or doomed or self.collection.ledger.count("stale"))
        if is_true or self.collection.sink.opened_new:
            self.report.pages["unchanged"] += plan.unchanged
            return plan
        self.collection.begin_rotation()
        return Plan(tuple(listed), (), 0, (), 0)

    # fetch, convert, chunk, upsert

    def fetch(self, plan: Plan) -> Iterator[Page]:
        """The planned pages with their bodies, fetched ahead by WORKERS threads."""
        settings = self.settings
        refs = plan.upsert
        batches = [refs[i : i + PAGES_A_REQUEST] for i in range(0, len(refs), PAGES_A_REQUEST)]
        workers = max(1, settings.workers // settings.shard_count)
        with contextlib.closing(Progress(len(refs), settings.log_format)) as progress:
            for fetched in in_parallel(self._bodies.fetch, batches, workers, self.stop):
                for page in fetched:
                    self.stop.check()
                    if isinstance(page, Page):
                        self.report.passed(page.ref.id, "fetch")
                        yield page
                    else:
                        self.report.fail(page)
                    progress.advance()

    @contextlib.contextmanager
    def one_page(self, page: Page) -> Iterator[None]:
        """What goes wrong with one page is that page's failure, told with its traceback.

        What the error says is left to the log: it may quote the page.
        """
        try:
            yield
            self.report.passed(page.ref.id, "convert")
        except (StoppedError, TooManyFailuresError, ConfluenceError, VectorApiError, LedgerError):
            raise
        except Exception as error:
            if error is self._writer.error:
                raise  # it concerns every page: a full disk, say
            log.exception("page %s", page.ref.id)
            self.report.fail(Outcome(page.ref.id, page.ref.title, "convert", to_short(error)))

    def to_markdown(self, page: Page) -> Markdown:
        """The page's Markdown; its storage format is used where Confluence could not render it."""
        markdown = self._bodies.to_markdown(page)
        for warning in markdown.warnings:
            self.report.warn(f"page {page.ref.id} {page.ref.title!r}: {warning}")
        self._unknown_macros.update(markdown.unknown_macros)
        if markdown.hidden_characters:
            self._hidden[f"page {page.ref.id} {page.ref.title!r}"] = markdown.hidden_characters
        return markdown

    def split(self, page: Page, markdown: Markdown) -> list[Chunk]:
        """The page's chunks, each of which stands on its own."""
        settings = self.settings
        return chunk_stage.split(
            markdown_stage.to_seen(page),
            markdown,
            settings.chunk_tokens,
            settings.chunk_overlap,
            settings.embedding_model_id,
        )

    def upsert(self, page: Page, chunks: Sequence[Chunk]) -> None:
        """Hand the page to the writer: new chunks in, old ones out, recorded."""
        self._writer.put(page, to_digest(page.ref, self._fingerprint), chunks)

    # prune, verify, finish

    def prune(self, plan: Plan) -> None:
        """Delete the pages that are no longer there, once everything new is in."""
        self._writer.finish()
        if self.collection.is_rotating:
            return
        for page_id in self._confirm_deletions(plan):
            self.stop.check()
            self._writer.delete_page(page_id)

    def _confirm_deletions(self, plan: Plan) -> list[str]:
        """Of the pages that are not listed, those that are really out of scope.

        Raises `DeleteGuardError` when they are too many.
        """
        if not plan.delete:
            return []
        known = self.collection.ledger.pages()
        self._ask(self.site.check_credentials)
        asked = [page_id for page_id in plan.delete if page_id not in self._restricted]
        gone = self._ask(lambda: self.site.confirm_missing(asked, self._spaces)) | (
            self._restricted & set(plan.delete)
        )
        for page_id in asked:
            if page_id not in gone:
                self.report.warn(
                    f"page {page_id} {known[page_id].title!r} is missing from the listing, yet it "
                    "is there: kept"
                )
        limit = self.settings.max_delete_percent
        if len(known) >= GUARDED_FROM and 100 * len(gone) > limit * len(known):
            raise DeleteGuardError(
                f"{len(gone)} of {len(known)} known pages would be deleted, more than "
                f"MAX_DELETE_PERCENT={limit}: nothing was deleted. If that is right, run once "
                "with MAX_DELETE_PERCENT=100"
            )
        return sorted(gone)

    def verify(self) -> None:
        """Find a sample of what this run wrote by query: servers answer 200 to lost inserts."""
        settings, collection = self.settings, self.collection
        sample = [c for c in self._writer.sample if not self.report.has_failed(c.page_id)]
        if not settings.verify or settings.dry_run or not sample:
            return
        found = collection.sink.find(sample)
        log.info("verified: %d of %d sampled chunks are found", len(found), len(sample))
        titles = {page_id: page.title for page_id, page in collection.ledger.pages().items()}
        for chunk in sample:
            if chunk.id in found:
                continue
            collection.ledger.lost(chunk)
            with contextlib.suppress(TooManyFailuresError):  # all is written: tell them all
                error = f"the server confirmed chunk {chunk.id}, but does not find it"
                self.report.fail(Outcome(chunk.page_id, titles[chunk.page_id], "verify", error))

    def finish(self) -> None:
        """Publish the collection, answer VERIFY_QUERY, and remember a complete run."""
        collection, settings = self.collection, self.settings
        if self._unknown_macros:
            names = ", ".join(f"{name} ({n})" for name, n in self._unknown_macros.most_common())
            self.report.warn(f"macros without a rule of their own, their text was kept: {names}")
        if self._hidden:
            most = ", ".join(f"{page} ({n})" for page, n in self._hidden.most_common(5))
            self.report.warn(
                f"text that no reader sees was dropped: {self._hidden.total()} characters on "
                f"{len(self._hidden)} pages, most of it on {most}"
            )
        if self.report.failures:
            collection.abandon_rotation()
        else:
            collection.publish()
            collection.ledger.set_about(complete_run_began=self._began.isoformat())
            self._remember_restricted(self._restricted)
        self.report.stale = collection.ledger.stale()
        if settings.verify_query and not settings.dry_run:
            told.show_hits(settings.verify_query, collection.sink.query(settings.verify_query, 3))

    @cached_property
    def _writer(self) -> Writer:
        """Made with the first page: by then a rotation has chosen the ledger."""
        return Writer(self.collection, self.report, self.settings.batch_size, self.stop)

    def abandon(self) -> None:
        """The run ends early: save what is done, leave the old collection answering."""
        if "_writer" in vars(self):
            self._writer.abandon()
        self.collection.abandon_rotation()


def to_fingerprint(settings: Settings) -> str:
    """Converter, chunker and what they are set to: when it changes, pages are refreshed."""
    facts = [
        markdown_stage.VERSION,
        chunk_stage.VERSION,
        settings.chunk_tokens,
        settings.chunk_overlap,
        settings.embedding_model_id,  # its window decides how long sections are cut
    ]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]
