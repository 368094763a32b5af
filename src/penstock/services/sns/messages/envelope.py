"""What endpoints read of a message: AWS's JSON documents, signed, and the links in them.

Source: https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html and
https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
"""

import base64
import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

import orjson

from penstock.delivery.stamps import iso_time
from penstock.services.sns.messages.certificate import Certificate
from penstock.services.sns.messages.notification import Kind, Notification


class Signer:
    """Signs one message; a text is signed once, however many endpoints read it and however often it is tried.

    ``frames`` are the envelopes made so far but for what is each subscription's own, by protocol. ``signatures`` are
    those made so far, by version and digest of the text: what is kept for another try is kept with them.
    """

    def __init__(
        self,
        certificate: Certificate,
        version: str,
        endpoint: str,
        signatures: Mapping[str, str] | None = None,
    ) -> None:
        self.version = version
        self.endpoint = endpoint
        self.certificate_url = certificate.url(endpoint)
        self.frames: dict[str, tuple[str, str]] = {}
        self._certificate = certificate
        self.signatures: dict[str, str] = dict(signatures or {})

    def signature(self, text: str) -> str:
        """Returns the signature of ``text``."""
        key = f"{self.version}:{hashlib.sha256(text.encode()).hexdigest()}"
        if key not in self.signatures:
            self.signatures[key] = self._certificate.signature(text, self.version)
        return self.signatures[key]


class Addressee(NamedTuple):
    """Whom a document is for: by ``protocol``, under the subscription ``arn``."""

    protocol: str
    arn: str


def envelope(notification: Notification, to: Addressee, signer: Signer) -> str:
    """Returns the JSON document of the message as queues and HTTP endpoints get it."""
    frame = signer.frames.get(to.protocol)
    if frame is None:
        frame = signer.frames[to.protocol] = _frame(notification, to, signer)
    head, tail = frame
    if notification.kind is not Kind.NOTIFICATION:
        return head + tail
    return f'{head},\n  "UnsubscribeURL" : "{unsubscribe_url(signer.endpoint, to.arn)}"{tail}'


def function_event(notification: Notification, to: Addressee, signer: Signer) -> bytes:
    """Returns the event that a function is invoked with.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
    """
    members = _members(notification, to, signer)
    sns = {
        "Type": members["Type"],
        "MessageId": members["MessageId"],
        "TopicArn": members["TopicArn"],
        "Subject": notification.subject,
        "Message": members["Message"],
        "Timestamp": members["Timestamp"],
        "SignatureVersion": members["SignatureVersion"],
        "Signature": members["Signature"],
        "SigningCertUrl": members["SigningCertURL"],
        "UnsubscribeUrl": unsubscribe_url(signer.endpoint, to.arn),
        "MessageAttributes": {name: _of_function(value) for name, value in _attributes(notification).items()},
    }
    record = {"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": to.arn, "Sns": sns}
    return orjson.dumps({"Records": [record]})


def unsubscribe_url(endpoint: str, arn: str) -> str:
    """Returns the link that ends the subscription."""
    return f"{endpoint}/?Action=Unsubscribe&SubscriptionArn={arn}"  # ARNs have no letters to be encoded


def subscribe_url(endpoint: str, topic_arn: str, token: str) -> str:
    """Returns the link that confirms a subscription."""
    query = {"Action": "ConfirmSubscription", "TopicArn": topic_arn, "Token": token}
    return f"{endpoint}/?" + urlencode(query, safe=":/")


def _frame(notification: Notification, to: Addressee, signer: Signer) -> tuple[str, str]:
    """Returns what stands before and behind the link of a subscription."""
    lines = [f'  "{name}" : {_text(value)}' for name, value in _members(notification, to, signer).items()]
    head = "{\n" + ",\n".join(lines)
    if not (attributes := _attributes(notification)):
        return head, "\n}"
    inner = ",\n".join(f"    {_text(name)} : {_text(value)}" for name, value in attributes.items())
    return head, f',\n  "MessageAttributes" : {{\n{inner}\n  }}\n}}'


def _members(notification: Notification, to: Addressee, signer: Signer) -> dict[str, str]:
    """Returns the members of the document in AWS's order, without those that only some endpoints read."""
    found: dict[str, str | None] = {
        "Type": notification.kind,
        "MessageId": notification.id,
        "SequenceNumber": notification.sequence,
        "Token": notification.token,
        "TopicArn": notification.topic_arn,
        "Subject": notification.subject,
        "Message": notification.text(to.protocol),
        "SubscribeURL": _subscribe_url(notification, signer),
        "Timestamp": iso_time(notification.time_ms),
    }
    members = {name: value for name, value in found.items() if value is not None}
    members["SignatureVersion"] = signer.version
    members["Signature"] = signer.signature(signed_text(members))
    members["SigningCertURL"] = signer.certificate_url
    if notification.replayed:
        members["Replayed"] = "true"
    return members


_SIGNED = {
    Kind.NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    Kind.SUBSCRIPTION: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    Kind.UNSUBSCRIPTION: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}


def signed_text(members: Mapping[str, str]) -> str:
    """Returns what is signed of a document: names and values by line, of those members that it has."""
    return "".join(f"{name}\n{members[name]}\n" for name in _SIGNED[Kind(members["Type"])] if name in members)


def _subscribe_url(notification: Notification, signer: Signer) -> str | None:
    if notification.token is None:
        return None
    return subscribe_url(signer.endpoint, notification.topic_arn, notification.token)


def _attributes(notification: Notification) -> dict[str, dict[str, str]]:
    return {
        name: {"Type": value["DataType"], "Value": _attribute_value(value)}
        for name, value in notification.sent_attributes.items()
    }


def _attribute_value(value: Mapping[str, Any]) -> str:
    binary = value.get("BinaryValue")
    return base64.b64encode(binary).decode() if binary is not None else str(value.get("StringValue", ""))


def _of_function(value: dict[str, str]) -> dict[str, str]:
    """Functions know strings and bytes only."""
    return value if value["Type"].startswith("Binary") else value | {"Type": "String"}


def _text(value: object) -> str:
    return orjson.dumps(value).decode()
