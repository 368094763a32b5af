"""Writes what became of deliveries to CloudWatch Logs, as the roles that a topic's owner names for it.

It is written behind the deliveries' back: what a role may not write, and what a crash overtakes, is not written, as in
AWS; the ledger has it all.

Source: https://docs.aws.amazon.com/sns/latest/dg/sns-topic-attributes.html
"""

import asyncio
import hashlib
import logging
from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

import orjson

from penstock.access import Principal
from penstock.delivery.stamps import iso_time
from penstock.errors import AwsError, PenstockError
from penstock.services.service import Parts
from penstock.services.sns.arns import SERVICE, Key
from penstock.store import ReadTx, Tx

log = logging.getLogger(__name__)

_SESSION = "delivery-status"
_MAX_WAITING = 10_000
_MAX_BATCH = 500


class Status(NamedTuple):
    """What became of one message at one endpoint. ``protocol`` is as in the names of attributes: ``HTTP``, ``SQS``."""

    protocol: str
    destination: str
    message_id: str
    text: str
    published_ms: int
    attempts: int
    code: object
    response: str
    ok: bool


class _Place(NamedTuple):
    """Where a line goes, and as which role."""

    account: str
    region: str
    group: str
    role: str


class StatusLog:
    """The delivery status of one server's topics."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._waiting: dict[_Place, list[dict[str, Any]]] = {}
        self._streams: dict[_Place, str] = {}
        self._count = 0
        self._writing: asyncio.Task[None] | None = None

    def note(self, tx: Tx, topic: Key, attributes: Mapping[str, str], status: Status) -> None:
        """Promises to write the status once it is durable, as far as the topic's ``attributes`` ask for it."""
        outcome = "Success" if status.ok else "Failure"
        role = attributes.get(f"{status.protocol}{outcome}FeedbackRoleArn")
        if role is None or not _is_sampled(tx, attributes, status):
            return
        account, region, name = topic
        group = f"sns/{region}/{account}/{name}" + ("" if status.ok else "/Failure")
        event = {"timestamp": tx.now_ms, "message": _line(topic, status, tx)}
        tx.after_commit(partial(self._add, _Place(account, region, group, role), event))

    def busy(self) -> bool:
        """Returns whether something is still to be written."""
        return self._writing is not None

    async def flushed(self) -> None:
        """Returns when all that was noted has been written."""
        while self._writing is not None:
            await asyncio.wait((self._writing,))

    def _add(self, place: _Place, event: dict[str, Any]) -> None:
        if self._count >= _MAX_WAITING:
            log.warning("delivery status for %s is not written: too much waits to be", place.group)
            return
        self._waiting.setdefault(place, []).append(event)
        self._count += 1
        if self._writing is None:
            self._writing = self._parts.supervisor.spawn("sns: delivery status", self._write())

    async def _write(self) -> None:
        try:
            while self._waiting:
                place, events = next(iter(self._waiting.items()))
                batch, rest = events[:_MAX_BATCH], events[_MAX_BATCH:]
                del self._waiting[place]
                if rest:
                    self._waiting[place] = rest
                self._count -= len(batch)
                await self._put(place, batch)
        finally:
            self._writing = None

    async def _put(self, place: _Place, events: list[dict[str, Any]]) -> None:
        try:
            principal = await self._parts.store.read(self._principal, place.role)
            if principal is None:
                log.warning("SNS may not assume the role %s, so delivery status is not written", place.role)
                return
            stream = self._streams.setdefault(place, self._parts.ids.uuid())
            params = {"logGroupName": place.group, "logStreamName": stream, "logEvents": _ordered(events)}
            try:
                await self._call(place, principal, "PutLogEvents", params)
            except AwsError as error:
                if error.code != "ResourceNotFoundException":
                    raise
                await self._create(place, principal, stream)
                await self._call(place, principal, "PutLogEvents", params)
        except PenstockError as error:
            log.warning("delivery status for %s is not written: %s", place.group, error)

    async def _create(self, place: _Place, principal: Principal, stream: str) -> None:
        group = {"logGroupName": place.group}
        for operation, params in (
            ("CreateLogGroup", group),
            ("CreateLogStream", {**group, "logStreamName": stream}),
        ):
            try:
                await self._call(place, principal, operation, params)
            except AwsError as error:
                if error.code != "ResourceAlreadyExistsException":
                    raise

    async def _call(
        self, place: _Place, principal: Principal, operation: str, params: dict[str, Any]
    ) -> None:
        await self._parts.call(
            "logs", operation, params, principal=principal, account=place.account, region=place.region
        )

    def _principal(self, tx: ReadTx, role: str) -> Principal | None:
        return self._parts.identities.keeper.role_principal(tx, role, service=SERVICE, session=_SESSION)


def _is_sampled(tx: Tx, attributes: Mapping[str, str], status: Status) -> bool:
    if not status.ok:
        return True
    rate = int(attributes.get(f"{status.protocol}SuccessFeedbackSampleRate", "100"))
    return rate == 100 or tx.ids.fraction() * 100 < rate


def _line(topic: Key, status: Status, tx: Tx) -> str:
    account, region, name = topic
    found = {
        "notification": {
            "messageMD5Sum": hashlib.md5(status.text.encode(), usedforsecurity=False).hexdigest(),
            "messageId": status.message_id,
            "topicArn": f"arn:aws:sns:{region}:{account}:{name}",
            "timestamp": iso_time(status.published_ms).replace("T", " ").rstrip("Z"),
        },
        "delivery": {
            "deliveryId": tx.ids.uuid(),
            "destination": status.destination,
            "providerResponse": status.response,
            "dwellTimeMs": max(0, tx.now_ms - status.published_ms),
            "attempts": status.attempts,
            "statusCode": status.code,
        },
        "status": "SUCCESS" if status.ok else "FAILURE",
    }
    return orjson.dumps(found).decode()


def _ordered(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(events, key=lambda event: int(event["timestamp"]))
