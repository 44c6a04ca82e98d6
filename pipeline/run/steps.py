"""The steps of a run, which both programs call in their order.

A program's job gets a `Run` from `pipeline.run.execute`, which opens and closes both ends and turns
the result into the report and the exit code.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, partial
from itertools import chain

from pipeline import chunk as chunk_stage
from pipeline.fetch import ConfluenceError, Site
from pipeline.http import RetryPolicy
from pipeline.markdown import FileError
from pipeline.records import ATTACHMENT, COMMENT, Chunk, Markdown, Page, PageFailure, PageRef
from pipeline.report import Progress, Report, show_hits, to_short
from pipeline.run.admission import remember_listing
from pipeline.run.collection import Collection
from pipeline.run.convert import ConversionWarnings, PageBudget
from pipeline.run.deletions import Deletions
from pipeline.run.on_pages import Documents, count_characters
from pipeline.run.plan import (
    ChunkLimit,
    DependentPages,
    Digests,
    Plan,
    diff,
    log_plan,
    log_size,
)
from pipeline.run.read.fetching import Fetching, choose_examples
from pipeline.run.read.people import People
from pipeline.run.read.prefetch import Prefetch
from pipeline.run.rotation import Rotation, remove_superseded
from pipeline.run.scope import Scope
from pipeline.run.stop import Stop, StoppedError
from pipeline.run.store_memory import StoreMemory
from pipeline.run.verify import Canaries, Verification, answer
from pipeline.run.write import Writer
from pipeline.settings import Settings
from pipeline.state import ContentTypes, LedgerError, Listing, Selection, load_failures
from pipeline.upsert import VectorApiError

log = logging.getLogger(__name__)


class Run:
    """One run: its two ends, its ledger, and the steps between them."""

    def __init__(
        self,
        settings: Settings,
        site: Site,
        collection: Collection,
        report: Report,
        stop: Stop,
        retry: RetryPolicy | None = None,
    ) -> None:
        self.settings, self.collection = settings, collection
        self.report, self.stop, self._retry = report, stop, retry
        self._scope = Scope(settings, site, collection, report, stop)
        self._memory = StoreMemory(settings, collection)
        self._deletions = Deletions(site, self._scope, collection, report, stop)
        self._rotation = Rotation(
            settings, site, self._scope, self._deletions, collection, report, self._open_writer
        )
        self._deleted: Selection[str] | None = None  # the confirmed ones, once they are
        self._limit = ChunkLimit(settings, collection.sink, collection.ledger)
        self._documents = Documents(site, People(site, report).find, stop.waiting)
        self._prefetch = Prefetch(self._documents.get_pages, settings.own_workers)
        self._fetching = Fetching(self._prefetch.fetch, report, stop, settings.own_workers, retry)
        self._failed_before = load_failures(collection.ledger)
        self._listed: Iterable[PageRef] = ()
        self._digests: Digests  # once the listing is complete
        self._dependents = DependentPages(settings.refresh_hours)
        self._budget = PageBudget(0, stop)  # of the page that is being converted
        self._warnings = ConversionWarnings(report)

    # connect and list

    def connect(self) -> None:
        """Check the credentials, resolve the spaces, find or make the collection."""
        self._scope.resolve()
        self.collection.claim(*self._scope.site_identity)
        if self.settings.reset:
            self.collection.reset()
        if self.settings.shard_index and self.collection.sink.can_list:
            self.collection.wait_for_first_shard(self.settings.shard_index, self.stop)
        self.collection.open()
        if self.collection.look_first and self.settings.shard_count == 1:
            # The ledger is lost, so this is no first run. (A shard may find the store of another.)
            self.collection.ledger.leave_out(())
        if self.settings.verify and not self.settings.dry_run:
            canaries = Canaries(self.collection)
            canaries.check(self.report, self.stop.waiting, self._retry)
        self._memory.begin(self._scope.began)

    def list_pages(self) -> Listing:
        """Return every page in scope that is this run's share: complete, or an error."""
        return self._scope.list_pages(self._prefetch.offer)

    # plan

    def plan(self, listed: Listing) -> Plan:
        """Compare what is listed with what the ledger knows."""
        settings = self.settings
        self._listed, self._digests = listed, self._to_digests()
        plan = self._diff_with_dependents(listed)
        if plan.upsert and self._limit.measure():  # a run without work asks nothing
            self._digests = self._to_digests()
            plan = self._diff(listed)
        self._limit.announce()
        self._announce(plan, len(listed))
        if settings.update_strategy == "rotate":
            gone, again = self._confirm_deletions(plan), partial(self._diff_with_dependents, listed)
            if not settings.dry_run:
                plan = self._rotation.plan(plan, gone, self._digests.conversion, again)
        elif not settings.dry_run:
            self._rotation.discard()
        # By now a rotation has chosen the ledger.
        ledger = self.collection.ledger
        with ledger.together():
            ledger.add_pending((ref.id, ref.title) for ref in plan.new)
            ContentTypes(ledger).remember(listed)
        for content_type, number in plan.unchanged_of.items():
            self.report.count_unchanged(number, content_type)
        remember_listing(ledger, listed, plan.left_out, self._scope.unlisted)
        if settings.dry_run:  # with the ledger as it is when a run confirms what it deletes
            log_plan(plan, self._confirm_deletions(plan), ledger.pages())
        return plan

    def _announce(self, plan: Plan, listed: int) -> None:
        """Log the size of the plan; report what SINCE_HOURS leaves out of it."""
        log_size(plan, listed)
        since_hours = self.settings.since_hours
        if plan.left_out:
            self.report.warn(
                f"{len(plan.left_out)} pages older than SINCE_HOURS={since_hours:g} were "
                "not ingested by the first run and not edited since; run once with SINCE_HOURS=0 "
                "to include them"
            )

    def _diff_with_dependents(self, listed: Listing) -> Plan:
        """Compare the listing with the ledger in use, and what its pages show of others, too."""
        plan, ledger = self._diff(listed), self.collection.ledger
        began, check = self._scope.began, self.stop.check
        if self._dependents.make_pending(ledger, listed, plan.changed, began, check):
            return self._diff(listed)
        return plan

    def _diff(self, listed: Listing) -> Plan:
        pages, admits = self.collection.ledger.pages(), self._scope.admission.admits
        return diff(pages, listed, self._digests, admits, self.stop.check)

    def _to_digests(self) -> Digests:
        return Digests(self._limit.to_conversion_digest(), self._scope.address)

    def _confirm_deletions(self, plan: Plan) -> Selection[str]:
        if self._deleted is None:
            self._deleted = self._deletions.confirm(plan, self.settings.max_delete_percent)
        return self._deleted

    # fetch, convert, chunk, upsert

    def fetch(self, plan: Plan) -> Iterator[Page]:
        """Yield the planned pages with their bodies, fetched ahead by WORKERS threads."""
        planned, unlisted = plan.upsert, self._rotation.unlisted
        refs, number = chain(planned, unlisted), len(planned) + len(unlisted)
        examples = partial(self._choose_examples, plan)
        with contextlib.closing(Progress(number, self.settings.log_format)) as progress:
            yield from self._fetching.pages(refs, self._failed_before, examples, progress.advance)

    def _choose_examples(self, plan: Plan) -> Sequence[PageRef]:
        """Return a few pages that should be readable: unchanged ones if there are any."""

        def is_unchanged(ref: PageRef) -> bool:
            self.stop.check()
            return not ref.owner and not plan.fetches(ref.id)

        return choose_examples(self._listed, is_unchanged)

    @contextlib.contextmanager
    def one_page(self, page: Page) -> Iterator[None]:
        """Turn an error in the block into a failure of this page, logged with its traceback.

        The report does not quote the error: it may contain the page's text.
        """
        self._budget = PageBudget(count_characters(page), self.stop)
        try:
            yield
        except (StoppedError, ConfluenceError, VectorApiError, LedgerError):
            raise
        except FileError as error:
            failure = PageFailure(page.ref.id, page.ref.title, "convert", str(error), ATTACHMENT)
            self.report.fail(failure)
        except Exception as error:
            if error is self._writer.error:
                raise  # it concerns every page, like a full disk
            log.exception("page %s", page.ref.id)
            ref, short = page.ref, to_short(error)
            self.report.fail(PageFailure(ref.id, ref.title, "convert", short, ref.content_type))

    def to_markdown(self, page: Page) -> Markdown:
        """Convert a page, from its storage format where it is not rendered, or what is on one."""
        is_open = self._scope.to_is_open(page.ref)
        convert = partial(self._documents.to_markdown, page, self._budget.check, is_open)
        markdown = self._budget.convert(convert)
        page_id = page.ref.id
        is_uncertain = self._prefetch.is_early(page_id) or self._scope.is_doubtful(page_id)
        self._dependents.note(page, markdown.dependencies, is_uncertain)
        self._warnings.add(page_id, markdown)
        return markdown

    def split(self, page: Page, markdown: Markdown) -> list[Chunk]:
        """Split a page's Markdown into chunks, each of which can be understood alone."""
        settings, limit = self.settings, self._limit
        if page.ref.content_type == COMMENT and not markdown.text:
            return []  # the page is found by its own chunks
        split = partial(
            chunk_stage.split,
            page,
            markdown,
            settings.chunk_tokens,
            settings.chunk_overlap,
            limit.window.model,
            limit.tokens,
            self._budget.check,
            limit.window.listed,
        )
        return self._budget.spend(split)

    def upsert(self, page: Page, chunks: Sequence[Chunk]) -> None:
        """Hand a page to the writer, which inserts what is new and deletes what is old."""
        dependent = self._dependents.take(page.ref.id)
        self._writer.put(page, self._digests.of(page.ref), chunks, dependent)

    # prune, verify, finish

    def prune(self, plan: Plan) -> None:
        """Delete the pages that are gone, once everything new is written."""
        self._writer.finish()
        rotation = self._rotation
        if rotation.is_active:  # else what is gone is deleted even if nothing can be stored
            self._writer.require_stored()
        gone = rotation.outdated if rotation.is_active else self._confirm_deletions(plan)
        for page_id in gone:
            self.stop.check()
            self._writer.delete_page(page_id)
        if rotation.is_active:
            rotation.carry_over_failed()
        self._writer.require_stored()

    def verify(self) -> None:
        """Count what the store holds, and look up a sample of what this run wrote."""
        if not self.settings.verify or self.settings.dry_run:
            return
        verification = Verification(self.collection, self.report, self.stop.waiting, self._retry)
        verification.count()
        verification.look_up(self._writer.sample.chunks)

    def finish(self) -> None:
        """Publish the collection, and answer VERIFY_QUERY."""
        collection, settings = self.collection, self.settings
        self._documents.close()
        self._warnings.finish()
        if self._rotation.is_active:
            self._rotation.finish()
        elif not self.report.has_failures:
            collection.remove_damaged()
        if not self.report.has_failures:
            collection.record_complete_run()
            self._memory.record_complete_run(self._scope.began)
        self.report.set_stale(collection.ledger.stale())
        if settings.verify_query and not settings.dry_run:
            show_hits(settings.verify_query, answer(collection.sink, settings.verify_query, 3))
        if error := remove_superseded(collection, collection.ledger):
            raise VectorApiError(f"{error}; the next run tries again")

    @cached_property
    def _writer(self) -> Writer:
        """The writer, created with the first page: by then a rotation has chosen the ledger."""
        return self._open_writer()

    def _open_writer(self) -> Writer:
        return Writer(
            self.collection, self.report, self.settings.batch_size, self.stop, self._retry
        )

    def abandon(self) -> None:
        """End early: save what is done, leave the previous collection active."""
        self._fetching.report_failed()
        if "_writer" in vars(self):
            self._writer.abandon()
        self._rotation.pause()
        self._documents.close()
