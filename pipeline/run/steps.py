"""The loop that both programs share: what each step of a run does.

A program gives the steps in their order; `pipeline.run.execute.execute` opens a `Run`, calls the
program with it, and turns what happens into the report and the exit code.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property

from pipeline import chunk as chunk_stage
from pipeline import markdown as markdown_stage
from pipeline import report as told
from pipeline.fetch import ConfluenceError, Site
from pipeline.records import Chunk, Markdown, Outcome, Page, PageRef
from pipeline.report import Progress, Report, TooManyFailuresError, to_short
from pipeline.run.collection import Collection
from pipeline.run.plan import Plan, diff, show_plan, to_digest
from pipeline.run.prefetch import PAGES_A_REQUEST, Bodies
from pipeline.run.scope import Scope
from pipeline.run.stop import Stop, StoppedError
from pipeline.run.threads import in_parallel
from pipeline.run.writer import Writer
from pipeline.settings import Settings
from pipeline.state import LedgerError
from pipeline.upsert import VectorApiError

log = logging.getLogger(__name__)
FIRST_SHARD_SECONDS = 20


class Run:
    """One run: its two ends, its ledger, and the steps between them."""

    def __init__(
        self, settings: Settings, site: Site, collection: Collection, report: Report, stop: Stop
    ) -> None:
        self.settings, self.collection = settings, collection
        self.report, self.stop = report, stop
        self._scope = Scope(settings, site, collection, report, stop)
        self._fingerprint = to_fingerprint(settings)
        self._bodies = Bodies(site, settings.own_workers)
        self._unknown_macros: Counter[str] = Counter()
        self._hidden: Counter[str] = Counter()  # page → characters that no reader sees

    # connect and list

    def connect(self) -> None:
        """Prove the credentials, resolve the spaces, find or make the collection."""
        self._scope.resolve()
        self._warn_of_window()
        if self.settings.reset:
            self.collection.reset()
        if self.settings.shard_index and self.collection.sink.can_list:
            self._let_first_shard_make_the_store()
        self.collection.open()

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
        return self._scope.list_pages(self._bodies.foresee)

    # plan

    def plan(self, listed: Sequence[PageRef]) -> Plan:
        """Compare what is listed with what the ledger knows."""
        ledger, settings = self.collection.ledger, self.settings
        plan = diff(
            ledger.pages(),
            listed,
            lambda ref: to_digest(ref, self._fingerprint),
            self._scope.to_admission(),
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
            show_plan(plan, self._scope.confirm_deletions(plan.delete), ledger.pages())
        if settings.update_strategy == "rotate" and not settings.dry_run:
            return self._plan_rotation(plan, listed)
        ledger.want((ref.id, ref.title) for ref in plan.new)
        self.report.pages["unchanged"] += plan.unchanged
        return plan

    def _plan_rotation(self, plan: Plan, listed: Sequence[PageRef]) -> Plan:
        """Everything anew into a fresh store, unless nothing has changed."""
        doomed = self._scope.confirm_deletions(plan.delete)
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
        with contextlib.closing(Progress(len(refs), settings.log_format)) as progress:
            for fetched in in_parallel(
                self._bodies.fetch, batches, settings.own_workers, self.stop
            ):
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
        for page_id in self._scope.confirm_deletions(plan.delete):
            self.stop.check()
            self._writer.delete_page(page_id)

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
            self._scope.remember()
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
