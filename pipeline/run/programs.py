"""What differs between the programs: the name, the server, its collection, the kind of sink.

Light to import: the stages are imported when a program opens its sink or begins its job.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.settings import ProgramName, Settings

if TYPE_CHECKING:
    from pipeline.http import RetryPolicy, Waiting
    from pipeline.run.check import Check
    from pipeline.run.start import Signals
    from pipeline.run.steps import Run
    from pipeline.upsert import Sink


@dataclass(frozen=True, slots=True)
class Program:
    """A program that keeps one collection in sync with Confluence."""

    name: ProgramName  # of its file, its settings and its ledger
    server: Callable[[Settings], str]  # base URL of the server that holds the collection
    collection: Callable[[Settings], str]  # name of the collection on that server
    # The last argument is the variant that an earlier run used, "" if none is known.
    open_sink: Callable[[Settings, Waiting, RetryPolicy | None, str], Sink]
    stale_cure: str  # what to do about outdated text that the server cannot delete

    def execute(self, settings: Settings, job: Callable[[Run], None], signals: Signals) -> int:
        """Run the job between Confluence and the collection; return the exit code."""
        from pipeline.run.execute import execute

        return execute(self, settings, job, signals)


@dataclass(frozen=True, slots=True)
class CheckProgram:
    """A program that only reads from Confluence."""

    name: ProgramName

    def execute(self, settings: Settings, job: Callable[[Check], None], signals: Signals) -> int:
        """Run the job against Confluence; return the exit code."""
        from pipeline.run.check import execute_check

        return execute_check(settings, job, signals)


def _open_vector_api(
    settings: Settings, waiting: Waiting, retry: RetryPolicy | None, made_with: str
) -> Sink:
    from pipeline.upsert import open_sink

    return open_sink(settings, waiting, retry, made_with)


def _open_rag_tool(
    settings: Settings, waiting: Waiting, retry: RetryPolicy | None, _made_with: str
) -> Sink:
    from pipeline.upsert import open_rag_tool

    return open_rag_tool(settings, waiting, retry)


SYNC = Program(
    "sync",
    server=lambda settings: settings.vector_api_base_url,
    collection=lambda settings: settings.collection_id,
    open_sink=_open_vector_api,
    stale_cure="Set UPDATE_STRATEGY=rotate, choose another VECTOR_API_VARIANT that the server "
    "has, or accept them with UPDATE_STRATEGY=append",
)
INGEST = Program(
    "ingest_conf",
    server=lambda settings: settings.llama_base_url,
    collection=lambda settings: settings.vector_db_id,
    open_sink=_open_rag_tool,
    stale_cure="Run once with RESET=1",
)
CHECK = CheckProgram("test_confluence")
