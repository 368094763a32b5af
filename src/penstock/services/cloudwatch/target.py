"""Metrics as a destination: what another service of this server has found is data in the transaction that found it.

A message is what PutMetricData takes, as JSON: a list of objects with ``Namespace`` and ``MetricData``, moments in
milliseconds since the epoch. It is addressed to ``arn:aws:cloudwatch:REGION:ACCOUNT:metric-data``.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from penstock.arn import Arn
from penstock.delivery import DestinationError, ForbiddenDestination, Message, Source, Target
from penstock.errors import AwsError
from penstock.services.cloudwatch.metrics.datum import Datum, read_data
from penstock.services.cloudwatch.metrics.recording import add_data
from penstock.store import ReadTx, Tx

_EPOCH = datetime.fromtimestamp(0, UTC)
_TAKEN = "metric-data"
_SERVICES = frozenset({"logs.amazonaws.com"})


class MetricsTarget(Target):
    """Delivery's way into the metrics, for services of this server only."""

    is_public = False

    def check(self, tx: ReadTx, arn: str, source: Source) -> None:
        """Returns when the source is a service that measures; there is nothing else that could be missing."""
        if source.service not in _SERVICES or source.principal.kind != "service":
            raise ForbiddenDestination(f"{source.name} may not put data at {arn}.")

    def accept(self, tx: Tx, arn: str, source: Source, message: Message) -> str:
        """Writes the data; raises DestinationError, having stored nothing, when one of them is none."""
        self.check(tx, arn, source)
        to = Arn.parse(arn)
        try:
            found = [
                data
                for put in orjson.loads(message.body)
                for data in read_data((to.account, to.region), put["Namespace"], _entries(put), tx.now_ms)
            ]
        except AwsError as error:
            raise DestinationError(f"{arn} does not take the data: {error.message}") from None
        add_data(tx, found)
        return _TAKEN


def _entries(put: dict[str, Any]) -> list[tuple[str, Datum]]:
    return [
        (
            f"MetricData.member.{number}",
            {**datum, "Timestamp": _EPOCH + timedelta(milliseconds=datum["Timestamp"])},
        )
        for number, datum in enumerate(put["MetricData"], 1)
    ]
