"""What rows keep as JSON: keyed and versioned, so that a row says by itself what it holds, and old ones are read.

A document has its version as ``v``. The upgrades of a kind are a chain: the first makes version 1 of what had no
version (lists by position), each next one a version more. What is written is always the newest.
"""

import base64
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, fields
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from penstock.delivery.change import ObjectChange
from penstock.delivery.ladder import Ladder, Phase
from penstock.delivery.message import Message
from penstock.delivery.rule import Rule
from penstock.delivery.source import Source
from penstock.delivery.trace_header import kept_own, read_own

Document = dict[str, Any]
Upgrades = tuple[Callable[[Any], Document], ...]


_CHANGE_FIELDS = [field.name for field in fields(ObjectChange)]


class Sender(NamedTuple):
    """A source as a row keeps it: ``role`` and ``session`` say who the principal is, "" means the service itself."""

    service: str
    arn: str
    account: str
    sender_id: str
    role: str = ""
    session: str = ""


def change_document(change: ObjectChange) -> str:
    """Returns the change as a row keeps it."""
    # Name by name: every change is written, and a loop over the names takes twice as long.
    document = {
        "v": 1,
        "event_name": change.event_name,
        "account": change.account,
        "region": change.region,
        "bucket": change.bucket,
        "key": change.key,
        "version_id": change.version_id,
        "size": change.size,
        "etag": change.etag,
        "time_ms": change.time_ms,
        "requester": change.requester,
        "source_ip": change.source_ip,
        "request_id": change.request_id,
        "host_id": change.host_id,
        "trace": change.trace,
        "requester_account": change.requester_account,
    }
    return orjson.dumps(document).decode()


def read_change(text: str) -> ObjectChange:
    """Returns the change that a row keeps."""
    found = _read(text, (lambda values: dict(zip(_CHANGE_FIELDS, values, strict=False)),))
    return ObjectChange(**_known(found, _CHANGE_FIELDS))


def rules_document(rules: Iterable[Rule]) -> str:
    """Returns a bucket's rules as a row keeps them."""
    return orjson.dumps({"v": 1, "rules": [asdict(rule) for rule in rules]}).decode()


def read_rules(text: str) -> list[Rule]:
    """Returns the rules that a row keeps."""
    found = _read(text, (_keyed_rules,))["rules"]
    return [
        Rule(**{name: _tuple(value) for name, value in _known(rule, Rule.__slots__).items()})
        for rule in found
    ]


def taken_document(taken: list[dict[str, str | None]]) -> str:
    """Returns the deliveries that were part of a commit as the event's row keeps them."""
    return orjson.dumps({"v": 1, "taken": taken}).decode()


def read_taken(text: str | None) -> list[Document]:
    """Returns ``rule``, ``arn`` and ``receipt`` of each delivery that an event's row keeps."""
    return list(_read(text, (_keyed_taken,))["taken"]) if text else []


def kept_trace(document: str) -> str:
    """Returns the trace header that a row keeps with a message."""
    return str(orjson.loads(document)["trace"])


def message_document(message: Message) -> str:
    """Returns all of the message but its body as a row keeps it."""
    found: Document = {"v": 1, "trace": kept_own(message.trace)}
    if message.attributes:
        found["attributes"] = {name: dict(value) for name, value in message.attributes.items()}
    if message.group is not None:
        found["group"] = message.group
    if message.deduplication_id is not None:
        found["deduplication_id"] = message.deduplication_id
    if message.subject is not None:
        found["subject"] = message.subject
    if message.request_id is not None:
        found["request_id"] = message.request_id
    if message.structured:
        found["structured"] = True
    return orjson.dumps(found, default=_base64).decode()


def read_message(body: bytes, text: str) -> Message:
    """Returns the message of a row."""
    found = _read(text, ())
    attributes = {name: _attribute(value) for name, value in found.get("attributes", {}).items()}
    named = {name: found.get(name) for name in ("group", "deduplication_id", "subject", "request_id")}
    structured = found.get("structured", False)
    return Message(body, read_own(found["trace"]), attributes, **named, structured=structured)


def sender_document(source: Source) -> str:
    """Returns who sends as a row keeps it: a role's name, but not what it may."""
    found = {"v": 1, "service": source.service, "arn": source.arn, "account": source.account}
    principal = source.principal
    if principal.role_arn:
        found |= {"role": principal.role_arn, "session": principal.arn.rpartition("/")[2]}
    return orjson.dumps(found | {"sender_id": source.sender_id}).decode()


def read_sender(text: str) -> Sender:
    """Returns who sends what a row keeps."""
    return Sender(**_known(_read(text, ()), Sender._fields))


@lru_cache(maxsize=64)
def ladder_document(ladder: Ladder) -> str:
    """Returns the ladder as a row keeps it."""
    return orjson.dumps(
        {
            "v": 1,
            "phases": [phase._asdict() for phase in ladder.phases],
            "max_age_ms": ladder.max_age_ms,
            "source": ladder.source,
        }
    ).decode()


@lru_cache(maxsize=64)
def read_ladder(text: str) -> Ladder:
    """Returns the ladder that a row keeps."""
    found = _read(text, ())
    phases = tuple(Phase(**_known(phase, Phase._fields)) for phase in found["phases"])
    return Ladder(phases, found["max_age_ms"], found["source"])


def _read(text: str, upgrades: Upgrades) -> Document:
    found: Any = orjson.loads(text)
    version = found["v"] if isinstance(found, dict) else 0
    for upgrade in upgrades[version:]:
        found = upgrade(found)
    document: Document = found
    return document


def _known(found: Mapping[str, Any], names: Iterable[str]) -> Document:
    return {name: found[name] for name in names if name in found}


def _keyed_rules(rules: list[list[Any]]) -> Document:
    return {"rules": [dict(zip(Rule.__slots__, rule, strict=False)) for rule in rules]}


def _keyed_taken(taken: list[list[str]]) -> Document:
    return {"taken": [dict(zip(("rule", "arn", "receipt"), one, strict=True)) for one in taken]}


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _attribute(value: Document) -> Document:
    if "BinaryValue" in value:
        return value | {"BinaryValue": base64.b64decode(value["BinaryValue"])}
    return value
