"""One run of a program: open both ends, do its job, save the report, return the exit code."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

from pipeline.fetch import Site
from pipeline.http import RetryPolicy
from pipeline.report import (
    TERMINATION_LOG,
    ExitCode,
    Report,
    TooManyFailuresError,
    save_report,
    show_stale,
)
from pipeline.run.collection import Collection
from pipeline.run.error_codes import to_exit_code
from pipeline.run.programs import Program
from pipeline.run.scope import is_in_shard
from pipeline.run.steps import Run
from pipeline.run.stop import Stop, StoppedError
from pipeline.settings import Settings
from pipeline.state import Ledger, open_ledger, open_memory_ledger

log = logging.getLogger(__name__)


def execute(
    program: Program,
    settings: Settings,
    job: Callable[[Run], None],
    retry: RetryPolicy | None = None,
    termination_log: Path = TERMINATION_LOG,
) -> int:
    """Run the program's job; save the report, however the job ends; return the exit code.

    An unexpected error is reported, then raised. `retry` replaces the policies of both ends.
    """
    stop, report = Stop(), Report()
    stop.after(settings.run_deadline_seconds)
    try:
        with stop.listening(), open_run(program, settings, report, stop, retry) as run:
            job(run)
        report.end(ExitCode.PARTIAL if report.has_failures else ExitCode.OK)
    except Exception as error:
        # After a stop, other errors are its consequence: requests in progress break off.
        cause = stop.error or error
        report.end(to_exit_code(cause))
        is_expected = isinstance(cause, StoppedError | TooManyFailuresError)
        if report.exit_code == ExitCode.PARTIAL and not is_expected:
            raise
        log.error("%s", cause)
    finally:
        show_stale(report.stale)
        save_report(report, settings.report_file, settings.mask, termination_log)
        log.info("%s", report.summary())
    return report.exit_code


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
    with contextlib.ExitStack() as stack:
        ledger = stack.enter_context(_open_ledger(program.name, settings))
        site = stack.enter_context(contextlib.closing(Site(settings, stop.event, retry)))
        stack.callback(lambda: report.count_requests("confluence", site.requests))
        sink = stack.enter_context(contextlib.closing(program.open_sink(settings, retry)))
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


@contextlib.contextmanager
def _open_ledger(name: str, settings: Settings) -> Iterator[Ledger]:
    """Open the ledger of this program and shard; in a dry run, a copy of it in memory."""
    shard = f"-{settings.shard_index}-of-{settings.shard_count}" if settings.shard_count > 1 else ""
    path = settings.state_dir / f"{name}{shard}.sqlite3"
    if not settings.dry_run:
        with open_ledger(path) as ledger:
            yield ledger
        return
    with contextlib.closing(open_memory_ledger(like=path)) as ledger:
        yield ledger
