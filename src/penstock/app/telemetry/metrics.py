"""``GET /_penstock/metrics``: what the server knows of itself, as Prometheus reads it.

Names and units follow https://prometheus.io/docs/practices/naming/. No label comes from a client, but for the names of
resources, of which no metric has more than a bound.
"""

import ipaddress
from collections.abc import Iterator
from typing import TYPE_CHECKING

from penstock import __version__
from penstock.app.telemetry.aws_metrics import AwsMetrics
from penstock.app.telemetry.exposition import Metric, Sample, exposition
from penstock.errors import AwsError
from penstock.server import Request
from penstock.wire import WireResponse, complete

if TYPE_CHECKING:
    from penstock.app.application import App

_TYPE = b"text/plain; version=0.0.4; charset=utf-8"
_DESTINATIONS = 20  # the longest lanes: a server may have thousands


class MetricsPage:
    """The page, for callers on this machine, or for everybody when the setting ``metrics`` says so."""

    def __init__(self, app: "App") -> None:
        self._app = app
        self._aws = AwsMetrics(app.measurements)

    async def answer(self, request: Request, rest: str) -> WireResponse:
        """Returns the metrics; AwsError ``AccessDenied``, ``NotFound``."""
        if rest or request.method != "GET":
            raise AwsError("NotFound", f"There is no {request.method} {request.path}.", status=404)
        if self._app.config.metrics != "everybody" and not _is_local(request):
            raise AwsError("AccessDenied", "Only callers on the server's machine may read this.", status=403)
        return complete(200, [(b"content-type", _TYPE)], exposition(await self.metrics()))

    async def metrics(self) -> list[Metric]:
        """Returns everything that is measured."""
        return [*metrics_of(self._app), *await self._aws.metrics()]


def metrics_of(app: "App") -> Iterator[Metric]:
    """Yields what the server knows of itself."""
    yield Metric("penstock_info", "gauge", "The server's version.", [Sample(1, {"version": __version__})])
    yield _requests(app)
    yield from _loop(app)
    yield Metric("penstock_store_commits_total", "counter", "Commits.", [Sample(app.store.commits)])
    help = "Transactions in those commits: together they are the size of a batch."
    yield Metric("penstock_store_writes_total", "counter", help, [Sample(app.store.writes)])
    yield from _backlog(app)
    for service in app.services:
        for name, (value, help) in service.gauges().items():
            yield Metric(f"penstock_{service.name}_{name}", "gauge", help, [Sample(value)])
    help = "Measured values that were not kept: too many series, or minutes that CloudWatch did not take."
    yield Metric("penstock_measurements_dropped_total", "counter", help, [Sample(app.measurements.dropped)])
    if app.exporter:
        yield from app.exporter.metrics()
    problems = app.health()["problems"]
    yield Metric("penstock_problems", "gauge", "What health names a problem.", [Sample(len(problems))])
    help = "Room left on the file system of the data directory."
    yield Metric("penstock_disk_free_bytes", "gauge", help, [Sample(app.disk.free_bytes)])


def _requests(app: "App") -> Metric:
    samples = [
        Sample(count, {"service": service, "operation": operation, "status": str(status)})
        for (service, operation, status), count in sorted(app.gateway.requests.items())
    ]
    help = "Requests over HTTP; operation is empty where none that is served was named."
    return Metric("penstock_requests_total", "counter", help, samples)


def _loop(app: "App") -> Iterator[Metric]:
    lag = app.lag.recent()
    help = "How late the event loop was at most in the last minute."
    yield Metric("penstock_loop_lag_max_seconds", "gauge", help, [Sample(lag.max_ms / 1000)])
    help = "How late the event loop was 1 time in 100 in the last minute."
    yield Metric("penstock_loop_lag_p99_seconds", "gauge", help, [Sample(lag.p99_ms / 1000)])
    stalls = [Sample(count, {"by": name}) for name, count in sorted(app.lag.stalls.items())]
    help = "How often something held the event loop for more than 20 ms."
    yield Metric("penstock_loop_stalls_total", "counter", help, stalls)


def _backlog(app: "App") -> Iterator[Metric]:
    lanes = app.delivery.lanes
    help = "Deliveries that have not ended."
    yield Metric("penstock_backlog_deliveries", "gauge", help, [Sample(lanes.backlog)])
    longest = [Sample(count, {"destination": arn}) for arn, count in lanes.longest(_DESTINATIONS)]
    help = f"Deliveries that have not ended, of the {_DESTINATIONS} destinations with most."
    yield Metric("penstock_destination_backlog_deliveries", "gauge", help, longest)
    help = "Destinations that keep failing: they are asked one delivery at a time whether they work again."
    yield Metric("penstock_breakers_open", "gauge", help, [Sample(lanes.held())])
    help = "Destinations of low priority that wait for high ones, or because there is too much to do."
    yield Metric("penstock_destinations_put_off", "gauge", help, [Sample(len(lanes.put_off()))])


def _is_local(request: Request) -> bool:
    """Returns whether the caller is on this machine, and no proxy on it that asks for somebody elsewhere."""
    forwarded = request.headers.keys() & {"forwarded", "x-forwarded-for", "x-real-ip"}
    return not forwarded and _is_loopback(request.source_ip)


def _is_loopback(address: str) -> bool:
    # A socket that listens on :: shows callers over IPv4 in its own notation, and some with a zone.
    return ipaddress.ip_address(address.removeprefix("::ffff:").partition("%")[0]).is_loopback
