"""Policy documents, checked and compiled once.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import orjson

from penstock.access.condition import Condition, NullCondition, compile_condition
from penstock.access.principal import Principal
from penstock.access.principals import Naming, Principals, parse_principals
from penstock.access.request import AccessRequest
from penstock.access.variables import Template
from penstock.errors import PenstockError
from penstock.matching.wildcard import Wildcard

Kind = Literal["identity", "resource", "key", "trust"]

_VERSIONS = ("2012-10-17", "2008-10-17")
_STATEMENT_FIELDS = frozenset(
    {
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    }
)


class PolicyError(PenstockError):
    """The document is malformed; the message is AWS's, the code is the service's own."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. ``principals`` None: the policy is attached to whom it speaks of."""

    sid: str
    allow: bool
    principals: Principals | None
    not_action: bool
    actions: tuple[Wildcard, ...]
    not_resource: bool
    resources: tuple[Template, ...] | None
    conditions: tuple[Condition | NullCondition, ...]

    @property
    def keys(self) -> set[str]:
        """Returns the condition keys that it asks for, in variables too."""
        askers = (*self.conditions, *(self.resources or ()))
        return set[str]().union(*(asker.keys for asker in askers))

    def applies(self, request: AccessRequest) -> bool:
        """Returns whether action, resource and conditions match."""
        return (
            self._has_action(request)
            and self._has_resource(request)
            and all(condition.holds(request) for condition in self.conditions)
        )

    def why_not(self, request: AccessRequest) -> str | None:
        """Returns what of the statement does not match the request, for people; None when it applies."""
        if not self._has_action(request):
            return f"it is not about the action {request.action}"
        if not self._has_resource(request):
            return f"it is not about {request.resource}"
        failed = [condition for condition in self.conditions if not condition.holds(request)]
        return "; ".join(condition.why_not(request) for condition in failed) or None

    def _has_action(self, request: AccessRequest) -> bool:
        action = request.action
        return any(pattern(action) for pattern in self.actions) != self.not_action

    def _has_resource(self, request: AccessRequest) -> bool:
        if self.resources is None:
            return True
        resource = request.resource
        return any(pattern(resource, request) for pattern in self.resources) != self.not_resource


@dataclass(frozen=True, slots=True)
class Policy:
    """A compiled document. ``text`` is what was parsed, as JSON; ``keys`` are the condition keys that it asks for.

    ``grants`` go with a key's policy and are no part of the document: whom they name needs no other policy.
    ``admits_root``: it cannot keep out the root of the account that owns what it is attached to.
    """

    kind: Kind
    id: str
    statements: tuple[Statement, ...]
    text: str
    keys: frozenset[str]
    grants: tuple[Statement, ...] = ()
    admits_root: bool = field(init=False)

    def __post_init__(self) -> None:
        denies = any(not statement.allow for statement in self.statements)
        object.__setattr__(self, "admits_root", self.kind == "resource" and not denies)

    def asks(self, prefix: str) -> bool:
        """Returns whether it asks for a condition key that begins so (lower-case)."""
        return any(key.startswith(prefix) for key in self.keys)

    def names(self, principal: Principal) -> bool:
        """Returns whether some statement may let the principal in, whatever it asks for."""
        return any(
            statement.allow
            and statement.principals is not None
            and statement.principals.naming(principal) is not Naming.NOT
            for statement in self.statements
        )


class Vendor(NamedTuple):
    """The only service whose actions a policy may name (lower-case), and what is said of others."""

    name: str
    refusal: str


def parse_policy(
    document: str | bytes | dict[str, Any],
    *,
    kind: Kind,
    vendor: Vendor | None = None,
    any_resource: bool = False,
) -> Policy:
    """Returns the compiled policy; PolicyError with AWS's text when the document is malformed.

    ``identity`` policies name no principal, ``trust`` policies no resource, ``resource`` policies (those of
    buckets, queues) and ``key`` policies name both; nobody is let in to a key whom its own policy does not name. With a
    ``vendor`` the policy may name no other service's actions. With ``any_resource`` what a statement names need not be
    an ARN.
    """
    words = _S3_WORDS if kind in ("resource", "key") else _IAM_WORDS
    content, text = _load(document, words)
    version = content.get("Version", "2008-10-17")
    if version not in _VERSIONS:
        raise PolicyError(words.version)
    if unknown := content.keys() - {"Version", "Id", "Statement"}:
        raise PolicyError(words.unknown(min(unknown)))
    if not isinstance(content.get("Id", ""), str):
        raise PolicyError(words.syntax)
    statements = content.get("Statement")
    if isinstance(statements, dict):
        statements = [statements]
    if not isinstance(statements, list) or not statements:
        raise PolicyError(words.missing("Statement"))
    parser = _Parser(kind, words, vendor, variables=version == "2012-10-17", any_resource=any_resource)
    compiled = tuple(parser.statement(statement) for statement in statements)
    sids = [statement.sid for statement in compiled if statement.sid]
    if len(sids) != len(set(sids)):
        raise PolicyError(words.duplicate_sid)
    keys = frozenset[str]().union(*(statement.keys for statement in compiled))
    return Policy(kind, content.get("Id", ""), compiled, text, keys)


@dataclass(frozen=True, slots=True)
class _Words:
    """How one service says what is wrong."""

    json: str
    syntax: str
    version: str
    duplicate_sid: str
    missing: Callable[[str], str]
    unknown: Callable[[str], str]
    action: Callable[[str], str]
    resource: Callable[[str], str]
    principal: Callable[[str], str]
    effect: Callable[[str], str]


_S3_WORDS = _Words(
    json="Policies must be valid JSON and the first byte must be '{'",
    syntax="Invalid policy syntax.",
    version="The policy must contain a valid version string",
    duplicate_sid="Statement IDs (SID) in a single policy must be unique.",
    missing="Missing required field {}".format,
    unknown="Unknown field {}".format,
    action=lambda _: "Policy has invalid action",
    resource=lambda _: "Policy has invalid resource",
    principal=lambda _: "Invalid principal in policy",
    effect="Invalid effect: {}".format,
)
_IAM_MISSING = {
    "Action": "Policy statement must contain actions.",
    "Resource": "Policy statement must contain resources.",
}
_IAM_WORDS = _Words(
    json="This policy contains invalid Json",
    syntax="Syntax errors in policy.",
    version="Syntax errors in policy.",
    duplicate_sid="Statement IDs (SID) in a single policy must be unique.",
    missing=lambda field: _IAM_MISSING.get(field, "Syntax errors in policy."),
    unknown=lambda _: "Syntax errors in policy.",
    action=lambda _: "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
    resource='Resource {} must be in ARN format or "*".'.format,
    principal="Invalid principal in policy: {}".format,
    effect=lambda _: "Syntax errors in policy.",
)


def _load(document: str | bytes | dict[str, Any], words: _Words) -> tuple[dict[str, Any], str]:
    if isinstance(document, dict):
        return document, orjson.dumps(document).decode()
    try:
        content = orjson.loads(document)
        if not isinstance(content, dict):
            raise PolicyError(words.json)
        json.loads(document, object_pairs_hook=_without_repeats)
    except _RepeatedKeyError:
        raise PolicyError(words.syntax) from None
    except (ValueError, RecursionError):
        raise PolicyError(words.json) from None
    return content, document if isinstance(document, str) else document.decode()


class _RepeatedKeyError(Exception):
    """A key stands twice in one object, which the policy grammar forbids: one of the two would be lost."""


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _RepeatedKeyError
    return found


class _Parser:
    """Statements of one document."""

    def __init__(
        self, kind: Kind, words: _Words, vendor: Vendor | None, *, variables: bool, any_resource: bool
    ) -> None:
        self._kind = kind
        self._words = words
        self._vendor = vendor
        self._variables = variables
        self._any_resource = any_resource

    def statement(self, content: object) -> Statement:
        words = self._words
        if not isinstance(content, dict):
            raise PolicyError(words.syntax)
        if unknown := content.keys() - _STATEMENT_FIELDS:
            raise PolicyError(words.unknown(min(unknown)))
        effect, sid = content.get("Effect"), content.get("Sid", "")
        if effect is None:
            raise PolicyError(words.missing("Effect"))
        if effect not in ("Allow", "Deny"):
            raise PolicyError(words.effect(effect))
        if not isinstance(sid, str):
            raise PolicyError(words.syntax)
        actions, not_action = self._either(content, "Action")
        return Statement(
            sid,
            effect == "Allow",
            self._principals(content),
            not_action,
            tuple(self._action(action) for action in actions),
            "NotResource" in content,
            self._resources(content),
            tuple(self._conditions(content.get("Condition", {}))),
        )

    def _either(self, content: dict[str, Any], field: str) -> tuple[list[str], bool]:
        """Returns the values of ``field`` or of its ``Not`` twin, and whether it was the twin."""
        negated = f"Not{field}" in content
        if negated and field in content:
            raise PolicyError(self._words.syntax)
        values = content.get(f"Not{field}" if negated else field)
        if values is None or values == []:
            raise PolicyError(self._words.missing(field))
        return self._strings(values), negated

    def _strings(self, values: object) -> list[str]:
        values = [values] if isinstance(values, str) else values
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise PolicyError(self._words.syntax)
        return values

    def _action(self, action: str) -> Wildcard:
        vendor, colon, name = action.partition(":")
        if action != "*" and not (vendor and colon and name):
            raise PolicyError(self._words.action(action))
        if self._vendor and vendor.lower() != self._vendor.name and action != "*":
            raise PolicyError(self._vendor.refusal)
        return Wildcard(action.lower())

    def _resources(self, content: dict[str, Any]) -> tuple[Template, ...] | None:
        if self._kind == "trust":
            if "Resource" in content or "NotResource" in content:
                raise PolicyError("Has prohibited field Resource")
            return None
        resources, _ = self._either(content, "Resource")
        for resource in () if self._any_resource else resources:
            if resource.strip("*") and resource.count(":") < 5 and not resource.startswith("arn:*"):
                raise PolicyError(self._words.resource(resource))
        return tuple(Template(resource, variables=self._variables) for resource in resources)

    def _principals(self, content: dict[str, Any]) -> Principals | None:
        given = [field for field in ("Principal", "NotPrincipal") if field in content]
        if self._kind == "identity":
            if given:
                raise PolicyError("Policy document should not specify a principal.")
            return None
        if not given:
            raise PolicyError(
                self._words.missing("Principal")
                if self._kind in ("resource", "key")
                else "Missing required field Principal"
            )
        negated = given == ["NotPrincipal"]
        if len(given) == 2 or (negated and (self._kind == "trust" or content["Effect"] == "Allow")):
            raise PolicyError(self._words.syntax)
        try:
            return parse_principals(content[given[0]], negated=negated)
        except ValueError as error:
            raise PolicyError(self._words.principal(str(error))) from None

    def _conditions(self, block: object) -> list[Condition | NullCondition]:
        if not isinstance(block, dict):
            raise PolicyError(self._words.syntax)
        compiled = []
        for operator, keys in block.items():
            if not isinstance(keys, dict):
                raise PolicyError(self._words.syntax)
            for key, values in keys.items():
                texts = self._condition_values(values)
                try:
                    compiled.append(compile_condition(operator, key, texts, variables=self._variables))
                except KeyError:
                    raise PolicyError(f"Invalid Condition type : {operator}") from None
                except ValueError:
                    raise PolicyError(self._words.syntax) from None
        return compiled

    def _condition_values(self, values: object) -> list[str]:
        texts = []
        for value in values if isinstance(values, list) else [values]:
            if isinstance(value, bool):
                texts.append("true" if value else "false")
            elif isinstance(value, str | int | float):
                texts.append(str(value))
            else:
                raise PolicyError(self._words.syntax)
        return texts
