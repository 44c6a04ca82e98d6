"""Where the report is saved: the file of REPORT_FILE, and the pod's termination message."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline.report.redact import to_masked
from pipeline.report.report import Report

TERMINATION_LOG = Path("/dev/termination-log")  # Kubernetes shows its text, up to 4 KB
TERMINATION_BYTES = 4096
_LISTS = ("failures", "warnings", "stale")

log = logging.getLogger(__name__)


def save_report(
    report: Report,
    path: Path | None,
    mask: Callable[[str], str],
    write: Callable[[Path, str], None],
    termination_log: Path = TERMINATION_LOG,
) -> None:
    """Write the JSON report, and its short form where the pod has a termination message.

    `mask` removes the secrets from every text, `write` replaces a file in one step. A report that
    cannot be written is only logged: the run is done, and its exit code stays.
    """
    content = to_masked(report.to_json(), mask)
    if path is not None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write(path, json.dumps(content, ensure_ascii=False, indent=1) + "\n")
        except OSError as error:
            log.error("REPORT_FILE cannot be written: %s: %s", path, error.strerror)
    if termination_log.is_file() and os.access(termination_log, os.W_OK):
        termination_log.write_bytes(to_short_json(content))


def to_short_json(content: dict[str, Any], limit: int = TERMINATION_BYTES) -> bytes:
    """Return the report in at most `limit` bytes.

    Its lists are cut; `<name>_left_out` has the number of entries that are missing.
    """
    short = dict(content)
    kept = {name: list(content[name]) for name in _LISTS}
    while True:
        for name, rows in kept.items():
            short[name] = rows
            if len(rows) < len(content[name]):
                left_out = content.get(f"{name}_left_out", 0)
                short[f"{name}_left_out"] = left_out + len(content[name]) - len(rows)
        text = json.dumps(short, ensure_ascii=False).encode()
        longest = max(kept, key=lambda name: len(json.dumps(kept[name])))
        if len(text) <= limit or not kept[longest]:
            return text[:limit]
        kept[longest] = kept[longest][: len(kept[longest]) // 2]
