"""Replays: a subscription gets once more what its FIFO topic has archived.

While it does, and after one that has an end, it gets nothing else: a replay without an end goes on until it has come to
the newest message, so that the order holds.

Source: https://docs.aws.amazon.com/sns/latest/dg/message-archiving-and-replay-subscriber.html
"""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple

import orjson

from penstock.delivery import Delivery, Message
from penstock.delivery.trace_header import child_header
from penstock.services.sns.topics.topic import Topic
from penstock.store import Tx


class ReplayStatus(StrEnum):
    """How far a replay is; the values are AWS's."""

    PENDING = "Pending"
    IN_PROGRESS = "In progress"
    COMPLETED = "Completed"


class Replay(NamedTuple):
    """Which messages: published from ``start_ms`` to ``end_ms``, both included; ``run`` tells it from others."""

    run: str
    start_ms: int
    end_ms: int | None
    status: ReplayStatus = ReplayStatus.PENDING

    @property
    def lets_new_pass(self) -> bool:
        """Returns whether what is published now reaches the subscription."""
        return self.status is ReplayStatus.COMPLETED and self.end_ms is None


class ReplayStep(NamedTuple):
    """A step of a replay as a delivery to the topic keeps it: whose, and behind which number it goes on."""

    uid: str
    run: str
    after: str


class ReplayProblem(Exception):
    """The policy is malformed; the message says how."""


def parse_replay(text: str, run: str) -> Replay:
    """Returns the replay that a ``ReplayPolicy`` asks for; ReplayProblem."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise ReplayProblem("failed to parse JSON.") from None
    if not isinstance(found, dict):
        raise ReplayProblem("must be a JSON object")
    if extra := found.keys() - {"PointType", "StartingPoint", "EndingPoint"}:
        raise ReplayProblem(f"Unexpected JSON member: {min(extra)}")
    if found.get("PointType") != "Timestamp":
        raise ReplayProblem("PointType must be Timestamp")
    start_ms = _time_ms(found, "StartingPoint")
    end_ms = _time_ms(found, "EndingPoint") if "EndingPoint" in found else None
    if end_ms is not None and end_ms < start_ms:
        raise ReplayProblem("EndingPoint must not be before StartingPoint")
    return Replay(run, start_ms, end_ms)


def replay_document(replay: Replay | None) -> str | None:
    """Returns the replay as a row keeps it."""
    return orjson.dumps({"v": 1, **replay._asdict()}).decode() if replay else None


def read_replay(text: str | None) -> Replay | None:
    """Returns the replay that a row keeps."""
    if text is None:
        return None
    found = orjson.loads(text)
    return Replay(found["run"], found["start_ms"], found["end_ms"], ReplayStatus(found["status"]))


def send_step(tx: Tx, delivery: Delivery, topic: Topic, step: ReplayStep) -> None:
    """Promises to make the next step of a replay."""
    trace = child_header(None, tx.ids.hex(16), now_ms=tx.now_ms, ids=tx.ids)
    body = orjson.dumps({"v": 1, "replay": step._asdict()})
    delivery.carry(tx, topic.arn, topic.source, Message(body, trace))


def read_step(body: bytes) -> ReplayStep | None:
    """Returns the step that a delivery to a topic is, None when it is another one."""
    found = orjson.loads(body)
    return ReplayStep(**found["replay"]) if "replay" in found else None


def _time_ms(found: dict[str, Any], name: str) -> int:
    try:
        time = datetime.fromisoformat(found[name])
        return round((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp() * 1000)
    except (KeyError, TypeError, ValueError, OverflowError):
        raise ReplayProblem(f"{name} must be a time, as 2026-01-31T12:00:00.000Z is") from None
