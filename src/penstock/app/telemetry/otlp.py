"""Metrics and spans in OTLP's JSON: https://opentelemetry.io/docs/specs/otlp/#otlphttp and the protocol's definitions,
https://github.com/open-telemetry/opentelemetry-proto. Ids are hexadecimal there, 64-bit numbers are texts.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from penstock import __version__
from penstock.app.telemetry.exposition import Metric, Sample
from penstock.delivery.telling.spans import Span

Json = dict[str, Any]

_NS = 1_000_000
_CUMULATIVE = 2
_INTERNAL = 1
_ERROR = 2
_SCOPE = {"name": "penstock", "version": __version__}
_UNITS = ("seconds", "bytes")
_UCUM = {"seconds": "s", "bytes": "By", "": "1"}


def metrics_request(metrics: Iterable[Metric], started_ms: int, now_ms: int) -> Json:
    """Returns the body of an ExportMetricsServiceRequest; what adds up has done so since ``started_ms``."""
    told = [_metric(metric, str(started_ms * _NS), str(now_ms * _NS)) for metric in metrics]
    scope = {"scope": _SCOPE, "metrics": told}
    return {"resourceMetrics": [{"resource": _resource(), "scopeMetrics": [scope]}]}


def traces_request(spans: Iterable[Span]) -> Json:
    """Returns the body of an ExportTraceServiceRequest."""
    scope = {"scope": _SCOPE, "spans": [_span(span) for span in spans]}
    return {"resourceSpans": [{"resource": _resource(), "scopeSpans": [scope]}]}


def _resource() -> Json:
    return {"attributes": _attributes({"service.name": "penstock", "service.version": __version__})}


def _metric(metric: Metric, started_ns: str, now_ns: str) -> Json:
    unit = next((unit for unit in _UNITS if metric.name.endswith(f"_{unit}")), "")
    told: Json = {"name": metric.name, "description": metric.help, "unit": _UCUM[unit]}
    if metric.kind == "summary":
        return told | {"summary": {"dataPoints": _summary_points(metric.samples, started_ns, now_ns)}}
    points = [
        {"attributes": _attributes(sample.labels), "timeUnixNano": now_ns, "asDouble": float(sample.value)}
        for sample in metric.samples
    ]
    if metric.kind == "gauge":
        return told | {"gauge": {"dataPoints": points}}
    points = [{**point, "startTimeUnixNano": started_ns} for point in points]
    return told | {"sum": {"dataPoints": points, "aggregationTemporality": _CUMULATIVE, "isMonotonic": True}}


def _summary_points(samples: Iterable[Sample], started_ns: str, now_ns: str) -> list[Json]:
    points: dict[tuple[tuple[str, str], ...], Json] = {}
    for sample in samples:
        point = points.setdefault(
            tuple(sample.labels.items()),
            {
                "attributes": _attributes(sample.labels),
                "startTimeUnixNano": started_ns,
                "timeUnixNano": now_ns,
                "quantileValues": [],
            },
        )
        if sample.part == "_sum":
            point["sum"] = float(sample.value)
        else:
            point["count"] = str(int(sample.value))
    return list(points.values())


def _span(span: Span) -> Json:
    told: Json = {
        "traceId": span.trace,
        "spanId": span.id,
        "name": span.name,
        "kind": _INTERNAL,
        "startTimeUnixNano": str(span.started_ms * _NS),
        "endTimeUnixNano": str(span.ended_ms * _NS),
        "attributes": _attributes(span.attributes),
    }
    if span.parent:
        told["parentSpanId"] = span.parent
    if span.links:
        told["links"] = [{"traceId": trace, "spanId": id} for trace, id in span.links]
    if span.error:
        told["status"] = {"code": _ERROR, "message": span.error}
    return told


def _attributes(found: Mapping[str, str | int]) -> list[Json]:
    return [{"key": name, "value": _value(value)} for name, value in found.items()]


def _value(value: str | int) -> Json:
    if isinstance(value, bool):
        return {"boolValue": value}
    return {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}
