"""The figures of a run for those who collect them: pushed once, by OTLP over HTTP.

The exporter and its packages are imported only where a collector is set.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from pipeline.report.report import Report

log = logging.getLogger(__name__)

_SECONDS = 5.0  # for the whole push, attempts included
_STAGES = ("list", "fetch", "convert", "upsert", "delete", "verify")


class Figure(NamedTuple):
    """One number of a run, with what distinguishes it from others of its name."""

    name: str
    unit: str  # of UCUM; Prometheus adds it to the name, `_ratio` for 1
    value: float
    attributes: dict[str, str]


def push_figures(
    report: Report,
    endpoint: str,
    about: Mapping[str, str],
    mask: Callable[[str], str],
    seconds: float = _SECONDS,
) -> None:
    """Send the figures to the collector at `endpoint`, the URL before `/v1/metrics`.

    `about` goes with every figure: the program and its collection. A push that fails is a warning.
    """
    if not endpoint:
        return
    from pipeline.http import in_background, is_done, quote

    figures = list(list_figures(report.to_json()))

    def push() -> str:
        from pipeline.report.exporter import send

        return send(figures, endpoint, about, seconds)

    pushed, cause = in_background(push, "figures"), "no answer in time"
    if is_done(pushed, seconds + 1):
        error = pushed.exception()
        cause = type(error).__name__ if error else pushed.result()
        if isinstance(error, ImportError):
            cause = "the exporter is not installed: pip install -r requirements.txt"
    if cause:
        log.warning(
            "the figures of the run were not pushed to OTEL_EXPORTER_OTLP_ENDPOINT=%s: %s",
            endpoint,
            quote(cause, mask),
        )


def list_figures(content: Mapping[str, Any]) -> Iterator[Figure]:
    """Yield the figures of a report's JSON."""
    for name in ("pages", "chunks"):
        for outcome, number in content[name].items():
            yield Figure(name, f"{{{name[:-1]}}}", number, {"outcome": outcome})
    for server, number in content["requests"].items():
        yield Figure("requests", "{request}", number, {"server": server})
    failed = Counter(failure["stage"] for failure in content["failures"])
    for stage in sorted({*_STAGES, *failed}):
        yield Figure("failures", "{failure}", failed[stage], {"stage": stage})
    yield Figure("tokens", "{token}", content["tokens_inserted"], {})
    yield Figure("duration", "s", content["seconds"], {})
    yield Figure("exit_code", "", content["exit_code"], {})
