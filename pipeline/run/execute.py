"""One run of a program: open both ends, do its job, save the report, return the exit code."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from pipeline.fetch import ConfluenceError, CredentialsError, Site, names_in_scope
from pipeline.http import RetryPolicy
from pipeline.report import (
    TERMINATION_LOG,
    ExitCode,
    Report,
    push_figures,
    save_report,
    show_stale,
)
from pipeline.run.collection import Collection
from pipeline.run.deletions import DeleteGuardError
from pipeline.run.programs import Program
from pipeline.run.scope import is_in_shard
from pipeline.run.start import Signals
from pipeline.run.steps import Run
from pipeline.run.stop import Stop, StoppedError
from pipeline.settings import Settings
from pipeline.state import (
    Ledger,
    LedgerError,
    Shard,
    add_failures,
    open_copy,
    open_ledger,
    take_over,
    write_atomically,
)
from pipeline.upsert import UnusableSettingError, VectorApiError

log = logging.getLogger(__name__)

# The first class that fits decides: subclasses come first.
_CODES = {
    CredentialsError: ExitCode.CONFLUENCE_REFUSED,
    ConfluenceError: ExitCode.CONFLUENCE_UNREACHABLE,
    UnusableSettingError: ExitCode.BAD_SETTINGS,
    VectorApiError: ExitCode.VECTOR_API_FAILED,
    DeleteGuardError: ExitCode.DELETE_GUARD,
    LedgerError: ExitCode.BAD_SETTINGS,
}


def execute(
    program: Program,
    settings: Settings,
    job: Callable[[Run], None],
    signals: Signals | None = None,
    retry: RetryPolicy | None = None,
    termination_log: Path = TERMINATION_LOG,
) -> int:
    """Run the program's job; save the report, however the job ends; return the exit code.

    An unexpected error is reported, then raised. `retry` replaces the policies of both ends.
    """
    stop, report = Stop(), Report()
    save = partial(
        save_report, report, settings.report_file, settings.mask, write_atomically, termination_log
    )

    def give_up(error: StoppedError) -> None:
        report.end(error.exit_code)
        save()
        log.error("%s (the run did not end by itself)", error)

    if signals:
        signals.hand_to(stop.on_signal)
    stop.after(settings.run_deadline_seconds)
    with stop.bounded(give_up):
        try:
            stop.check()
            with open_run(program, settings, report, stop, retry) as run:
                job(run)
            report.end(_judge(program, settings, report))
        except Exception as error:
            # After a stop, other errors are its consequence: requests in progress break off.
            cause = stop.error or error
            report.end(to_exit_code(cause))
            if report.exit_code == ExitCode.PARTIAL and not isinstance(cause, StoppedError):
                raise
            log.error("%s", cause)
        finally:
            show_stale(report.stale, *report.count_stale())
            save()
            _push(program, settings, report)
            log.info("%s", report.summary())
            if signals:
                signals.leaves_threads = stop.error is not None
    return report.exit_code


def _push(program: Program, settings: Settings, report: Report) -> None:
    """Send the figures of a run to the collector, if one is set; a dry run has none."""
    if not settings.dry_run:
        about = {"program": program.name, "collection": program.collection(settings)}
        push_figures(report, settings.otel_exporter_otlp_endpoint, about, settings.mask)


def _judge(program: Program, settings: Settings, report: Report) -> ExitCode:
    """Return the exit code of a job that came to its end."""
    if report.has_failures:
        return ExitCode.PARTIAL
    chunks, pages = report.count_stale()
    if not chunks or settings.dry_run or settings.update_strategy == "append":
        return ExitCode.OK
    log.error(
        "%d outdated chunks of %d pages remain in the collection: this server cannot delete "
        "them. %s", chunks, pages, program.stale_cure,
    )  # fmt: skip
    return ExitCode.STALE_TEXT


@contextlib.contextmanager
def open_run(
    program: Program,
    settings: Settings,
    report: Report,
    stop: Stop,
    retry: RetryPolicy | None = None,
) -> Iterator[Run]:
    """Open the ledger, Confluence and the sink for one run; close them however it ends.

    The number of requests and the stale chunks are added to the report at the end.
    """
    report.set_types(content.name for content in names_in_scope(settings))
    with contextlib.ExitStack() as stack:
        ledger = stack.enter_context(_open_ledger(program.name, settings))
        site = stack.enter_context(contextlib.closing(Site(settings, stop.waiting, retry)))
        stack.callback(lambda: report.count_requests("confluence", site.requests))
        made_with = ledger.get_about("variant")
        sink = program.open_sink(settings, stop.waiting, retry, made_with)
        stack.callback(sink.close)
        stack.callback(lambda: report.count_requests("vector_api", sink.requests))
        collection = Collection(
            program.collection(settings),
            program.server(settings),
            sink,
            ledger,
            report,
            settings.state_dir,
            lambda page_id: is_in_shard(page_id, settings.shard_index, settings.shard_count),
        )
        run = Run(settings, site, collection, report, stop, retry)
        try:
            yield run
        except BaseException:
            run.abandon()
            raise
        finally:
            report.set_stale(collection.ledger.stale())
            add_failures(ledger, report.failed_ids)


@contextlib.contextmanager
def _open_ledger(name: str, settings: Settings) -> Iterator[Ledger]:
    """Open the ledger of this program and shard; in a dry run, a copy of it."""
    shard, folder = Shard(settings.shard_index, settings.shard_count), settings.state_dir
    path = shard.to_path(folder, name)
    with open_copy(path) if settings.dry_run else open_ledger(path) as ledger:
        may_repair = not settings.dry_run
        if taken := take_over(ledger, folder, name, shard, is_in_shard, may_repair=may_repair):
            log.info("SHARD_COUNT has changed: %d ledgers of another count taken over", taken)
        yield ledger


def to_exit_code(error: Exception) -> int:
    """Return the exit code of a run that ended with this error; 1 for an unexpected one."""
    if isinstance(error, StoppedError):
        return error.exit_code
    return next(
        (code for kind, code in _CODES.items() if isinstance(error, kind)), ExitCode.PARTIAL
    )
