"""What policies would say to requests that nobody makes: asked of what decides about real ones."""

from typing import NamedTuple

from penstock.access import AccessRequest, Keys, Policy, Principal, decide
from penstock.server import Params
from penstock.services.iam.entities.document import Place, statement_places

Span = tuple[Place, Place]


class Source(NamedTuple):
    """A policy by the name that results show it under; ``spans`` are where its statements begin and end."""

    name: str
    policy: Policy
    spans: tuple[Span, ...]

    @classmethod
    def of(cls, name: str, policy: Policy) -> "Source":
        """Returns the policy with the places of its statements."""
        return cls(name, policy, tuple(statement_places(policy.text)))


class Simulation(NamedTuple):
    """Who would ask, with which policies, under which circumstances; ``owner`` is the account of the resources.

    ``named`` are the condition keys that the policies name, as they write them.
    """

    principal: Principal
    sources: tuple[Source, ...]
    context: Keys
    resource_policy: Policy | None
    owner: str
    named: tuple[str, ...]

    @property
    def statements(self) -> int:
        """Returns how many statements each request is compared with."""
        return sum(len(source.policy.statements) for source in self.sources)


def simulate(simulation: Simulation, pairs: list[tuple[str, str]]) -> list[Params]:
    """Returns the result for each action on each resource."""
    return [_result(simulation, action, resource) for action, resource in pairs]


def _result(simulation: Simulation, action: str, resource: str) -> Params:
    principal, context, owner = simulation.principal, simulation.context, simulation.owner
    decision = decide(principal, action, resource, context, simulation.resource_policy, owner)
    verdict = "allowed" if decision.allowed else ("explicitDeny" if decision.is_explicit else "implicitDeny")
    request = AccessRequest(principal, action, resource, context, owner)
    found: Params = {
        "MatchedStatements": _matched(simulation, request, verdict),
        "MissingContextValues": [key for key in simulation.named if request.values(key.lower()) is None],
    }
    if principal.boundary is not None:
        bounded = Principal(principal.kind, principal.account, principal.arn, identity=(principal.boundary,))
        allowed = decide(bounded, action, resource, context, None, owner).allowed
        found["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": allowed}
    of_resource = {"EvalResourceName": resource, "EvalResourceDecision": verdict, **found}
    return {
        "EvalActionName": action,
        "EvalResourceName": resource,
        "EvalDecision": verdict,
        **found,
        "ResourceSpecificResults": [] if resource == "*" else [of_resource],
    }


def _matched(simulation: Simulation, request: AccessRequest, verdict: str) -> list[Params]:
    """Returns the statements that made the verdict; nothing made an implicit one."""
    if verdict == "implicitDeny":
        return []
    matched = []
    for name, policy, spans in simulation.sources:
        for statement, span in zip(policy.statements, spans, strict=True):
            names = statement.principals is None or statement.principals.naming(request.principal)
            if names and statement.allow is (verdict == "allowed") and statement.applies(request):
                matched.append(_shown(name, policy, span))
    return matched


def _shown(name: str, policy: Policy, span: Span) -> Params:
    begin, end = span
    return {
        "SourcePolicyId": name,
        "SourcePolicyType": "Resource Policy" if policy.kind == "resource" else "IAM Policy",
        "StartPosition": {"Line": begin.line, "Column": begin.column},
        "EndPosition": {"Line": end.line, "Column": end.column},
    }
