"""What a record can be looked up by: follows from its document alone."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from penstock.audit.limits import MAX_TERM_BYTES

Document = dict[str, Any]
"""A record as CloudTrail writes it."""

ALL = ("", "")
"""The term of every record."""

Term = tuple[str, str]
"""A kind and a value; the kinds are those of CloudTrail's LookupAttributes, and ``ErrorCode``."""


def terms(document: Mapping[str, Any]) -> set[Term]:
    """Returns the terms of a record."""
    return {(kind, key(str(value))) for kind, value in _said(document) if value}.union(
        (ALL, _place(document))
    )


def place(region: str) -> Term:
    """Returns the term of the management events of a region."""
    return "Place", f"Management {region}"


def key(value: str) -> str:
    """Returns how a value is kept: by its hash when it is too long for an index, or no text for a database."""
    data = value.encode("utf-8", "replace")
    if len(data) <= MAX_TERM_BYTES and "\0" not in value:
        return data.decode()
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def user_name(document: Mapping[str, Any]) -> str:
    """Returns the name that CloudTrail's event history shows: of a user, of a role's session, or ``root``."""
    who = document["userIdentity"]
    if who.get("type") == "Root":
        return "root"
    if who.get("type") == "AssumedRole":
        return str(who.get("arn", "")).rpartition("/")[2]
    return str(who.get("userName") or "")


def resource_names(arn: str) -> Iterator[str]:
    """Yields what a resource goes by: its ARN, its name, and the bucket of an object."""
    yield arn
    parts = arn.split(":", 5)
    if len(parts) < 6:
        return
    kind, divided, rest = parts[5].partition("/" if "/" in parts[5] else ":")
    yield parts[5]
    if divided:
        yield rest if parts[4] else kind


def _said(document: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield "EventId", document["eventID"]
    yield "EventName", document["eventName"]
    yield "EventSource", document["eventSource"]
    yield "ReadOnly", "true" if document["readOnly"] else "false"
    yield "Username", user_name(document)
    yield "Username", document["userIdentity"].get("arn")
    yield "AccessKeyId", document["userIdentity"].get("accessKeyId")
    yield "ErrorCode", document.get("errorCode")
    resources: Iterable[Mapping[str, Any]] = document.get("resources", ())
    for resource in resources:
        yield "ResourceType", resource.get("type")
        for name in resource_names(str(resource.get("ARN", ""))):
            yield "ResourceName", name


def _place(document: Mapping[str, Any]) -> Term:
    if document["managementEvent"]:
        return place(document["awsRegion"])
    return "Place", f"Data {document['awsRegion']}"
