"""What each statement says of the policies that ``decide`` weighs: which lets a request through, or why none does."""

from collections.abc import Iterator
from typing import NamedTuple

from penstock.access.policy import Policy, Statement
from penstock.access.principal import Principal
from penstock.access.principals import Naming
from penstock.access.request import AccessRequest, Context


class Opinion(NamedTuple):
    """One statement of some policy about a request; ``why_not`` says why it does not apply, None when it does."""

    policy: str
    name: str
    allow: bool
    why_not: str | None

    def __str__(self) -> str:
        effect = "Allow" if self.allow else "Deny"
        of = f"statement {self.name} ({effect}) of the {self.policy}"
        if self.why_not is not None:
            return f"{of} does not apply: {self.why_not}"
        return f"{of} {'lets it through' if self.allow else 'denies it'}"


def weigh(
    principal: Principal,
    action: str,
    resource: str,
    context: Context,
    resource_policy: Policy | None,
    resource_account: str,
) -> list[Opinion]:
    """Returns what every statement says that ``decide`` asks, given the same."""
    request = AccessRequest(principal, action, resource, context, resource_account)
    found = list(_of_resource(request, resource_policy)) if resource_policy else []
    for policy in principal.identity:
        found += _of_principal(request, policy, "identity-based policy")
    if principal.boundary:
        found += _of_principal(request, principal.boundary, "permissions boundary")
    if principal.session:
        found += _of_principal(request, principal.session, "session policy")
    return found


def _of_resource(request: AccessRequest, policy: Policy) -> Iterator[Opinion]:
    kind = "role trust policy" if policy.kind == "trust" else "resource-based policy"
    for number, statement in enumerate(policy.statements, 1):
        names = statement.principals and statement.principals.naming(request.principal) is not Naming.NOT
        principal = request.principal
        who = principal.service or principal.role_arn or principal.arn or "strangers"
        why_not = statement.why_not(request) if names else f"it does not name {who}"
        yield _opinion(kind, number, statement, why_not)


def _of_principal(request: AccessRequest, policy: Policy, kind: str) -> Iterator[Opinion]:
    for number, statement in enumerate(policy.statements, 1):
        yield _opinion(kind, number, statement, statement.why_not(request))


def _opinion(kind: str, number: int, statement: Statement, why_not: str | None) -> Opinion:
    return Opinion(kind, f'"{statement.sid}"' if statement.sid else str(number), statement.allow, why_not)
