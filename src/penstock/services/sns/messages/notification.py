"""What was published to a topic, or is told to an endpoint of its subscription, as a value and as a row keeps it."""

import base64
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

import orjson

Attributes = Mapping[str, Mapping[str, Any]]


class Kind(StrEnum):
    """What a message is; the values are AWS's."""

    NOTIFICATION = "Notification"
    SUBSCRIPTION = "SubscriptionConfirmation"
    UNSUBSCRIPTION = "UnsubscribeConfirmation"


@dataclass(frozen=True)
class Notification:
    """One message of a topic.

    ``texts`` are what single protocols get in place of ``message`` (MessageStructure ``json``); then attributes are
    for filters alone. ``token`` confirms a subscription. ``after`` is the number of the subscription behind which
    what is left of a wide fan-out goes on. ``replayed``: it comes from the archive. ``signatures`` are those made so
    far, as a signer has them.
    """

    id: str
    topic_arn: str
    time_ms: int
    message: str
    kind: Kind = Kind.NOTIFICATION
    subject: str | None = None
    attributes: Attributes = field(default_factory=dict)
    texts: Mapping[str, str] | None = None
    group: str | None = None
    deduplication_id: str | None = None
    sequence: str | None = None
    token: str | None = None
    after: int | None = None
    replayed: bool = False
    signatures: Mapping[str, str] | None = None

    def text(self, protocol: str) -> str:
        """Returns what the endpoints of ``protocol`` read."""
        return self.texts.get(protocol, self.message) if self.texts else self.message

    @property
    def sent_attributes(self) -> Attributes:
        """Returns the attributes that endpoints are given."""
        return {} if self.texts is not None else self.attributes

    def behind(self, number: int) -> "Notification":
        """Returns the message for the subscriptions behind the one with ``number``."""
        return replace(self, after=number)


def notification_document(notification: Notification) -> bytes:
    """Returns the message as a delivery keeps it."""
    found = {name: value for name, value in asdict(notification).items() if value is not None}
    return orjson.dumps({"v": 1, **found}, default=_base64)


def read_notification(body: bytes) -> Notification:
    """Returns the message that a delivery keeps."""
    found = orjson.loads(body)
    known = {name: found[name] for name in Notification.__dataclass_fields__ if name in found}
    attributes = {name: _attribute(value) for name, value in known.get("attributes", {}).items()}
    return Notification(**{**known, "kind": Kind(known["kind"]), "attributes": attributes})


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _attribute(value: dict[str, Any]) -> dict[str, Any]:
    if "BinaryValue" in value:
        return value | {"BinaryValue": base64.b64decode(value["BinaryValue"])}
    return value
