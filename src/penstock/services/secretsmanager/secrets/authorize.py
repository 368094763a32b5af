"""On which ARN, and with which condition keys, operations on secrets are authorised.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from penstock.access import Keys
from penstock.server import Call, Params, operation, tag_keys
from penstock.services.secretsmanager.arns import SecretId, bare_arn, secret_id
from penstock.services.secretsmanager.secrets.secret import find_secret
from penstock.services.secretsmanager.state import SecretsState
from penstock.store import ReadTx

Handler = Callable[..., Any]

_MEMBERS = (
    "BlockPublicPolicy",
    "Description",
    "ExternalSecretRotationRoleArn",
    "ForceDeleteWithoutRecovery",
    "ForceOverwriteReplicaSecret",
    "KmsKeyId",
    "Name",
    "RecoveryWindowInDays",
    "RotationLambdaARN",
    "Type",
    "VersionId",
    "VersionStage",
)


def secret_operation(name: str) -> Callable[[Handler], Handler]:
    """Returns a decorator that declares ``async handler(state, call, wanted, params)`` as AWS's ``name``.

    The caller has been let in to the secret ``wanted`` by ``secretsmanager:name``. An ARN ends with characters that
    only the store knows.
    """

    def declare(handler: Handler) -> Handler:
        @wraps(handler)
        async def authorised(state: SecretsState, call: Call, params: Params) -> Params | None:
            wanted = secret_id(call, params["SecretId"])
            await admit(state, call, name, wanted, params)
            result: Params | None = await handler(state, call, wanted, params)
            return result

        return operation(name, action=None)(authorised)

    return declare


async def admit(state: SecretsState, call: Call, action: str, wanted: SecretId, params: Params) -> None:
    """Returns when the caller may do ``secretsmanager:action`` to the secret; AwsError."""
    arn = await state.store.read(_arn, wanted)
    context = {**requested(state, call, params), **_id_key(arn)}
    if action == "RotateSecret":
        context |= _rotation_keys(params)
    await call.authorize(f"secretsmanager:{action}", arn, context)


def requested(state: SecretsState, call: Call, params: Params) -> Keys:
    """Returns the condition keys of what a call asks for."""
    keys: Keys = {
        f"secretsmanager:{member}": _text(params[member]) for member in _MEMBERS if member in params
    }
    if str(params.get("KmsKeyId", "")).startswith("arn:"):
        keys["secretsmanager:KmsKeyArn"] = params["KmsKeyId"]
    if regions := [
        replica["Region"] for replica in params.get("AddReplicaRegions") or [] if "Region" in replica
    ]:
        keys["secretsmanager:AddReplicaRegions"] = regions
    tags = {tag["Key"]: tag.get("Value", "") for tag in params.get("Tags") or [] if "Key" in tag}
    return {**keys, **tag_keys(tags, params.get("TagKeys") or ())}


def _rotation_keys(params: Params) -> Keys:
    return {
        "secretsmanager:ModifyRotationRules": _text("RotationRules" in params),
        "secretsmanager:RotateImmediately": _text(params.get("RotateImmediately", True)),
    }


def _id_key(arn: str) -> Keys:
    return {"secretsmanager:SecretId": arn}


def _arn(tx: ReadTx, wanted: SecretId) -> str:
    secret = find_secret(tx, wanted)
    return secret.arn if secret else bare_arn(wanted.place, wanted.name)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
