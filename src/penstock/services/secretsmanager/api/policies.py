"""PutResourcePolicy, GetResourcePolicy, DeleteResourcePolicy, ValidateResourcePolicy.

Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_resource-policies.html
"""

from typing import Any

import orjson

from penstock.access import PolicyError, parse_policy
from penstock.server import Call, Params, operation
from penstock.services.secretsmanager.arns import SecretId, secret_id
from penstock.services.secretsmanager.errors import malformed_policy, not_implemented, public_policy
from penstock.services.secretsmanager.secrets.authorize import admit, secret_operation
from penstock.services.secretsmanager.secrets.secret import get_secret, live
from penstock.services.secretsmanager.state import SecretsState
from penstock.store import ReadTx, Tx, queries

Q = queries("penstock.services.secretsmanager.secrets")


@secret_operation("PutResourcePolicy")
async def put_resource_policy(state: SecretsState, call: Call, wanted: SecretId, params: Params) -> Params:
    """Returns the secret, whose policy is from now on what is given."""
    _refuse_named(params)
    text = params["ResourcePolicy"]
    try:
        parse_policy(text, kind="resource")
    except PolicyError as error:
        raise malformed_policy(str(error)) from None
    if params.get("BlockPublicPolicy") and _is_public(text):
        raise public_policy()
    return await state.store.write(_put, wanted, text)


@secret_operation("GetResourcePolicy")
async def get_resource_policy(state: SecretsState, call: Call, wanted: SecretId, params: Params) -> Params:
    """Returns the secret's policy, if it has one."""
    _refuse_named(params)
    return await state.store.read(_get, wanted)


@secret_operation("DeleteResourcePolicy")
async def delete_resource_policy(state: SecretsState, call: Call, wanted: SecretId, params: Params) -> Params:
    """Returns the secret, which has no policy any more."""
    _refuse_named(params)
    return await state.store.write(_put, wanted, None)


@operation("ValidateResourcePolicy", action=None)
async def validate_resource_policy(state: SecretsState, call: Call, params: Params) -> Params:
    """Returns whether the policy could be put on a secret, and what speaks against it."""
    if "SecretId" in params:
        await admit(state, call, "ValidateResourcePolicy", secret_id(call, params["SecretId"]), params)
    else:
        await call.authorize("secretsmanager:ValidateResourcePolicy", "*")
    problems = _problems(params["ResourcePolicy"])
    return {"PolicyValidationPassed": not problems, "ValidationErrors": problems}


def _refuse_named(params: Params) -> None:
    if params.get("PolicyName"):
        raise not_implemented("Named policies of secrets are")


def _put(tx: Tx, wanted: SecretId, text: str | None) -> Params:
    secret = live(tx, wanted)
    tx.run(Q.put_policy, text, secret.id)
    return {**secret.named}


def _get(tx: ReadTx, wanted: SecretId) -> Params:
    secret = get_secret(tx, wanted)
    return {**secret.named, "ResourcePolicy": secret.policy.text} if secret.policy else {**secret.named}


def _problems(text: str) -> list[dict[str, str]]:
    try:
        parse_policy(text, kind="resource")
    except PolicyError as error:
        return [{"CheckName": "POLICY_SYNTAX", "ErrorMessage": str(error)}]
    if _is_public(text):
        return [{"CheckName": "PUBLIC_POLICY", "ErrorMessage": "The policy lets in everybody."}]
    return []


def _is_public(text: str) -> bool:
    """Returns whether a statement lets in everybody under no condition."""
    statements: Any = orjson.loads(text)["Statement"]
    return any(map(_lets_in_everybody, [statements] if isinstance(statements, dict) else statements))


def _lets_in_everybody(statement: dict[str, Any]) -> bool:
    principal = statement.get("Principal")
    named = principal.get("AWS") if isinstance(principal, dict) else principal
    everybody = named == "*" or (isinstance(named, list) and "*" in named)
    return statement["Effect"] == "Allow" and everybody and not statement.get("Condition")
