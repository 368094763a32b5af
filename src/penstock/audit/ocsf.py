"""Records in the words of the Open Cybersecurity Schema Framework: class API Activity, with the profile ``cloud``.

Source: https://schema.ocsf.io/1.3.0/classes/api_activity
"""

import ipaddress
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from penstock.audit.terms import Document, user_name

VERSION = "1.3.0"

_CATEGORY, _CLASS = 6, 6003
_OTHER = 99
_AWS_ACCOUNT = 10
_ACTIVITIES = {1: "Create", 2: "Read", 3: "Update", 4: "Delete", _OTHER: "Other"}
_VERBS = {
    1: ("Create", "Generate", "Import", "Run", "Start"),
    3: ("Add", "Associate", "Attach", "Change", "Modify", "Put", "Set", "Tag", "Update"),
    4: ("Abort", "Delete", "Detach", "Disassociate", "Remove", "Untag"),
}
_USER_TYPES = {"IAMUser": (1, "User"), "Root": (2, "Admin"), "AWSService": (3, "System")}


def api_activity(record: Mapping[str, Any]) -> Document:
    """Returns a record of CloudTrail's shape as an event of class 6003."""
    activity = _activity(record)
    failed = "errorCode" in record
    return {
        "activity_id": activity,
        "activity_name": _ACTIVITIES[activity],
        "category_uid": _CATEGORY,
        "category_name": "Application Activity",
        "class_uid": _CLASS,
        "class_name": "API Activity",
        "type_uid": _CLASS * 100 + activity,
        "type_name": f"API Activity: {_ACTIVITIES[activity]}",
        "severity_id": 1,
        "severity": "Informational",
        "status_id": 2 if failed else 1,
        "status": "Failure" if failed else "Success",
        "time": _ms(record["eventTime"]),
        "metadata": _metadata(record),
        "cloud": {
            "provider": "AWS",
            "region": record["awsRegion"],
            "account": _account(record["recipientAccountId"]),
        },
        "api": _api(record),
        "actor": _actor(record),
        "src_endpoint": _endpoint(record["sourceIPAddress"]),
        "http_request": {"user_agent": record["userAgent"]},
        "resources": [_resource(one) for one in record["resources"]],
        "unmapped": {
            "eventCategory": record["eventCategory"],
            "eventType": record["eventType"],
            "readOnly": record["readOnly"],
        },
    }


def _activity(record: Mapping[str, Any]) -> int:
    if record["readOnly"]:
        return 2
    name = str(record["eventName"])
    return next((number for number, verbs in _VERBS.items() if name.startswith(verbs)), _OTHER)


def _metadata(record: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "version": VERSION,
        "profiles": ["cloud"],
        "uid": record["eventID"],
        "event_code": record["eventType"],
        "log_version": record["eventVersion"],
        "product": {
            "name": "Penstock",
            "vendor_name": "Penstock",
            "feature": {"name": record["eventCategory"]},
        },
    }


def _api(record: Mapping[str, Any]) -> dict[str, Any]:
    api: dict[str, Any] = {
        "operation": record["eventName"],
        "service": {"name": record["eventSource"]},
        "request": {"uid": record["requestID"], "data": record["requestParameters"]},
        "response": {"data": record["responseElements"]},
    }
    if version := record.get("apiVersion"):
        api["version"] = version
    if code := record.get("errorCode"):
        api["response"] |= {"error": code, "error_message": record.get("errorMessage", "")}
    return api


def _actor(record: Mapping[str, Any]) -> dict[str, Any]:
    who = record["userIdentity"]
    type_id, kind = _USER_TYPES.get(who["type"], (_OTHER, who["type"]))
    user = {
        "type_id": type_id,
        "type": kind,
        "uid": who.get("principalId"),
        "uid_alt": who.get("arn"),
        "name": user_name(record),
        "credential_uid": who.get("accessKeyId"),
        "account": _account(who.get("accountId")),
    }
    actor: dict[str, Any] = {"user": {name: value for name, value in user.items() if value}}
    if session := who.get("sessionContext"):
        attributes = session.get("attributes", {})
        found = {
            "issuer": session.get("sessionIssuer", {}).get("arn"),
            "created_time": _ms(attributes["creationDate"]) if attributes else None,
            "is_mfa": attributes.get("mfaAuthenticated") == "true",
        }
        actor["session"] = {name: value for name, value in found.items() if value is not None}
    if by := who.get("invokedBy"):
        actor["invoked_by"] = by
    return actor


def _account(id: str | None) -> dict[str, Any] | None:
    return {"uid": id, "type_id": _AWS_ACCOUNT, "type": "AWS Account"} if id else None


def _endpoint(source: str) -> dict[str, str]:
    try:
        return {"ip": str(ipaddress.ip_address(source))}
    except ValueError:
        return {"svc_name": source}


def _resource(resource: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {"uid": resource["ARN"]}
    if kind := resource.get("type"):
        found["type"] = kind
    if account := _account(resource.get("accountId")):
        found["owner"] = {"account": account}
    return found


def _ms(time: str) -> int:
    return int(datetime.fromisoformat(time).timestamp() * 1000)
