"""On which key, and with which condition keys, operations are authorised.

Source: https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from penstock.access import Keys
from penstock.server import Call, Lookup, Params, operation, resource_tag_keys
from penstock.services.kms.arns import KeyName, key_name
from penstock.services.kms.errors import no_alias, no_key
from penstock.services.kms.keys.ciphertext import EncryptionContext
from penstock.services.kms.keys.grants import context_keys
from penstock.services.kms.keys.key import Key, find_named, get_key
from penstock.services.kms.keys.making import is_of_service, make_aws_managed
from penstock.services.kms.keys.specs import SYMMETRIC
from penstock.services.kms.keys.sweep import rotate_one
from penstock.services.kms.keys.tag_list import requested_tags
from penstock.services.kms.limits import ALIASES_PER_KEY
from penstock.services.kms.state import KmsState
from penstock.store import ReadTx, queries

Q = queries(__package__)

Handler = Callable[..., Any]

_MEMBERS = {
    "BypassPolicyLockoutSafetyCheck": "kms:BypassPolicyLockoutSafetyCheck",
    "EncryptionAlgorithm": "kms:EncryptionAlgorithm",
    "ExpirationModel": "kms:ExpirationModel",
    "KeyPairSpec": "kms:DataKeyPairSpec",
    "MacAlgorithm": "kms:MacAlgorithm",
    "MessageType": "kms:MessageType",
    "PendingWindowInDays": "kms:ScheduleKeyDeletionPendingWindowInDays",
    "RotationPeriodInDays": "kms:RotationPeriodInDays",
    "SigningAlgorithm": "kms:SigningAlgorithm",
    "ValidTo": "kms:ValidTo",
    "WrappingAlgorithm": "kms:WrappingAlgorithm",
    "WrappingKeySpec": "kms:WrappingKeySpec",
}


_DATA_KEYS = frozenset(
    {
        "GenerateDataKey",
        "GenerateDataKeyPair",
        "GenerateDataKeyPairWithoutPlaintext",
        "GenerateDataKeyWithoutPlaintext",
    }
)
# What is encrypted by default with a symmetric key, which is all that data keys are encrypted with.
_ENCRYPTING = _DATA_KEYS | {"Decrypt", "Encrypt"}
_BY_ALIAS = _ENCRYPTING | {
    "DescribeKey",
    "GenerateMac",
    "GetPublicKey",
    "ReEncryptFrom",
    "ReEncryptTo",
    "Sign",
    "Verify",
    "VerifyMac",
}
_ON_GRANTS = frozenset({"CreateGrant", "ListGrants", "RevokeGrant"})
_OF_NO_KEY = frozenset({"GenerateRandom", "ListAliases", "ListKeys", "ListRetirableGrants"})


def key_operation(name: str) -> Callable[[Handler], Handler]:
    """Returns a decorator that declares ``async handler(state, call, key, params)`` as AWS's ``name``.

    The caller, of whatever account, has been let in to the key that ``KeyId`` says by ``kms:name``.
    """
    return _declared(name, admit)


def own_key_operation(name: str) -> Callable[[Handler], Handler]:
    """Returns the same for operations that only a key's own account may ask for."""
    return _declared(name, admit_own)


async def admit(state: KmsState, call: Call, action: str, name: KeyName, keys: Keys) -> Key:
    """Returns the key, to which the caller may do ``kms:action``, rotated if that was due; AwsError."""
    key = await resolve(state, call, action, name)
    arn = key.arn if key else name.arn
    keys = {**keys, **request_alias(action, name)}
    await call.authorize(f"kms:{action}", arn, keys, aliases_of(key) if key else None)
    if key is None:
        raise no_alias(name.arn) if name.is_alias else no_key(name.arn)
    if not key.is_due(call.now_ms):
        return key
    while await state.store.write(rotate_one, key.id):
        pass
    return await state.store.read(get_key, key.id, key.place)


async def admit_own(state: KmsState, call: Call, action: str, name: KeyName, keys: Keys) -> Key:
    """Returns the same of a key of the caller's account."""
    if name.place[0] != call.account:
        raise no_key(name.arn)
    return await admit(state, call, action, name, keys)


async def resolve(state: KmsState, call: Call, action: str, name: KeyName) -> Key | None:
    """Returns the key that is called so, or None; nobody has asked whether the caller may know."""
    key = await state.store.read(find_named, name)
    wanted = bool(call.via) or action == "DescribeKey"
    if key is None and wanted and is_of_service(name) and name.place[0] == call.account:
        return await state.store.write(make_aws_managed, name)
    return key


def requested(call: Call, action: str, params: Params) -> Keys:
    """Returns the condition keys of what a call that needs ``kms:action`` asks for."""
    given: Keys = {key: _text(params[member]) for member, key in _MEMBERS.items() if member in params}
    encrypted = context_conditions(params.get("EncryptionContext") or {})
    return {**implied(call, action), **given, **encrypted, **requested_tags(params)}


def implied(call: Call, action: str) -> Keys:
    """Returns the condition keys that ``kms:action`` has whatever is asked for."""
    if action in _ENCRYPTING:
        return {"kms:EncryptionAlgorithm": SYMMETRIC}
    return {"kms:GrantIsForAWSResource": _text(bool(call.via))} if action in _ON_GRANTS else {}


def request_alias(action: str, name: KeyName) -> Keys:
    """Returns the condition key of the alias by which a key is called; management is by no alias."""
    return {"kms:RequestAlias": name.resource} if name.is_alias and action in _BY_ALIAS else {}


def context_conditions(context: EncryptionContext) -> Keys:
    """Returns the condition keys of an encryption context, AWS's and those of grants."""
    return {**encryption_context(context), **context_keys(context)}


def encryption_context(context: EncryptionContext) -> Keys:
    """Returns AWS's condition keys of an encryption context."""
    pairs: Keys = {f"kms:EncryptionContext:{name}": value for name, value in context.items()}
    return {**pairs, "kms:EncryptionContextKeys": list(context)} if context else {}


def brought_by(key: Key) -> dict[str, str]:
    """Returns the condition keys that a key brings, but for its aliases."""
    many = bool(key.settings.get("MultiRegion"))
    keys = {
        "kms:KeySpec": key.spec,
        "kms:KeyUsage": key.usage,
        "kms:KeyOrigin": key.origin,
        "kms:MultiRegion": _text(many),
        **resource_tag_keys(key.tags),
    }
    return {**keys, "kms:MultiRegionKeyType": "PRIMARY"} if many else keys


def aliases_of(key: Key) -> Lookup:
    """Returns the condition keys of the key's aliases."""

    def find(tx: ReadTx) -> Keys:
        rows = tx.all(Q.find_key_aliases, key.id, "", ALIASES_PER_KEY)
        return {"kms:ResourceAliases": [row[0] for row in rows]} if rows else {}

    return Lookup("kms:resourcealiases", find)


def condition_keys(call: Call) -> dict[str, str]:
    """Returns the caller's account, and the service through which it calls.

    A service that acts by itself is of no account of a customer's, so that the keys that AWS keeps are not for it.
    What is about no key has neither.
    """
    if call.operation in _OF_NO_KEY:
        return {}
    principal = call.principal
    keys = {} if principal.kind == "service" else {"kms:CallerAccount": principal.account}
    if not call.via:
        return keys
    service = call.via.partition(".")[0]
    return {**keys, "kms:ViaService": f"{service}.{call.region}.amazonaws.com"}


def _declared(name: str, let_in: Callable[..., Any]) -> Callable[[Handler], Handler]:
    def declare(handler: Handler) -> Handler:
        @wraps(handler)
        async def authorised(state: KmsState, call: Call, params: Params) -> Params | None:
            wanted = key_name(call, params["KeyId"])
            key = await let_in(state, call, name, wanted, requested(call, name, params))
            result: Params | None = await handler(state, call, key, params)
            return result

        return operation(name, action=None)(authorised)

    return declare


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return str(value).lower() if isinstance(value, bool) else str(value)
