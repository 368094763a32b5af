"""Who made a call, as CloudTrail writes it.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
"""

from datetime import UTC, datetime
from typing import Any

from penstock.server.call import Call

_KINDS = {"root": "Root", "user": "IAMUser", "role": "AssumedRole", "federated": "FederatedUser"}


def identity(call: Call) -> dict[str, Any]:
    """Returns the ``userIdentity`` of a call."""
    principal = call.principal
    if principal.kind == "service":
        return {"type": "AWSService", "invokedBy": principal.service}
    if principal.kind == "anonymous":
        return {"type": "AWSAccount", "principalId": "", "accountId": "ANONYMOUS_PRINCIPAL"}
    found: dict[str, Any] = {
        "type": _KINDS[principal.kind],
        "principalId": principal.user_id,
        "arn": principal.arn,
        "accountId": principal.account,
    }
    if call.access_key_id:
        found["accessKeyId"] = call.access_key_id
    if principal.kind == "user":
        found["userName"] = principal.arn.rpartition("/")[2]
    if session := _session(call):
        found["sessionContext"] = session
    if call.via:
        found["invokedBy"] = call.via
    return found


def stamp(time_ms: int) -> str:
    """Returns a time as records have it, in whole seconds."""
    return datetime.fromtimestamp(time_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _session(call: Call) -> dict[str, Any]:
    principal = call.principal
    found: dict[str, Any] = {}
    if principal.role_arn:
        found["sessionIssuer"] = {
            "type": "Role",
            "principalId": principal.user_id.partition(":")[0],
            "arn": principal.role_arn,
            "accountId": principal.account,
            "userName": principal.role_arn.rpartition("/")[2],
        }
    if principal.issued_ms is not None:
        found["attributes"] = {"creationDate": stamp(principal.issued_ms), "mfaAuthenticated": "false"}
    return found
