"""What a policy is asked: who, what, on which resource, under which circumstances."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Protocol

from penstock.access.principal import Principal

_TYPES = {
    "root": "Account",
    "user": "User",
    "role": "AssumedRole",
    "federated": "FederatedUser",
    "provider": "Anonymous",
    "service": "Service",
    "anonymous": "Anonymous",
}
# Those that say whose resource they act for by the older key, which the default policies of topics ask for.
# Source: https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html#source-account-versus-source-owner
_SAY_OWNER = frozenset({"cloudwatch.amazonaws.com"})
Values = tuple[str, ...]
Keys = dict[str, str | list[str]]
"""Condition keys with their values."""


class Context(Protocol):
    """Where condition keys come from: a mapping, or something that makes one when a policy asks for a key."""

    def items(self) -> Iterable[tuple[str, str | list[str]]]:
        """Returns the keys with their values."""


def time_keys(now_ms: int) -> Keys:
    """Returns the condition keys that say when it is."""
    now = datetime.fromtimestamp(now_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"aws:CurrentTime": now, "aws:EpochTime": str(now_ms // 1000)}


class AccessRequest:
    """One question; ``action`` is lower-case. ``values`` answers for condition keys and policy variables."""

    __slots__ = ("_account", "_context", "_keys", "action", "principal", "resource")

    def __init__(
        self,
        principal: Principal,
        action: str,
        resource: str,
        context: Context,
        account: str,
    ) -> None:
        self.principal = principal
        self.action = action.lower()
        self.resource = resource
        self._context = context
        self._account = account
        self._keys: dict[str, Values] | None = None

    def values(self, key: str) -> Values | None:
        """Returns the values of the condition key (lower-case), or None when the request does not have it."""
        if self._keys is None:
            self._keys = self._load()
        return self._keys.get(key)

    def _load(self) -> dict[str, Values]:
        keys = _of_principal(self.principal)
        if self._account:
            keys["aws:resourceaccount"] = (self._account,)
        for name, value in self._context.items():
            keys[name.lower()] = (value,) if isinstance(value, str) else tuple(value)
        return keys


def _of_principal(principal: Principal) -> dict[str, Values]:
    """Returns the global condition keys that say who asks.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    is_service, is_provider = principal.kind == "service", principal.kind == "provider"
    keys: dict[str, Values] = {
        "aws:principaltype": (_TYPES[principal.kind],),
        "aws:principalisawsservice": ("true" if is_service else "false",),
    }
    if principal.user_id and not is_service:
        keys["aws:userid"] = (principal.user_id,)
    if is_service:
        keys["aws:principalservicename"] = (principal.service,)
        keys["aws:principalservicenameslist"] = (principal.service,)
        if principal.account:
            keys["aws:sourceaccount"] = (principal.account,)
            if principal.service in _SAY_OWNER:
                keys["aws:sourceowner"] = (principal.account,)
        if principal.source_arn:
            keys["aws:sourcearn"] = (principal.source_arn,)
    elif is_provider:
        keys["aws:federatedprovider"] = (principal.service,)
    elif principal.kind != "anonymous":
        keys["aws:principalaccount"] = (principal.account,)
        role = principal.role_arn if principal.kind == "role" else ""
        keys["aws:principalarn"] = (role or principal.arn,)
    if principal.kind == "user":
        keys["aws:username"] = (principal.arn.rpartition("/")[2],)
    if principal.issued_ms is not None:
        issued = datetime.fromtimestamp(principal.issued_ms // 1000, UTC)
        keys["aws:tokenissuetime"] = (issued.strftime("%Y-%m-%dT%H:%M:%SZ"),)
        keys["aws:multifactorauthpresent"] = ("false",)  # temporary credentials say so; there is no MFA here
    if not is_service:
        keys |= {key.lower(): (value,) for key, value in principal.session_keys}
    for key, value in principal.tags:
        keys[f"aws:principaltag/{key.lower()}"] = (value,)
    return keys
