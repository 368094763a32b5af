"""Who may use a version of a layer: AddLayerVersionPermission and its like.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_AddLayerVersionPermission.html
"""

from typing import Any

import orjson

from penstock.server import Call, Params, operation
from penstock.services.lambda_.api.layers import get_layer_version_row, layer_name, version_arn
from penstock.services.lambda_.api.permissions import check_policy, policy_document, principal_of
from penstock.services.lambda_.errors import conflict, not_found, stale_revision
from penstock.services.lambda_.functions.layer import LayerName, LayerVersion
from penstock.services.lambda_.state import LambdaState
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)


@operation("AddLayerVersionPermission", action="lambda:AddLayerVersionPermission", resource=version_arn)
async def add_layer_version_permission(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns the new statement of the version's policy, as JSON text."""
    name = layer_name(call, params)
    statement: dict[str, Any] = {
        "Sid": params["StatementId"],
        "Effect": "Allow",
        "Principal": principal_of(params["Principal"]),
        "Action": params["Action"],
        "Resource": name.version_arn,
    }
    if organisation := params.get("OrganizationId"):
        statement["Condition"] = {"StringEquals": {"aws:PrincipalOrgID": organisation}}
    revision = await lambda_.store.write(_add, name, statement, params.get("RevisionId"))
    return {"Statement": orjson.dumps(statement).decode(), "RevisionId": revision}


@operation("RemoveLayerVersionPermission", action="lambda:RemoveLayerVersionPermission", resource=version_arn)
async def remove_layer_version_permission(lambda_: LambdaState, call: Call, params: Params) -> None:
    """Removes one statement; functions that have the layer already keep it."""
    await lambda_.store.write(
        _remove, layer_name(call, params), params["StatementId"], params.get("RevisionId")
    )


@operation("GetLayerVersionPolicy", action="lambda:GetLayerVersionPolicy", resource=version_arn)
async def get_layer_version_policy(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns the whole policy, as JSON text."""
    version = await lambda_.store.read(get_layer_version_row, layer_name(call, params))
    if version.policy_text is None:
        raise not_found("No policy is associated with the given resource.")
    return {"Policy": version.policy_text, "RevisionId": version.revision}


def _add(tx: Tx, name: LayerName, statement: dict[str, Any], revision: str | None) -> str:
    version = _at(tx, name, revision)
    document = policy_document(version.policy_text)
    if any(other["Sid"] == statement["Sid"] for other in document["Statement"]):
        raise conflict(
            f"The statement id ({statement['Sid']}) provided already exists. Please provide a new statement id, "
            "or remove the existing statement."
        )
    document["Statement"].append(statement)
    return _store(tx, version, check_policy(document))


def _remove(tx: Tx, name: LayerName, sid: str, revision: str | None) -> None:
    version = _at(tx, name, revision)
    document = policy_document(version.policy_text)
    kept = [statement for statement in document["Statement"] if statement["Sid"] != sid]
    if len(kept) == len(document["Statement"]):
        raise not_found(f"Statement {sid} is not found in resource policy.")
    _store(tx, version, orjson.dumps({**document, "Statement": kept}).decode() if kept else None)


def _at(tx: ReadTx, name: LayerName, revision: str | None) -> LayerVersion:
    version = get_layer_version_row(tx, name)
    if revision and revision != version.revision:
        raise stale_revision()
    return version


def _store(tx: Tx, version: LayerVersion, text: str | None) -> str:
    revision = tx.ids.uuid()
    tx.run(Q.put_layer_policy, text, revision, version.id)
    return revision
