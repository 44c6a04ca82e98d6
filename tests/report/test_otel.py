"""The figures of a run arrive at a collector, and a collector that fails changes nothing."""

import json
import logging
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import yaml

from demo.confluence_site import ConfluenceSite
from pipeline.report import Report, push_figures
from pipeline.report.otel import list_figures
from tests.support.program import ROOT, environment, sync_now
from tests.support.vector_api import VectorApi

DASHBOARD = ROOT / "openshift" / "options" / "dashboard.yaml"
ABOUT = {"program": "sync", "collection": "confluence"}


class Collector:
    """What came in."""

    def __init__(self) -> None:
        self.url, self.requests = "", list[Any]()
        self.status, self.delay = 200, 0.0

    def points(self) -> dict[tuple[str, str], tuple[float, dict[str, str]]]:
        """(Metric, value of the attribute of its own) → number, all attributes."""
        [request] = self.requests
        [metrics] = request.resource_metrics
        found = {}
        for metric in metrics.scope_metrics[0].metrics:
            for point in metric.gauge.data_points:
                attributes = {row.key: row.value.string_value for row in point.attributes}
                own = attributes.keys() - ABOUT.keys()
                number = point.as_double if point.HasField("as_double") else point.as_int
                found[metric.name, attributes[own.pop()] if own else ""] = number, attributes
        return found


@contextmanager
def collecting() -> Iterator[Collector]:
    from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2

    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            request = metrics_service_pb2.ExportMetricsServiceRequest.FromString(body)
            time.sleep(collector.delay)
            if self.path == "/v1/metrics":
                collector.requests.append(request)
            self.send_response(collector.status)
            self.send_header("Location", "/v1/metrics")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    collector.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as collector:
        yield collector


def test_the_figures_of_a_run_arrive_once(
    collector: Collector, site: ConfluenceSite, tmp_path: Path
) -> None:
    with VectorApi() as api:
        environ = environment(site, api.base_url, tmp_path)
        environ |= {"OTEL_EXPORTER_OTLP_ENDPOINT": f"{collector.url}/"}
        assert sync_now(environ | {"DRY_RUN": "1"}).code == 0
        assert collector.requests == []
        ended = sync_now(environ)
    points = collector.points()
    assert {name: points["confluence_sync.pages", name][0] for name in ended["pages"]} == (
        ended["pages"]
    )
    assert points["confluence_sync.chunks", "inserted"][0] == ended["chunks"]["inserted"] > 0
    assert points["confluence_sync.tokens", ""][0] == ended["tokens_inserted"] > 0
    requests = {name: points["confluence_sync.requests", name][0] for name in ended["requests"]}
    assert requests == ended["requests"]
    assert points["confluence_sync.exit_code", ""][0] == ended.code == 0
    assert points["confluence_sync.failures", "fetch"][0] == 0
    assert points["confluence_sync.duration", ""][0] >= ended["seconds"]
    assert all(ABOUT.items() <= attributes.items() for _, attributes in points.values())
    [metrics] = collector.requests[0].resource_metrics
    names = {row.key: row.value.string_value for row in metrics.resource.attributes}
    assert names["service.name"] == "confluence-sync"


def test_failures_are_counted_by_stage_and_the_exit_code_is_that_of_the_run() -> None:
    content = Report().to_json() | {
        "exit_code": 4,
        "failures": [{"stage": "fetch"}, {"stage": "fetch"}, {"stage": "upsert"}],
    }
    figures = {(row.name, *row.attributes.values()): row.value for row in list_figures(content)}
    assert figures["failures", "fetch"] == 2
    assert figures["failures", "upsert"] == 1
    assert figures["failures", "convert"] == 0
    assert figures["failures", "list"] == 0, "a space that is listed again ends its alert"
    assert figures["exit_code",] == 4


def warning_of(caplog: pytest.LogCaptureFixture, endpoint: str, seconds: float = 1.0) -> str:
    """The only line that a push logs."""
    began = time.monotonic()
    push_figures(Report(), endpoint, ABOUT, lambda text: text.replace("s3cret", "***"), seconds)
    assert time.monotonic() - began < seconds + 30  # whatever else the machine does
    [record] = caplog.records
    assert record.levelname == "WARNING"
    return record.getMessage()


def test_a_collector_that_is_not_there_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    message = warning_of(caplog, "http://127.0.0.1:9")
    assert message == (
        "the figures of the run were not pushed to OTEL_EXPORTER_OTLP_ENDPOINT="
        "http://127.0.0.1:9: connection refused"
    )


@pytest.mark.parametrize(("status", "reason"), [(401, "Unauthorized"), (307, "Temporary Redirect")])
def test_a_refusal_is_a_warning_with_the_status(
    status: int, reason: str, collector: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    collector.status = status
    assert warning_of(caplog, collector.url).endswith(f": HTTP {status} {reason}")
    assert len(collector.requests) == 1


def test_headers_that_cannot_be_read_are_not_quoted(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    logging.getLogger("opentelemetry").setLevel(logging.NOTSET)  # as at the start of a program
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "Authorization Bearer s3cret")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "s3cret")
    assert warning_of(caplog, "http://127.0.0.1:9").endswith(": connection refused")


def test_a_collector_that_hangs_does_not_keep_the_run(
    collector: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    collector.delay = 2.0
    assert warning_of(caplog, collector.url, seconds=0.2).endswith(": timed out")


def test_packages_that_are_not_installed_are_named(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "pipeline.report.exporter", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.metrics", None)
    message = warning_of(caplog, "http://127.0.0.1:9")
    assert "is not installed: pip install -r requirements.txt" in message


def test_without_a_collector_nothing_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pipeline.report.exporter", None)
    push_figures(Report(), "", ABOUT, str)


def test_the_dashboard_shows_figures_that_exist() -> None:
    [manifest] = [row for row in yaml.safe_load_all(DASHBOARD.read_text("utf-8")) if row]
    assert manifest["metadata"]["labels"]["console.openshift.io/dashboard"] == "true"
    rows = json.loads(manifest["data"]["confluence-sync.json"])["rows"]
    shown = {
        re.findall(r"confluence_sync_\w+", target["expr"])[0]
        for row in rows
        for panel in row["panels"]
        for target in panel["targets"]
    }
    units = {"s": "_seconds"}  # as Prometheus writes them
    assert shown == {
        f"confluence_sync_{row.name}{units.get(row.unit, '')}"
        for row in list_figures(Report().to_json())
    }
