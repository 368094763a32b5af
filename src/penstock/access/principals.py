"""The Principal element: whom a statement names, and how closely.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from dataclasses import dataclass
from enum import IntEnum

from penstock.access.principal import Principal

_TYPES = frozenset({"AWS", "Service", "Federated", "CanonicalUser"})


class Naming(IntEnum):
    """How a statement names somebody; the closer, the less else is needed to let them in."""

    NOT = 0
    ACCOUNT = 1
    """Only the account is named: it is for the account's own policies to say who."""
    ROLE = 2
    """The role is named: no identity policy is needed, but a session policy still narrows."""
    DIRECT = 3
    """Everybody, or this very session, service or root user."""


@dataclass(frozen=True, slots=True)
class Principals:
    """Whom a statement names. ``aws`` holds ARNs and unique ids, ``accounts`` bare account ids.

    ``providers`` are identity providers; everybody does not mean whom one of them vouches for.
    """

    everybody: bool
    negated: bool
    aws: frozenset[str]
    accounts: frozenset[str]
    services: frozenset[str]
    providers: frozenset[str]

    def naming(self, principal: Principal) -> Naming:
        """Returns how it names ``principal``; under NotPrincipal, whoever is not listed is named directly.

        NotPrincipal spares a role that is listed, not the roles of an account that is.
        Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
        """
        listed = self._listed(principal)
        if self.negated:
            return Naming.DIRECT if listed <= Naming.ACCOUNT else Naming.NOT
        return listed

    def _listed(self, principal: Principal) -> Naming:
        if principal.kind == "provider":
            return Naming.DIRECT if principal.service in self.providers else Naming.NOT
        if self.everybody:
            return Naming.DIRECT
        if principal.kind == "service":
            return Naming.DIRECT if principal.service in self.services else Naming.NOT
        if principal.kind == "anonymous":
            return Naming.NOT
        if principal.arn in self.aws:
            return Naming.DIRECT
        if principal.kind == "root":
            return Naming.DIRECT if principal.account in self.accounts else Naming.NOT
        if principal.role_arn in self.aws or principal.user_id.partition(":")[0] in self.aws:
            return Naming.ROLE
        return Naming.ACCOUNT if principal.account in self.accounts else Naming.NOT


def parse_principals(content: object, *, negated: bool) -> Principals:
    """Returns the compiled element; ValueError with ``"AWS":"…"`` for what cannot be a principal."""
    if content == "*":
        content = {"AWS": "*"}
    if not isinstance(content, dict) or not content:
        raise ValueError(str(content))
    everybody = False
    aws: set[str] = set()
    accounts: set[str] = set()
    services: set[str] = set()
    providers: set[str] = set()
    for kind, values in content.items():
        for value in [values] if isinstance(values, str) else _list(kind, values):
            if kind == "Service":
                services.add(value)
            elif kind == "Federated":
                providers.add(value)
            elif kind == "AWS" and value == "*":
                everybody = True
            elif kind == "AWS":
                (accounts if (account := _account(value)) else aws).add(account or _checked(value))
            elif kind not in _TYPES:
                raise ValueError(f'"{kind}":"{value}"')
    return Principals(
        everybody, negated, frozenset(aws), frozenset(accounts), frozenset(services), frozenset(providers)
    )


def _list(kind: str, values: object) -> list[str]:
    if not isinstance(values, list) or not values or not all(isinstance(value, str) for value in values):
        raise ValueError(f'"{kind}":"{values}"')
    return values


def _account(value: str) -> str | None:
    """Returns the account that ``value`` stands for, if it is a bare id or the account's root ARN."""
    if value.startswith("arn:aws:iam::") and value.endswith(":root"):
        value = value[len("arn:aws:iam::") : -len(":root")]
    return value if len(value) == 12 and value.isascii() and value.isdigit() else None


def _checked(value: str) -> str:
    """Returns an ARN of IAM or STS, or a unique id (``AROA…``); a wildcard within either is not allowed."""
    parts = value.split(":", 5)
    is_arn = len(parts) == 6 and parts[0] == "arn" and parts[2] in ("iam", "sts")
    is_id = value[:4] in ("AROA", "AIDA") and value.isalnum()
    if "*" in value or not (is_id or (is_arn and len(parts[4]) == 12 and parts[4].isdigit())):
        raise ValueError(f'"AWS":"{value}"')
    return value
