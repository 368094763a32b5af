"""A function's resource policy, statement by statement: AddPermission, RemovePermission, GetPolicy."""

import re
from typing import Any

import orjson

from penstock.access import Keys, PolicyError, parse_policy
from penstock.errors import AwsError
from penstock.server import Call, Params, operation
from penstock.services.lambda_.api.condition_keys import permission_keys
from penstock.services.lambda_.api.naming import function_arn, function_name
from penstock.services.lambda_.errors import conflict, invalid, not_found
from penstock.services.lambda_.functions.function import Function, Holder
from penstock.services.lambda_.functions.qualified import (
    find_qualified,
    forget,
    get_qualified,
    get_qualified_revision,
    revision_of,
)
from penstock.services.lambda_.limits import MAX_POLICY_BYTES
from penstock.services.lambda_.names import LATEST, FunctionName
from penstock.services.lambda_.state import LambdaState
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

_PUT = {
    Holder.FUNCTION: Q.put_policy,
    Holder.VERSION: Q.put_version_policy,
    Holder.ALIAS: Q.put_alias_policy,
}
_ACCOUNT = re.compile(r"\d{12}")
_ROOT = re.compile(r"arn:aws:iam::(\d{12}):root")
_ARN = re.compile(r"arn:aws:(iam|sts)::\d{12}:.+")
_SERVICE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com|[a-z0-9-]+\.alexa\.com")


@operation("AddPermission", action="lambda:AddPermission", resource=function_arn, context=permission_keys)
async def add_permission(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns the new statement of the function's policy, as JSON text."""
    if params.get("FunctionUrlAuthType") and params["Action"] != "lambda:InvokeFunctionUrl":
        raise invalid("FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action")
    name = function_name(call, params)
    if name.qualifier == LATEST:
        raise invalid("We currently do not support adding policies for $LATEST.")
    return {
        "Statement": await lambda_.store.write(_add, name, _statement(name, params), params.get("RevisionId"))
    }


@operation("RemovePermission", action=None)
async def remove_permission(lambda_: LambdaState, call: Call, params: Params) -> None:
    """Removes one statement; nobody is allowed anything by it from the next request on."""
    # Whom the statement is for decides who may remove it, and only the function's policy says so.
    keys = await lambda_.store.read(_principal_keys, function_name(call, params), params["StatementId"])
    await call.authorize("lambda:RemovePermission", function_arn(lambda_, call, params), keys)
    await lambda_.store.write(
        _remove, function_name(call, params), params["StatementId"], params.get("RevisionId")
    )


@operation("GetPolicy", action="lambda:GetPolicy", resource=function_arn)
async def get_policy(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns the whole policy, as JSON text."""
    text, revision = await lambda_.store.read(_policy, function_name(call, params))
    return {"Policy": text, "RevisionId": revision}


def _principal_keys(tx: ReadTx, name: FunctionName, sid: str) -> Keys:
    function = find_qualified(tx, name)
    for statement in policy_document(function.policy_text)["Statement"] if function else ():
        if statement["Sid"] == sid:
            return {"lambda:Principal": _asked_for(statement["Principal"])}
    return {}


def _asked_for(principal: str | dict[str, str]) -> str:
    """Returns what AddPermission was given as ``Principal``."""
    if isinstance(principal, str):
        return principal
    (text,) = principal.values()
    root = _ROOT.fullmatch(text)
    return root[1] if root else text


def _statement(name: FunctionName, params: Params) -> dict[str, Any]:
    """Returns the statement that AWS makes of the request."""
    conditions: dict[str, dict[str, str]] = {}
    if account := params.get("SourceAccount"):
        conditions.setdefault("StringEquals", {})["AWS:SourceAccount"] = account
    if organisation := params.get("PrincipalOrgID"):
        conditions.setdefault("StringEquals", {})["aws:PrincipalOrgID"] = organisation
    if token := params.get("EventSourceToken"):
        conditions.setdefault("StringEquals", {})["lambda:EventSourceToken"] = token
    if kind := params.get("FunctionUrlAuthType"):
        conditions.setdefault("StringEquals", {})["lambda:FunctionUrlAuthType"] = kind
    if params.get("InvokedViaFunctionUrl"):
        conditions["Bool"] = {"lambda:InvokedViaFunctionUrl": "true"}
    if source := params.get("SourceArn"):
        conditions["ArnLike"] = {"AWS:SourceArn": source}
    statement: dict[str, Any] = {
        "Sid": params["StatementId"],
        "Effect": "Allow",
        "Principal": principal_of(params["Principal"]),
        "Action": params["Action"],
        "Resource": name.qualified_arn,
    }
    if conditions:
        statement["Condition"] = conditions
    return statement


def principal_of(text: str) -> object:
    """Returns the ``Principal`` of a statement that AWS makes of what a request names."""
    if text == "*":
        return "*"
    if _ACCOUNT.fullmatch(text):
        return {"AWS": f"arn:aws:iam::{text}:root"}
    if _ARN.fullmatch(text):
        return {"AWS": text}
    if _SERVICE.fullmatch(text):
        return {"Service": text}
    raise invalid("The provided principal was invalid. Please check the principal and try again.")


def _add(tx: Tx, name: FunctionName, statement: dict[str, Any], revision: str | None) -> str:
    function = get_qualified_revision(tx, name, revision)
    document = policy_document(function.policy_text)
    if any(other["Sid"] == statement["Sid"] for other in document["Statement"]):
        raise conflict(
            f"The statement id ({statement['Sid']}) provided already exists. Please provide a new statement id, "
            "or remove the existing statement."
        )
    document["Statement"].append(statement)
    _store(tx, function, check_policy(document))
    return orjson.dumps(statement).decode()


def check_policy(document: dict[str, Any]) -> str:
    """Returns the policy as it is stored; AwsError when it is too long, or none."""
    text = orjson.dumps(document).decode()
    if len(text) > MAX_POLICY_BYTES:
        raise AwsError(
            "PolicyLengthExceededException",
            f"The final policy size ({len(text)}) is bigger than the limit ({MAX_POLICY_BYTES}).",
            status=400,
            Type="User",
        )
    try:
        parse_policy(text, kind="resource")
    except PolicyError as error:
        raise invalid(str(error)) from None
    return text


def _remove(tx: Tx, name: FunctionName, sid: str, revision: str | None) -> None:
    function = get_qualified_revision(tx, name, revision)
    if function.policy_text is None:
        raise not_found("No policy is associated with the given resource.")
    document = policy_document(function.policy_text)
    kept = [statement for statement in document["Statement"] if statement["Sid"] != sid]
    if len(kept) == len(document["Statement"]):
        raise not_found(f"Statement {sid} is not found in resource policy.")
    text = orjson.dumps({**document, "Statement": kept}).decode() if kept else None
    _store(tx, function, text)


def _policy(tx: ReadTx, name: FunctionName) -> tuple[str, str]:
    function = get_qualified(tx, name)
    if function.policy_text is None:
        raise not_found("The resource you requested does not exist.")
    return function.policy_text, revision_of(tx, function)


def policy_document(text: str | None) -> dict[str, Any]:
    """Returns the policy as it was stored, without a statement when there is none."""
    found: dict[str, Any] = (
        orjson.loads(text) if text else {"Version": "2012-10-17", "Id": "default", "Statement": []}
    )
    return found


def _store(tx: Tx, function: Function, text: str | None) -> None:
    tx.run(_PUT[function.holder], text, tx.ids.uuid(), function.holder_row)
    forget(tx, function)
