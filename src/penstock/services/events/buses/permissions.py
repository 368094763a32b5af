"""PutPermission and RemovePermission: who besides the account may put events on a bus.

Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutPermission.html
"""

from typing import Any

import orjson

from penstock.access import PolicyError, parse_policy
from penstock.server import Call, Params, operation
from penstock.services.events.arns import Key, bus_arn, bus_key
from penstock.services.events.buses.bus import asked_bus, get_bus, policy_text, put_bus
from penstock.services.events.errors import no_policy, no_statement, policy_too_long, validation
from penstock.services.events.limits import MAX_POLICY_BYTES
from penstock.services.events.state import EventsState
from penstock.store import Tx

_BY_STATEMENT = ("Action", "Principal", "StatementId", "Condition")


@operation("PutPermission", action="events:PutPermission", resource=asked_bus)
async def put_permission(events: EventsState, call: Call, params: Params) -> None:
    """Replaces the policy of the bus, or adds one statement in the place of that with its id."""
    key = bus_key(call, params)
    if "Policy" in params:
        if any(params.get(member) for member in _BY_STATEMENT):
            raise validation("Policy can't be combined with StatementId, Action, Principal or Condition.")
        await events.store.write(_put_policy, key, params["Policy"])
        return
    await events.store.write(_put_statement, key, _statement(key, params))


@operation("RemovePermission", action="events:RemovePermission", resource=asked_bus)
async def remove_permission(events: EventsState, call: Call, params: Params) -> None:
    """Takes one statement out of the policy, or all of it."""
    key = bus_key(call, params)
    if params.get("RemoveAllPermissions"):
        await events.store.write(_put_policy, key, None)
        return
    if not params.get("StatementId"):
        raise validation("Parameter(s) StatementId must be specified.")
    await events.store.write(_remove_statement, key, params["StatementId"])


def _statement(key: Key, params: Params) -> dict[str, Any]:
    for member in ("Action", "Principal", "StatementId"):
        if not params.get(member):
            raise validation(f"Parameter(s) {member} must be specified.")
    if params["Action"] != "events:PutEvents":
        raise validation("Provided value in parameter 'action' is not supported.")
    who = params["Principal"]
    statement: dict[str, Any] = {
        "Sid": params["StatementId"],
        "Effect": "Allow",
        "Principal": who if who == "*" else {"AWS": f"arn:aws:iam::{who}:root"},
        "Action": params["Action"],
        "Resource": bus_arn(key),
    }
    if condition := params.get("Condition"):
        if (condition["Type"], condition["Key"]) != ("StringEquals", "aws:PrincipalOrgID"):
            raise validation("Only StringEquals of aws:PrincipalOrgID is supported in a condition.")
        statement["Condition"] = {condition["Type"]: {condition["Key"]: condition["Value"]}}
    return statement


def _put_policy(tx: Tx, key: Key, text: str | None) -> None:
    bus = get_bus(tx, key)
    if text is not None:
        _check(text)
    put_bus(tx, bus, text)


def _put_statement(tx: Tx, key: Key, statement: dict[str, Any]) -> None:
    bus = get_bus(tx, key)
    document = _document(policy_text(bus)) or {"Version": "2012-10-17", "Statement": []}
    kept = [other for other in document["Statement"] if other.get("Sid") != statement["Sid"]]
    text = orjson.dumps({**document, "Statement": [*kept, statement]}).decode()
    _check(text)
    put_bus(tx, bus, text)


def _remove_statement(tx: Tx, key: Key, sid: str) -> None:
    bus = get_bus(tx, key)
    document = _document(policy_text(bus))
    if document is None:
        raise no_policy()
    kept = [other for other in document["Statement"] if other.get("Sid") != sid]
    if len(kept) == len(document["Statement"]):
        raise no_statement()
    put_bus(tx, bus, orjson.dumps({**document, "Statement": kept}).decode() if kept else None)


def _check(text: str) -> None:
    if len(text.encode()) > MAX_POLICY_BYTES:
        raise policy_too_long()
    try:
        parse_policy(text, kind="resource")
    except PolicyError as error:
        raise validation(str(error)) from None


def _document(text: str | None) -> dict[str, Any] | None:
    if text is None:
        return None
    document: dict[str, Any] = orjson.loads(text)
    if isinstance(document["Statement"], dict):
        document["Statement"] = [document["Statement"]]
    return document
