"""PutResourcePolicy, GetResourcePolicy, DeleteResourcePolicy: who else may use a table.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutResourcePolicy.html
"""

from penstock.server import Call, Params, operation
from penstock.services.dynamodb.arns import named
from penstock.services.dynamodb.errors import invalid, no_policy, policy_moved
from penstock.services.dynamodb.state import DynamoState
from penstock.services.dynamodb.tables.names import Asked, asked_key, requested_table
from penstock.services.dynamodb.tables.policy_text import checked_policy, split_policy
from penstock.services.dynamodb.tables.table import Table, forget_table
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

_NO_POLICY = "NO_POLICY"
"""The revision that a caller expects who thinks that there is no policy."""


def governed_resource(dynamo: DynamoState, call: Call, params: Params) -> str:
    """Returns the ARN that is among the parameters."""
    return str(params["ResourceArn"])


@operation("PutResourcePolicy", action="dynamodb:PutResourcePolicy", resource=governed_resource)
async def put_resource_policy(dynamo: DynamoState, call: Call, params: Params) -> Params:
    """Returns the revision of the policy, which is new or has been replaced."""
    return {"RevisionId": await dynamo.store.write(_put, _asked(call, params), params)}


@operation("GetResourcePolicy", action="dynamodb:GetResourcePolicy", resource=governed_resource)
async def get_resource_policy(dynamo: DynamoState, call: Call, params: Params) -> Params:
    """Returns the policy and its revision."""
    revision, document = await dynamo.store.read(_get, _asked(call, params))
    if not document:
        raise no_policy(params["ResourceArn"])
    return {"Policy": document, "RevisionId": revision}


@operation("DeleteResourcePolicy", action="dynamodb:DeleteResourcePolicy", resource=governed_resource)
async def delete_resource_policy(dynamo: DynamoState, call: Call, params: Params) -> Params:
    """Returns the revision of the policy that is gone, nothing when there was none."""
    revision = await dynamo.store.write(_delete, _asked(call, params), params)
    return {"RevisionId": revision} if revision else {}


def _asked(call: Call, params: Params) -> Asked:
    found = named(params["ResourceArn"])
    if found is None or found.kind == "index" or found.table[1] != call.region:
        raise invalid(f"Invalid ResourceArn: {params['ResourceArn']}")
    if found.kind:
        raise invalid("Resource-based policies of streams are not available here.")
    return asked_key(call, found.table)


def _stored(tx: ReadTx, asked: Asked) -> tuple[Table, str, str]:
    table = requested_table(tx, asked)
    row = tx.one(Q.find_policy, table.id)
    return table, *split_policy(row[0] if row else "")


def _get(tx: ReadTx, asked: Asked) -> tuple[str, str]:
    _, revision, document = _stored(tx, asked)
    return revision, document


def _put(tx: Tx, asked: Asked, params: Params) -> str:
    table, revision, _ = _stored(tx, asked)
    _expect(params, revision)
    policy = checked_policy(params["Policy"], tx.ids)
    tx.run(Q.put_policy, policy, table.id)
    forget_table(tx, table.key)
    return split_policy(policy)[0]


def _delete(tx: Tx, asked: Asked, params: Params) -> str:
    table, revision, _ = _stored(tx, asked)
    _expect(params, revision)
    tx.run(Q.put_policy, "", table.id)
    forget_table(tx, table.key)
    return revision


def _expect(params: Params, revision: str) -> None:
    expected = params.get("ExpectedRevisionId")
    if expected and expected != (revision or _NO_POLICY):
        raise policy_moved(params["ResourceArn"], expected)
