"""One time that a schedule is due: what is to be sent, as rows keep it, whatever becomes of the schedule meanwhile."""

import hashlib
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson

from penstock.services.scheduler.arns import ScheduleKey
from penstock.services.scheduler.invoking.kind import Kind, kind_of


class Firing(NamedTuple):
    """``target`` are the members of the schedule's Target; ``execution`` names the firing to its target."""

    schedule: ScheduleKey
    target: dict[str, Any]
    scheduled_ms: int
    execution: str

    @property
    def kind(self) -> Kind:
        """Returns what kind of target it is for."""
        kind = kind_of(self.target["Arn"])
        assert kind is not None  # nothing else is taken for a target
        return kind

    def payload(self, attempt: int) -> str:
        """Returns what the target gets at its ``attempt``, from 1: its input with its context attributes, or AWS's own.

        Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
        """
        text = self.target.get("Input")
        return self._notification() if text is None else filled(text, self, attempt)

    def _notification(self) -> str:
        """Returns what EventBridge Scheduler says when nothing is said in its place."""
        return orjson.dumps(
            {
                "version": "0",
                "id": _uuid(self.execution),
                "detail-type": "Scheduled Event",
                "source": "aws.scheduler",
                "account": self.schedule.account,
                "time": shown_time(self.scheduled_ms),
                "region": self.schedule.region,
                "resources": [self.schedule.arn],
                "detail": "{}",
            }
        ).decode()


def filled(text: str, firing: Firing, attempt: int) -> str:
    """Returns the text with the context attributes that it names."""
    if "<aws.scheduler." not in text:
        return text
    for name, value in (
        ("schedule-arn", firing.schedule.arn),
        ("scheduled-time", shown_time(firing.scheduled_ms)),
        ("execution-id", firing.execution),
        ("attempt-number", str(attempt)),
    ):
        text = text.replace(f"<aws.scheduler.{name}>", value)
    return text


def _uuid(execution: str) -> str:
    h = hashlib.sha256(execution.encode()).hexdigest()
    return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-a{h[17:20]}-{h[20:32]}"


def firing_document(firing: Firing) -> bytes:
    """Returns the firing as a row keeps it."""
    return orjson.dumps({"v": 1, **firing._asdict(), "schedule": list(firing.schedule)})


def read_firing(body: bytes) -> Firing:
    """Returns the firing that a row keeps."""
    found = orjson.loads(body)
    key = ScheduleKey(*found["schedule"])
    return Firing(key, found["target"], found["scheduled_ms"], found["execution"])


def shown_time(ms: int) -> str:
    """Returns ``2022-03-22T18:59:43Z``."""
    return datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
