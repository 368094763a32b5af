"""Sends metrics and traces to an OpenTelemetry collector, once a minute, behind everybody's back.

Nothing waits for it. Metrics are sums since the start, so an export that fails is made good by the next. Traces are
read from the ledger, which keeps them meanwhile: what the collector did not take is sent again. Only when more waits
than is worth sending is the oldest passed over, counted, and said in health.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import NamedTuple
from urllib.parse import urlsplit

import orjson

from penstock.app.telemetry.exposition import Metric, Sample
from penstock.app.telemetry.otlp import Json, metrics_request, traces_request
from penstock.clock import Clock
from penstock.delivery.telling.spans import Place, Span, last_place, spans_behind
from penstock.errors import StoreUnavailable
from penstock.measurements import MINUTE_MS
from penstock.store import Store

log = logging.getLogger(__name__)

_TIMEOUT_S = 10.0
_MOST_STEPS = 100  # of traces in one minute, up to a hundred rows each
_MOST_BEHIND = 100_000  # rows of the ledger
_REFUSED = range(400, 500)
_TRY_AGAIN = (408, 429)

Measure = Callable[[], Awaitable[Iterable[Metric]]]


class Sent(NamedTuple):
    """What became of a request: ``is_over`` when it is of no use to send it again."""

    ok: bool
    is_over: bool
    why: str = ""


class Exporter:
    """One per server; ``endpoint`` is the collector's base URL."""

    def __init__(self, endpoint: str, clock: Clock, store: Store, measure: Measure) -> None:
        self._base = endpoint.rstrip("/")
        self._clock = clock
        self._store = store
        self._measure = measure
        self._started_ms = clock.now_ms()
        self._place: Place | None = None
        self._why = ""
        self.failed = 0
        """Requests that the collector did not take."""
        self.dropped = 0
        """Rows of the ledger that are told of in no trace."""

    async def run(self) -> None:
        """Exports when a minute begins. Never returns."""
        minute = self._clock.now_ms() // MINUTE_MS
        self._place = self._place or await self._store.read(last_place)
        while True:
            await self._clock.wait_until((minute + 1) * MINUTE_MS)
            minute = self._clock.now_ms() // MINUTE_MS
            try:
                await self.export()
            except StoreUnavailable:
                log.exception("what is to be exported could not be read")

    async def export(self) -> None:
        """Returns when the metrics and what spans there are have been sent, or could not be."""
        body = metrics_request(await self._measure(), self._started_ms, self._clock.now_ms())
        self._note(await self._send("/v1/metrics", body))
        await self._export_spans()

    def problems(self) -> dict[str, str]:
        """Returns that the collector does not take what it is sent, and why not, for health."""
        if not self._why:
            return {}
        return {
            "otlp": f"{self._base} {self._why}; {self.failed} requests failed, {self.dropped} rows dropped"
        }

    def metrics(self) -> Iterable[Metric]:
        """Yields what became of the exports."""
        help = "Exports that the OpenTelemetry collector did not take."
        yield Metric("penstock_otlp_failed_total", "counter", help, [Sample(self.failed)])
        help = "Rows of the ledger that went into no trace."
        yield Metric("penstock_otlp_dropped_total", "counter", help, [Sample(self.dropped)])

    async def _export_spans(self) -> None:
        place = self._place = self._first(await self._store.read(last_place))
        for _ in range(_MOST_STEPS):
            spans, behind = await self._store.read(spans_behind, place)
            if behind == place:
                return
            sent = await self._send_spans(spans)
            self._note(sent)
            if not sent.ok and not sent.is_over:
                return
            if not sent.ok:
                self.dropped += (behind.event - place.event) + (behind.attempt - place.attempt)
            place = self._place = behind

    async def _send_spans(self, spans: list[Span]) -> Sent:
        return await self._send("/v1/traces", traces_request(spans)) if spans else Sent(True, True)

    def _first(self, end: Place) -> Place:
        """Returns behind what to go on, having passed over what is too much."""
        place = self._place or end
        first = Place(
            max(place.event, end.event - _MOST_BEHIND), max(place.attempt, end.attempt - _MOST_BEHIND)
        )
        self.dropped += sum(first) - sum(place)
        return first

    def _note(self, sent: Sent) -> None:
        self._why = sent.why
        if not sent.ok:
            self.failed += 1
            log.warning("the export to %s failed: it %s", self._base, sent.why)

    async def _send(self, path: str, body: Json) -> Sent:
        import httpcore  # nobody pays for it who does not export

        data = orjson.dumps(body)
        waits = dict.fromkeys(("connect", "read", "write", "pool"), _TIMEOUT_S)
        headers = [("content-type", "application/json"), ("host", urlsplit(self._base).netloc)]
        extensions = {"timeout": waits}
        try:
            async with (
                asyncio.timeout(_TIMEOUT_S),
                httpcore.AsyncConnectionPool() as pool,
                pool.stream(
                    "POST", self._base + path, headers=headers, content=data, extensions=extensions
                ) as got,
            ):
                status = got.status  # what else it says may have no end
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, OSError) as error:
            return Sent(False, False, f"cannot be reached: {error or type(error).__name__}")
        if 200 <= status < 300:
            return Sent(True, True)
        is_over = status in _REFUSED and status not in _TRY_AGAIN
        return Sent(False, is_over, f"answered with status {status}")
