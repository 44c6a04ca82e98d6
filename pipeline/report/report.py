"""What a run tells: progress, log lines, the summary, the JSON report and the exit code."""

from __future__ import annotations

import json
import logging
import os
import shutil
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

from pipeline.records import Hit, Outcome, StoredChunk
from pipeline.report.redact import to_json_line, to_masked, to_printable, to_traceback
from pipeline.settings import Settings

OK, PARTIAL, BAD_SETTINGS, REFUSED, UNREACHABLE, VECTOR_API, DELETE_GUARD = range(7)
TERMINATION_LOG = Path("/dev/termination-log")  # Kubernetes shows what stands here, up to 4 KB
TERMINATION_BYTES = 4096
ABORT_IN_A_ROW = 10
ABORT_SHARE, ABORT_SHARE_OF = 0.15, 100
SECONDS_BETWEEN_LINES = 15.0

log = logging.getLogger(__name__)


class TooManyFailuresError(Exception):
    """Page after page fails: going on would only make it worse. `stage` is the last one's."""

    def __init__(self, message: str, stage: str) -> None:
        super().__init__(message)
        self.stage = stage


class Report:
    """Counts of one run. Any thread may add to it."""

    def __init__(self) -> None:
        self.exit_code = OK
        self.pages: Counter[str] = Counter()
        self.chunks: Counter[str] = Counter()
        self.tokens_inserted = 0
        self.requests: Counter[str] = Counter()
        self.failures: list[Outcome] = []
        self.warnings: list[str] = []
        self.stale: list[StoredChunk] = []
        self.collection = ""
        self._started = time.monotonic()
        self._lock = threading.Lock()
        self._failed_ids: set[str] = set()
        # By stage: they work on different pages at once, the writer some hundred behind.
        self._in_a_row: Counter[str] = Counter()
        self._tried_ids: set[str] = set()

    def passed(self, page_id: str, stage: str) -> None:
        """A page came through a stage: the next failure there is the first in a row."""
        with self._lock:
            self._tried_ids.add(page_id)
            self._in_a_row[stage] = 0

    def count_page(self, kind: str) -> None:
        """A page ended well: new, changed, unchanged or deleted."""
        with self._lock:
            self.pages[kind] += 1
            self._in_a_row["upsert"] = self._in_a_row["delete"] = 0

    def count_chunks(self, kind: str, number: int, tokens: int = 0) -> None:
        with self._lock:
            self.chunks[kind] += number
            self.tokens_inserted += tokens

    def warn(self, message: str) -> None:
        log.warning("%s", message)
        with self._lock:
            self.warnings.append(message)

    def fail(self, outcome: Outcome) -> None:
        """A page failed. Raises `TooManyFailuresError` when the run should end.

        That is after ten failures in a row at one stage, or when 15 % of at least 100 pages that
        were tried failed.
        """
        log.error(
            "page %s %r failed (%s): %s",
            outcome.page_id, outcome.title, outcome.stage, outcome.error,
        )  # fmt: skip
        with self._lock:
            self.failures.append(outcome)
            if outcome.page_id in self._failed_ids:
                return
            self._failed_ids.add(outcome.page_id)
            self._tried_ids.add(outcome.page_id)
            self._in_a_row[outcome.stage] += 1
            failed, in_a_row = len(self._failed_ids), self._in_a_row[outcome.stage]
            tried = len(self._tried_ids)
        if in_a_row >= ABORT_IN_A_ROW:
            message = f"{in_a_row} pages failed in a row, the last with: {outcome.error}"
        elif tried >= ABORT_SHARE_OF and failed > ABORT_SHARE * tried:
            message = f"{failed} of {tried} pages failed, the last with: {outcome.error}"
        else:
            return
        raise TooManyFailuresError(message, outcome.stage)

    def has_failed(self, page_id: str) -> bool:
        with self._lock:
            return page_id in self._failed_ids

    def to_json(self) -> dict[str, Any]:
        with self._lock:
            return {
                "exit_code": self.exit_code,
                "pages": {
                    kind: self.pages[kind]
                    for kind in ("listed", "new", "changed", "unchanged", "deleted")
                }
                | {"failed": len(self._failed_ids)},
                "chunks": {
                    kind: self.chunks[kind]
                    for kind in ("inserted", "unchanged", "deleted", "stale")
                },
                "tokens_inserted": self.tokens_inserted,
                "requests": {kind: self.requests[kind] for kind in ("confluence", "vector_api")},
                "seconds": round(time.monotonic() - self._started, 3),
                "collection": self.collection,
                "failures": [asdict(failure) for failure in self.failures],
                "warnings": list(self.warnings),
                "stale": [{"page_id": chunk.page_id, "chunk_id": chunk.id} for chunk in self.stale],
            }

    def summary(self) -> str:
        """One line: what the run did and how it ended."""
        told = self.to_json()
        pages = ", ".join(f"{number} {kind}" for kind, number in told["pages"].items())
        chunks = ", ".join(f"{number} {kind}" for kind, number in told["chunks"].items())
        requests = told["requests"]
        return (
            f"exit {told['exit_code']}: pages: {pages}; chunks: {chunks}; "
            f"{told['tokens_inserted']} tokens; requests: {requests['confluence']} Confluence, "
            f"{requests['vector_api']} Vector API; {told['seconds']:.1f} s"
        )

    def save(self, path: Path | None, mask: Callable[[str], str]) -> None:
        """Write the JSON report, in one step; and the short form to the pod's termination log.

        `mask` takes the secrets out of every text.
        """
        told = to_masked(self.to_json(), mask)
        if path is not None:
            try:
                _write(path, json.dumps(told, ensure_ascii=False, indent=1) + "\n")
            except OSError as error:  # what the run did is done: its exit code stays
                log.error("REPORT_FILE cannot be written: %s: %s", path, error.strerror)
        if TERMINATION_LOG.is_file() and os.access(TERMINATION_LOG, os.W_OK):
            TERMINATION_LOG.write_bytes(to_short_json(told))


def _write(path: Path, text: str) -> None:
    scratch = path.with_name(f"{path.name}.{os.getpid()}")
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch.write_text(text, "utf-8")
    scratch.replace(path)


def to_short_json(told: dict[str, Any], limit: int = TERMINATION_BYTES) -> bytes:
    """The report in at most `limit` bytes: the lists lose their tails, and say how much."""
    short = dict(told)
    kept = {name: list(told[name]) for name in ("failures", "warnings", "stale")}
    while True:
        for name, rows in kept.items():
            short[name] = rows
            if len(rows) < len(told[name]):
                short[f"{name}_left_out"] = len(told[name]) - len(rows)
        text = json.dumps(short, ensure_ascii=False).encode()
        longest = max(kept, key=lambda name: len(json.dumps(kept[name])))
        if len(text) <= limit or not kept[longest]:
            return text[:limit]
        kept[longest] = kept[longest][: len(kept[longest]) // 2]


class LogLines(logging.Handler):
    """Log lines to stderr: plain (above the progress bar, if there is one) or JSON.

    Control characters cannot forge a line, and no secret gets through, whoever logs it. A
    traceback's lines are indented. What errors that are not ours say may quote a page: it is
    shown with LOG_LEVEL=DEBUG only.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._mask = settings.mask
        self._as_json = settings.log_format == "json"
        self._quotes = settings.log_level == "debug"

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.to_line(record)
            if _Bar.is_shown:
                from tqdm import tqdm

                tqdm.write(line, file=sys.stderr)
            else:
                print(line, file=sys.stderr, flush=True)  # noqa: T201 - this is the log
        except Exception:
            self.handleError(record)

    def to_line(self, record: logging.LogRecord) -> str:
        """The record as text: one line, and the indented lines of a traceback."""
        message = self._mask(record.getMessage())
        error = record.exc_info[1] if record.exc_info else None
        trace = to_traceback(error, quotes=self._quotes) if error else []
        trace = [self._mask(line) for line in trace]
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))
        if self._as_json:
            line = {"time": stamp, "level": record.levelname, "message": message}
            line |= {"traceback": "\n".join(trace)} if trace else {}
            return to_json_line(line | to_masked(getattr(record, "fields", {}), self._mask))
        lines = [f"{stamp} {record.levelname:<7} {message}", *trace]
        return "\n    ".join(map(to_printable, lines))


def set_up_logging(settings: Settings) -> None:
    """Log the pipeline's lines, and what ends the process unexpectedly, to stderr."""
    logging.basicConfig(level=logging.WARNING, handlers=[LogLines(settings)])
    logging.getLogger("pipeline").setLevel(settings.log_level.upper())
    sys.excepthook = log_unexpected


def log_unexpected(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """`sys.excepthook` of the programs: what nobody caught is told by the log's rules, too."""
    log.critical(
        "ended by an error that nobody expected (LOG_LEVEL=DEBUG shows all that it says)",
        exc_info=(kind, error, trace),
    )


class _Bar:
    is_shown = False


class Progress:
    """A bar on a terminal; elsewhere a line every quarter of a minute."""

    def __init__(self, total: int, log_format: str) -> None:
        self._total, self._seen = total, 0
        self._bar: Any = None
        self._next_line = time.monotonic() + SECONDS_BETWEEN_LINES
        if total and log_format == "auto" and sys.stderr.isatty():
            from tqdm import tqdm

            # A terminal that does not tell its size gets a bar of 80 columns, not an empty one.
            columns, lines = shutil.get_terminal_size()
            self._bar = tqdm(total=total, unit="page", ncols=columns, nrows=lines, leave=True)
            _Bar.is_shown = True

    def advance(self) -> None:
        self._seen += 1
        if self._bar is not None:
            self._bar.update()
        elif time.monotonic() >= self._next_line:
            self._next_line = time.monotonic() + SECONDS_BETWEEN_LINES
            log.info("%d of %d pages", self._seen, self._total)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
            _Bar.is_shown = False


def show_hits(question: str, hits: Sequence[Hit]) -> None:
    """Tell the best answers to a question: title, section and link."""
    log.info("question: %s", question)
    if not hits:
        log.info("no answer")
    for place, hit in enumerate(hits, 1):
        told = {name: str(hit.metadata.get(name, "")) for name in ("title", "section", "url")}
        where = " > ".join(part for part in (told["title"], told["section"]) if part)
        log.info(
            "%d. %s  %s", place, where, told["url"],
            extra={"fields": {"place": place, "score": hit.score, **told}},
        )  # fmt: skip


def show_stale(stale: Iterable[StoredChunk]) -> int:
    """Log which pages have chunks that are no longer true; return the number of chunks."""
    by_page = Counter(chunk.page_id for chunk in stale)
    for page_id, number in sorted(by_page.items()):
        log.info("page %s: %d stale chunks stay in the store", page_id, number)
    return by_page.total()
