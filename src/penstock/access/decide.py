"""May this principal do this? All applicable policies, weighed as AWS does.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
Texts: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from collections.abc import Iterable
from typing import NamedTuple

from penstock.access.policy import Policy, Statement
from penstock.access.principal import Principal
from penstock.access.principals import Naming
from penstock.access.request import AccessRequest, Context

_EXPLICIT = "with an explicit deny"


class Decision(NamedTuple):
    """``why`` is a clause; that of a refusal has ``{}`` where the action goes, and what else the refusal names."""

    allowed: bool
    why: str
    asker: str = ""
    action: str = ""
    resource: str = ""

    @property
    def is_explicit(self) -> bool:
        """Returns whether it is a statement that refuses, and not that none allows."""
        return not self.allowed and self.why.startswith(_EXPLICIT)

    @property
    def reason(self) -> str:
        """Returns a sentence for people; when not allowed, it is AWS's access-denied text."""
        return self.why if self.allowed else self.refusal(self.action, self.resource)

    def refusal(self, action: str, resource: str) -> str:
        """Returns AWS's access-denied text with action and resource as a service spells them."""
        why = self.why.format(action)
        return f"User: {self.asker} is not authorized to perform: {action} on resource: {resource} {why}"


_ROOT = Decision(True, "The root user of the resource's account may do everything.")
_BY_IDENTITY = Decision(True, "An identity-based policy allows it.")
_BY_RESOURCE = Decision(True, "The resource-based policy allows it.")
_BY_GRANT = Decision(True, "A grant allows it.")
_WITHOUT_POLICIES = frozenset({"service", "provider", "anonymous"})
_BY_BOTH = Decision(True, "Both an identity-based policy and the resource-based policy allow it.")


def decide(
    principal: Principal,
    action: str,
    resource: str,
    context: Context,
    resource_policy: Policy | None,
    resource_account: str,
) -> Decision:
    """Returns whether ``principal`` may do ``action`` (``s3:GetObject``) on the ARN ``resource``, and why.

    ``context`` has the request's condition keys (``aws:SourceIp``, ``s3:prefix``); what follows from the
    principal is added here. ``resource_policy`` may be a role's trust policy or a key's, which must then name the
    caller even in its own account. ``resource_account`` owns the resource; empty means the caller's own,
    and so does ``aws``, which owns what every account may use.
    """
    admits_root = resource_policy is None or resource_policy.admits_root
    if admits_root and principal.kind == "root" and _own(principal, resource_account):
        return _ROOT
    request = AccessRequest(principal, action, resource, context, resource_account)
    denial = _explicit_denial(request, resource_policy)
    if denial:
        return _refused(principal, action, resource, denial)
    naming = _granted(request, resource_policy) if resource_policy else Naming.NOT
    if resource_policy is not None and resource_policy.kind in _ALONE:
        decision = _named_by(request, naming, resource_account, _ALONE[resource_policy.kind])
        if isinstance(decision, str) and _has_grant(request, resource_policy.grants):
            decision = _bounds_refuse(request) or _BY_GRANT
    elif principal.kind in _WITHOUT_POLICIES:
        decision = _BY_RESOURCE if naming else "because no resource-based policy allows the {} action"
    elif _own(principal, resource_account):
        decision = _same_account(request, naming)
    else:
        decision = _other_account(request, naming)
    if isinstance(decision, str):
        return _refused(principal, action, resource, decision)
    return decision


def _explicit_denial(request: AccessRequest, resource_policy: Policy | None) -> str | None:
    principal = request.principal
    if _any(request, principal.identity, allow=False):
        return f"{_EXPLICIT} in an identity-based policy"
    if principal.boundary and _any(request, (principal.boundary,), allow=False):
        return f"{_EXPLICIT} in a permissions boundary"
    if principal.session and _any(request, (principal.session,), allow=False):
        return f"{_EXPLICIT} in a session policy"
    if resource_policy is None or not _named(request, resource_policy, allow=False):
        return None
    if resource_policy.kind == "trust":
        return f"{_EXPLICIT} in the role trust policy"
    return f"{_EXPLICIT} in a resource-based policy"


def _same_account(request: AccessRequest, naming: Naming) -> Decision | str:
    if request.principal.kind == "root":
        return _ROOT
    if naming is Naming.DIRECT:
        return _BY_RESOURCE
    if not (naming is Naming.ROLE or _identity_allows(request)):
        return "because no identity-based policy allows the {} action"
    if unbound := _bounds_refuse(request):
        return unbound
    return _BY_RESOURCE if naming is Naming.ROLE else _BY_IDENTITY


def _other_account(request: AccessRequest, naming: Naming) -> Decision | str:
    if not _identity_allows(request):
        return "because no identity-based policy allows the {} action"
    if unbound := _bounds_refuse(request):
        return unbound
    return _BY_BOTH if naming else "because no resource-based policy allows the {} action"


class _Alone(NamedTuple):
    """A kind of policy that must name the caller, even in its own account: what is said when it does, and does not."""

    allowed: Decision
    refusal: str


_ALONE = {
    "trust": _Alone(
        Decision(True, "The role trust policy allows it."),
        "because no role trust policy allows the {} action",
    ),
    "key": _Alone(_BY_RESOURCE, "because no resource-based policy allows the {} action"),
}


def _named_by(request: AccessRequest, naming: Naming, account: str, words: _Alone) -> Decision | str:
    principal = request.principal
    if naming is Naming.NOT:
        return words.refusal
    if principal.kind in _WITHOUT_POLICIES:
        return words.allowed
    own = _own(principal, account)
    if not (own and naming >= Naming.ROLE) and not _identity_allows(request):
        return "because no identity-based policy allows the {} action"
    if not (own and naming is Naming.DIRECT) and (unbound := _bounds_refuse(request)):
        return unbound
    return words.allowed


def _has_grant(request: AccessRequest, grants: Iterable[Statement]) -> bool:
    """Returns whether a grant names the caller, or the account of a caller whose own policies allow it."""
    for grant in grants:
        naming = grant.principals.naming(request.principal) if grant.principals else Naming.NOT
        if naming is Naming.ACCOUNT and not _identity_allows(request):
            continue
        if naming and grant.applies(request):
            return True
    return False


def _own(principal: Principal, account: str) -> bool:
    return account in (principal.account, "", "aws")


def _identity_allows(request: AccessRequest) -> bool:
    return request.principal.kind == "root" or _any(request, request.principal.identity, allow=True)


def _bounds_refuse(request: AccessRequest) -> str | None:
    """Returns why what bounds the caller, who would be let in, does not let it pass; None when it does."""
    boundary, session = request.principal.boundary, request.principal.session
    if boundary is not None and not _any(request, (boundary,), allow=True):
        return "because no permissions boundary allows the {} action"
    if session is not None and not _any(request, (session,), allow=True):
        return "because no session policy allows the {} action"
    return None


def _any(request: AccessRequest, policies: Iterable[Policy], *, allow: bool) -> bool:
    for policy in policies:
        for statement in policy.statements:
            if statement.allow is allow and statement.applies(request):
                return True
    return False


def _granted(request: AccessRequest, policy: Policy) -> Naming:
    return _named(request, policy, allow=True)


def _named(request: AccessRequest, policy: Policy, *, allow: bool) -> Naming:
    """Returns the closest way in which an applicable statement with that effect names the caller."""
    closest = Naming.NOT
    for statement in policy.statements:
        if statement.allow is allow and statement.principals is not None:
            naming = statement.principals.naming(request.principal)
            if naming > closest and statement.applies(request):
                closest = naming
    return closest


def _refused(principal: Principal, action: str, resource: str, why: str) -> Decision:
    return Decision(False, why, principal.arn or principal.service or "anonymous", action, resource)
