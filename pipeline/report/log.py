"""The log: lines to stderr, without secrets, forged lines or the text of pages."""

from __future__ import annotations

import logging
import sys
import time
from types import TracebackType

from pipeline.report.progress import print_above_bar
from pipeline.report.redact import to_json_line, to_masked, to_printable, to_traceback
from pipeline.settings import Settings

log = logging.getLogger(__name__)


def set_up_logging(settings: Settings) -> None:
    """Log the pipeline's messages and what ends the process unexpectedly."""
    logging.basicConfig(level=logging.WARNING, handlers=[LogLines(settings)])
    logging.getLogger("pipeline").setLevel(settings.log_level.upper())
    sys.excepthook = log_unexpected


class LogLines(logging.Handler):
    """Log lines to stderr, plain or JSON.

    Control characters are escaped, secrets masked, the lines of a traceback indented. The messages
    of errors that are not ours may quote a page: they are shown with LOG_LEVEL=DEBUG only.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._mask = settings.mask
        self._as_json = settings.log_format == "json"
        self._quotes = settings.log_level == "debug"

    def emit(self, record: logging.LogRecord) -> None:
        """Print a record; a failure to do so goes to `handleError`, as `logging` asks."""
        try:
            print_above_bar(self.to_line(record))
        except Exception:
            self.handleError(record)

    def to_line(self, record: logging.LogRecord) -> str:
        """Return the record as one line, followed by the indented lines of its traceback."""
        message = self._mask(record.getMessage())
        error = record.exc_info[1] if record.exc_info else None
        trace = to_traceback(error, quotes=self._quotes) if error else []
        trace = [self._mask(line) for line in trace]
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))
        if self._as_json:
            line = {
                "time": stamp,
                "level": record.levelname,
                "logger": record.name,  # the module: lines can be filtered by stage
                "message": message,
            }
            line |= {"traceback": "\n".join(trace)} if trace else {}
            return to_json_line(line | to_masked(getattr(record, "fields", {}), self._mask))
        lines = [f"{stamp} {record.levelname:<7} {message}", *trace]
        return "\n    ".join(map(to_printable, lines))


def log_unexpected(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Log an error that ends the process; used as `sys.excepthook`."""
    log.critical(
        "unexpected error; set LOG_LEVEL=DEBUG for the full message", exc_info=(kind, error, trace)
    )
