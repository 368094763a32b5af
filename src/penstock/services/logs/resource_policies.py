"""PutResourcePolicy, DescribeResourcePolicies, DeleteResourcePolicy: which AWS services may write to log groups.

Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutResourcePolicy.html
"""

from typing import Any

from penstock.access import Policy, PolicyError, parse_policy
from penstock.server import Call, Params, operation
from penstock.services.logs import limits
from penstock.services.logs.errors import invalid_parameter, no_resource_policy, too_many_policies
from penstock.services.logs.group import Place
from penstock.services.logs.paging import make_token, read_token
from penstock.services.logs.state import LogsState
from penstock.store import ReadTx, Row, Tx, queries

Q = queries(__package__)


@operation("PutResourcePolicy", action="logs:PutResourcePolicy")
async def put_resource_policy(logs: LogsState, call: Call, params: Params) -> Params:
    """Returns the policy, which is new or has been replaced."""
    _refuse_group(params)
    name, document = _required(params, "policyName"), _required(params, "policyDocument")
    try:
        parse_policy(document, kind="resource")
    except PolicyError as error:
        raise invalid_parameter(str(error)) from None
    await logs.store.write(_put, (call.account, call.region), name, document)
    return {"resourcePolicy": _shown((name, document, call.now_ms))}


@operation("DescribeResourcePolicies", action="logs:DescribeResourcePolicies")
async def describe_resource_policies(logs: LogsState, call: Call, params: Params) -> Params:
    """Returns the policies of the account by name."""
    if params.get("policyScope") == "RESOURCE":
        return {"resourcePolicies": []}
    _refuse_group(params)
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
    _refuse_group(params)
    await logs.store.write(_delete, (call.account, call.region), _required(params, "policyName"))


def policy_of(tx: ReadTx, place: Place) -> Policy | None:
    """Returns what all policies of the account and region say together; None when there are none."""
    return tx.cached("logs.policies", place, _load)


def _required(params: Params, member: str) -> str:
    value = params.get(member)
    if not value:
        raise invalid_parameter(f"Required parameter {member} is missing.")
    return str(value)


def _refuse_group(params: Params) -> None:
    if params.get("resourceArn"):
        raise invalid_parameter("Policies of single log groups are not available here.")


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
    statements = tuple(statement for policy in found for statement in policy.statements)
    keys = frozenset[str]().union(*(policy.keys for policy in found))
    return Policy("resource", "", statements, "", keys) if found else None


def _shown(row: Row) -> dict[str, Any]:
    name, document, updated_ms = row
    return {
        "policyName": name,
        "policyDocument": document,
        "lastUpdatedTime": updated_ms,
        "policyScope": "ACCOUNT",
    }
