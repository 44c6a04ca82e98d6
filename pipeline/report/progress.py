"""The progress of a run: a bar on a terminal, elsewhere a line from time to time."""

from __future__ import annotations

import logging
import shutil
import sys
import time
from typing import Any, ClassVar

SECONDS_BETWEEN_LINES = 15.0

log = logging.getLogger(__name__)


class Progress:
    """Shows how many of `total` pages are done."""

    bar_is_shown: ClassVar[bool] = False  # a terminal has one bar; the log is printed above it

    def __init__(self, total: int, log_format: str) -> None:
        self._total, self._done = total, 0
        self._bar: Any = None
        self._next_line = time.monotonic() + SECONDS_BETWEEN_LINES
        if total and log_format == "auto" and sys.stderr.isatty():
            from tqdm import tqdm

            # A terminal that does not report its size gets a bar of 80 columns, not an empty one.
            columns, lines = shutil.get_terminal_size()
            self._bar = tqdm(total=total, unit="page", ncols=columns, nrows=lines, leave=True)
            Progress.bar_is_shown = True

    def advance(self) -> None:
        """Count one more page."""
        self._done += 1
        if self._bar is not None:
            self._bar.update()
        elif time.monotonic() >= self._next_line:
            self._next_line = time.monotonic() + SECONDS_BETWEEN_LINES
            log.info("%d of %d pages", self._done, self._total)

    def close(self) -> None:
        """Close the bar, which stays on the terminal."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
            Progress.bar_is_shown = False


def print_above_bar(line: str) -> None:
    """Print a line to stderr, above the bar if one is shown."""
    if Progress.bar_is_shown:
        from tqdm import tqdm

        tqdm.write(line, file=sys.stderr)
    else:
        print(line, file=sys.stderr, flush=True)  # noqa: T201 - this is the log
