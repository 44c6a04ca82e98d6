"""OTLP over HTTP: figures to a collector, by OpenTelemetry's exporter."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import requests
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, MetricExportResult
from opentelemetry.sdk.resources import OTELResourceDetector, Resource

from pipeline.http import NO_ANSWER, to_cause
from pipeline.report.otel import Figure

NAME = "confluence-sync"


class _Session(requests.Session):
    """A session that remembers why the last request was no success."""

    cause = ""

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Send a request as requests does."""
        try:
            response = super().send(request, **options)
        except NO_ANSWER as error:
            self.cause = to_cause(error).text
            raise
        is_success = 200 <= response.status_code < 300
        self.cause = "" if is_success else f"HTTP {response.status_code} {response.reason}"
        return response

    def get_redirect_target(self, _response: requests.Response) -> None:
        """Follow no redirect: it would carry OTEL_EXPORTER_OTLP_HEADERS elsewhere."""
        return


def send(figures: Sequence[Figure], endpoint: str, about: Mapping[str, str], seconds: float) -> str:
    """Send the figures as gauges, `about` with each; return why they did not arrive, or ""."""
    # The caller's line is enough, and the exporter quotes headers that it cannot read.
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL + 1)
    # OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES take precedence.
    resource = Resource({"service.name": NAME}).merge(OTELResourceDetector().detect())
    reader = InMemoryMetricReader()
    meter = MeterProvider([reader], resource, shutdown_on_exit=False).get_meter(NAME)
    units = {figure.name: figure.unit for figure in figures}
    gauges = {name: meter.create_gauge(f"confluence_sync.{name}", units[name]) for name in units}
    for figure in figures:
        gauges[figure.name].set(figure.value, {**about, **figure.attributes})
    session = _Session()
    exporter = OTLPMetricExporter(f"{endpoint}/v1/metrics", timeout=seconds, session=session)
    data = reader.get_metrics_data()
    is_sent = data is not None and exporter.export(data) is MetricExportResult.SUCCESS
    return session.cause or ("" if is_sent else "the exporter refused them")
