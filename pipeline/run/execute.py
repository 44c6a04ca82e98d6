"""How a run begins and ends: two ends opened, one program's steps, the report, the exit code."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator

from pipeline import report as told
from pipeline.fetch import ConfluenceError, CredentialsError, Site
from pipeline.report import Report, TooManyFailuresError
from pipeline.run.collection import Collection
from pipeline.run.deletions import DeleteGuardError
from pipeline.run.scope import is_in_shard
from pipeline.run.steps import Run
from pipeline.run.stop import Stop, StoppedError
from pipeline.settings import INGEST, Settings
from pipeline.state import Ledger, LedgerError, open_ledger, open_memory_ledger
from pipeline.upsert import Sink, VectorApiError

log = logging.getLogger(__name__)


def execute(
    program: str,
    settings: Settings,
    open_sink: Callable[[Settings], Sink],
    steps: Callable[[Run], None],
) -> int:
    """Run one program's steps; whatever happens, report it; return the contract's exit code.

    What nobody expected is reported too, and then raised with its traceback.
    """
    stop, report = Stop(), Report()
    stop.after(settings.run_deadline_seconds)
    try:
        with stop.listening(), opened(program, settings, open_sink, report, stop) as run:
            steps(run)
        report.exit_code = told.PARTIAL if report.failures else told.OK
    except Exception as error:
        # Once the run is told to end, whatever breaks off is only the way it ends.
        ending = stop.error or error
        report.exit_code = _to_exit_code(ending)
        if report.exit_code == told.PARTIAL and not isinstance(
            ending, StoppedError | TooManyFailuresError
        ):
            raise
        log.error("%s", ending)
    finally:
        report.chunks["stale"] = told.show_stale(report.stale)
        report.save(settings.report_file, settings.mask)
        log.info("%s", report.summary())
    return report.exit_code


@contextlib.contextmanager
def opened(
    program: str,
    settings: Settings,
    open_sink: Callable[[Settings], Sink],
    report: Report,
    stop: Stop,
) -> Iterator[Run]:
    """A run with both its ends and its ledger, closed and counted however it ends."""
    is_ingest = program == INGEST
    name = settings.vector_db_id if is_ingest else settings.collection_id
    server = settings.llama_base_url if is_ingest else settings.vector_api_base_url
    with contextlib.ExitStack() as stack:
        ledger = stack.enter_context(_open_ledger(program, settings))
        site = stack.enter_context(contextlib.closing(Site(settings, stop.event)))
        stack.callback(lambda: report.requests.update(confluence=site.requests))
        sink = stack.enter_context(contextlib.closing(open_sink(settings)))
        stack.callback(lambda: report.requests.update(vector_api=sink.requests))
        share = settings.shard_index, settings.shard_count
        collection = Collection(
            name, server, sink, ledger, report, settings.state_dir,
            lambda page_id: is_in_shard(page_id, *share),
        )  # fmt: skip
        run = Run(settings, site, collection, report, stop)
        try:
            yield run
        except BaseException:
            run.abandon()
            raise
        finally:
            report.stale = collection.ledger.stale()


@contextlib.contextmanager
def _open_ledger(program: str, settings: Settings) -> Iterator[Ledger]:
    """The program's ledger of this shard; a dry run works on a copy that no file keeps."""
    shard = f"-{settings.shard_index}-of-{settings.shard_count}" if settings.shard_count > 1 else ""
    path = settings.state_dir / f"{program}{shard}.sqlite3"
    if not settings.dry_run:
        with open_ledger(path) as ledger:
            yield ledger
        return
    with contextlib.closing(open_memory_ledger(like=path)) as ledger:
        yield ledger


def _to_exit_code(error: Exception) -> int:
    """What an error means for whoever waits for this run."""
    if isinstance(error, StoppedError):
        return error.exit_code
    if isinstance(error, TooManyFailuresError):
        ends = {"fetch": told.UNREACHABLE, "upsert": told.VECTOR_API, "delete": told.VECTOR_API}
        return ends.get(error.stage, told.PARTIAL)
    codes = {
        CredentialsError: told.REFUSED,
        ConfluenceError: told.UNREACHABLE,
        VectorApiError: told.VECTOR_API,
        DeleteGuardError: told.DELETE_GUARD,
        LedgerError: told.BAD_SETTINGS,
    }
    return next((code for kind, code in codes.items() if isinstance(error, kind)), told.PARTIAL)
