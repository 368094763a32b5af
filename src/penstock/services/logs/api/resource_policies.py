"""PutResourcePolicy, DescribeResourcePolicies, DeleteResourcePolicy: which AWS services may write to log groups.

Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutResourcePolicy.html
"""

from collections.abc import Sequence
from typing import Any

from penstock.access import Policy, PolicyError, parse_policy
from penstock.server import Call, Params, operation
from penstock.services.logs import limits
from penstock.services.logs.errors import (
    invalid_parameter,
    no_resource_policy,
    too_many_policies,
    wrong_revision,
)
from penstock.services.logs.group import Key, Place, find_group, get_group, group_arn, key_of_arn
from penstock.services.logs.paging import make_token, read_token
from penstock.services.logs.state import LogsState
from penstock.store import ReadTx, Row, Tx, queries

Q = queries("penstock.services.logs")


@operation("PutResourcePolicy", action="logs:PutResourcePolicy")
async def put_resource_policy(logs: LogsState, call: Call, params: Params) -> Params:
    """Returns the policy, which is new or has been replaced."""
    document = _required(params, "policyDocument")
    try:
        parse_policy(document, kind="resource")
    except PolicyError as error:
        raise invalid_parameter(str(error)) from None
    if params.get("resourceArn"):
        return await _put_on_group(logs, call, params, document)
    name = _required(params, "policyName")
    await logs.store.write(_put, (call.account, call.region), name, document)
    return {"resourcePolicy": _shown((name, document, call.now_ms))}


@operation("DescribeResourcePolicies", action="logs:DescribeResourcePolicies")
async def describe_resource_policies(logs: LogsState, call: Call, params: Params) -> Params:
    """Returns the policies of the account by name."""
    if params.get("resourceArn"):
        return {"resourcePolicies": await logs.store.read(_of_group, _group(call, params))}
    if params.get("policyScope") == "RESOURCE":
        raise invalid_parameter("resourceArn is required for policies of the scope RESOURCE.")
    after = read_token(params["nextToken"], str)[0] if params.get("nextToken") else ""
    limit = params.get("limit") or limits.MAX_DESCRIBED
    rows = await logs.store.read(_find, (call.account, call.region), after, limit + 1)
    answer: Params = {"resourcePolicies": [_shown(row) for row in rows[:limit]]}
    if len(rows) > limit:
        answer["nextToken"] = make_token(rows[limit - 1][0])
    return answer


@operation("DeleteResourcePolicy", action="logs:DeleteResourcePolicy")
async def delete_resource_policy(logs: LogsState, call: Call, params: Params) -> None:
    """Returns when the policy lets nobody in any more."""
    if params.get("resourceArn"):
        revision = params.get("expectedRevisionId")
        await logs.store.write(_write_on_group, _group(call, params), (None, None, None), revision)
        return
    await logs.store.write(_delete, (call.account, call.region), _required(params, "policyName"))


def policy_of(tx: ReadTx, key: Key) -> Policy | None:
    """Returns what the policies of the account and that of the group say together; None when there are none."""
    of_account = tx.cached("logs.policies", key[:2], _load)
    of_group = tx.cached("logs.group_policy", key, _load_of_group)
    if of_account is None or of_group is None:
        return of_account or of_group
    return _together([of_account, of_group])


def _required(params: Params, member: str) -> str:
    value = params.get(member)
    if not value:
        raise invalid_parameter(f"Required parameter {member} is missing.")
    return str(value)


async def _put_on_group(logs: LogsState, call: Call, params: Params, document: str) -> Params:
    key, revision = _group(call, params), logs.ids.hex(32)
    row = (document, call.now_ms, revision)
    await logs.store.write(_write_on_group, key, row, params.get("expectedRevisionId"))
    return {"resourcePolicy": _shown_of_group(key, row), "revisionId": revision}


def _group(call: Call, params: Params) -> Key:
    key = key_of_arn(params["resourceArn"])
    if key is None or key[:2] != (call.account, call.region):
        raise invalid_parameter("resourceArn is not the ARN of a log group of this account and region.")
    return key


def _of_group(tx: ReadTx, key: Key) -> list[dict[str, Any]]:
    row = tx.one(Q.find_group_policy, get_group(tx, key).id)
    return [_shown_of_group(key, row)] if row else []


def _write_on_group(tx: Tx, key: Key, row: Row, expected: str | None) -> None:
    """Replaces the group's policy, if it is still the one that is ``expected``."""
    group = get_group(tx, key)
    present = tx.one(Q.find_group_policy, group.id)
    if present is None and row[0] is None:
        raise no_resource_policy(group_arn(key))
    if (present[2] if present else None) != expected:
        raise wrong_revision()
    tx.run(Q.put_group_policy, *row, group.id)
    tx.forget("logs.group_policy", key)


def _shown_of_group(key: Key, row: Row) -> dict[str, Any]:
    document, updated_ms, revision = row
    return {
        "policyDocument": document,
        "lastUpdatedTime": updated_ms,
        "policyScope": "RESOURCE",
        "resourceArn": group_arn(key),
        "revisionId": revision,
    }


def _put(tx: Tx, place: Place, name: str, document: str) -> None:
    tx.run(Q.put_resource_policy, *place, name, document, tx.now_ms)
    if len(_find(tx, place, "", limits.MAX_RESOURCE_POLICIES + 1)) > limits.MAX_RESOURCE_POLICIES:
        raise too_many_policies()
    tx.forget("logs.policies", place)


def _find(tx: ReadTx, place: Place, after: str, limit: int) -> list[Row]:
    return tx.all(Q.find_resource_policies, *place, after, limit)


def _delete(tx: Tx, place: Place, name: str) -> None:
    if not tx.run(Q.delete_resource_policy, *place, name):
        raise no_resource_policy(name)
    tx.forget("logs.policies", place)


def _load(tx: ReadTx, place: Place) -> Policy | None:
    rows = _find(tx, place, "", limits.MAX_RESOURCE_POLICIES)
    found = [parse_policy(document, kind="resource") for _, document, _ in rows]
    return _together(found) if found else None


def _load_of_group(tx: ReadTx, key: Key) -> Policy | None:
    group = find_group(tx, key)
    row = tx.one(Q.find_group_policy, group.id) if group else None
    return parse_policy(row[0], kind="resource") if row else None


def _together(policies: Sequence[Policy]) -> Policy:
    statements = tuple(statement for policy in policies for statement in policy.statements)
    keys = frozenset[str]().union(*(policy.keys for policy in policies))
    return Policy("resource", "", statements, "", keys)


def _shown(row: Row) -> dict[str, Any]:
    name, document, updated_ms = row
    return {
        "policyName": name,
        "policyDocument": document,
        "lastUpdatedTime": updated_ms,
        "policyScope": "ACCOUNT",
    }
