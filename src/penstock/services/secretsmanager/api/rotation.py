"""RotateSecret, CancelRotateSecret.

Source: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html
"""

from typing import Any

from penstock.access import Principal
from penstock.errors import AwsError
from penstock.server import Call, Params
from penstock.services.secretsmanager.arns import SERVICE, SecretId
from penstock.services.secretsmanager.errors import (
    cannot_invoke,
    invalid_parameter,
    invalid_request,
    not_implemented,
)
from penstock.services.secretsmanager.secrets.authorize import secret_operation
from penstock.services.secretsmanager.secrets.rotation import (
    Rotation,
    begin,
    find_rotation,
    next_rotation,
    put_rotation,
)
from penstock.services.secretsmanager.secrets.secret import live
from penstock.services.secretsmanager.state import SecretsState
from penstock.store import ReadTx, Tx


@secret_operation("RotateSecret")
async def rotate_secret(state: SecretsState, call: Call, wanted: SecretId, params: Params) -> Params:
    """Returns the secret, which its function rotates now, and from now on when its rules say."""
    if params.get("ExternalSecretRotationMetadata") or params.get("ExternalSecretRotationRoleArn"):
        raise not_implemented("Rotation by partners is")
    named, function = await state.store.read(_function, wanted, params.get("RotationLambdaARN"))
    await _check_invocable(state, named["ARN"], wanted, function)
    token = params.get("ClientRequestToken") or state.ids.uuid()
    answer = await state.store.write(_rotate, wanted, function, token, params)
    state.rotation_woken.set()
    return answer


@secret_operation("CancelRotateSecret")
async def cancel_rotate_secret(state: SecretsState, call: Call, wanted: SecretId, params: Params) -> Params:
    """Returns the secret, which is not rotated any more; a rotation under way stops where it is."""
    return await state.store.write(_cancel, wanted)


async def _check_invocable(state: SecretsState, arn: str, wanted: SecretId, function: str) -> None:
    account, region = wanted.place
    try:
        await state.call(
            "lambda",
            "Invoke",
            {"FunctionName": function, "InvocationType": "DryRun"},
            principal=Principal.of_service(SERVICE, account, arn),
            account=account,
            region=region,
        )
    except AwsError as error:
        raise cannot_invoke() from error


def _function(tx: ReadTx, wanted: SecretId, given: str | None) -> tuple[Params, str]:
    """Returns the secret's names and its function: the one given, or that it had."""
    secret = live(tx, wanted)
    rotation = find_rotation(tx, secret.id)
    function = given or (rotation.function if rotation else None)
    if not function:
        raise invalid_request("No Lambda rotation function ARN is associated with this secret.")
    return {**secret.named}, function


def _rotate(tx: Tx, wanted: SecretId, function: str, token: str, params: dict[str, Any]) -> Params:
    secret = live(tx, wanted)
    former = find_rotation(tx, secret.id)
    rules = params.get("RotationRules") or (former.rules if former else {})
    if params.get("RotationRules") and not rules.keys() & {"AutomaticallyAfterDays", "ScheduleExpression"}:
        raise invalid_parameter("RotationRules must say when: AutomaticallyAfterDays or ScheduleExpression.")
    next_ms = next_rotation(rules, tx.now_ms)
    made = Rotation(
        secret.id, function, rules, True, former.rotated_ms if former else None, next_ms, due_ms=next_ms
    )
    if former is not None and former.token is not None:
        made = made._replace(token=former.token, step=former.step, tries=former.tries, due_ms=former.due_ms)
    if params.get("RotateImmediately") is False:
        put_rotation(tx, made)
        return {**secret.named}
    if made.token != token:
        begin(tx, secret, made, token)
    return {**secret.named, "VersionId": token}


def _cancel(tx: Tx, wanted: SecretId) -> Params:
    secret = live(tx, wanted)
    rotation = find_rotation(tx, secret.id)
    if rotation is None or not rotation.is_enabled:
        raise invalid_request(
            "You tried to cancel rotation for a secret that does not have an associated Lambda function."
        )
    answer = {**secret.named, **({"VersionId": rotation.token} if rotation.token else {})}
    put_rotation(tx, rotation._replace(is_enabled=False).planned(tx.now_ms))
    return answer
