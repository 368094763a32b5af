"""SNS's filter policies, over a message's attributes or over its body.

Source: https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html and
https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html
"""

import re
from collections.abc import Mapping
from enum import Enum
from math import prod
from typing import Any

import orjson

from penstock.matching.document import Document, spread
from penstock.matching.event_pattern import compile_trees, why_no_tree_matches
from penstock.matching.expression_syntax import Dialect
from penstock.matching.pattern_error import PatternError
from penstock.matching.pattern_syntax import Clauses, Field, Or, read

MAX_BYTES = 256 * 1024
MAX_KEYS = 5
MAX_COMBINATIONS = 150

_OPERATORS = """
exactly prefix suffix equals-ignore-case cidr numeric exists anything-but anything-but/prefix
"""
SNS = Dialect(frozenset(_OPERATORS.split()), max_billions=1)

_EMPTY = re.compile(r"\s*\{\s*\}\s*")


class FilterPolicyScope(Enum):
    """What of a message the policy reads; the values are AWS's."""

    MESSAGE_ATTRIBUTES = "MessageAttributes"
    MESSAGE_BODY = "MessageBody"


class FilterPolicy:
    """A compiled policy; an empty one, ``{}``, lets every message pass.

    PatternError, in SNS's words without ``Invalid parameter: ``, for what is not a policy or exceeds a limit.
    """

    __slots__ = ("_trees", "scope")

    def __init__(self, text: str, scope: FilterPolicyScope) -> None:
        self.scope = scope
        self._trees = [] if _EMPTY.fullmatch(text) else compile_trees(_clauses(text, scope))

    def matches(self, attributes: Mapping[str, Mapping[str, Any]], body: str) -> bool:
        """Returns whether the message passes. ``attributes`` are as in Publish: ``DataType`` and ``StringValue``."""
        if not self._trees:
            return True
        document = self._document(attributes, body)
        return document is not None and any(tree.matches(document) for tree in self._trees)

    def why_not(self, attributes: Mapping[str, Mapping[str, Any]], body: str) -> str | None:
        """Returns which attribute or field failed, what it wanted and what it saw, or None; for people."""
        if not self._trees:
            return None
        document = self._document(attributes, body)
        if document is None:
            return "the body is not a JSON object"
        return why_no_tree_matches(self._trees, document)

    def _document(self, attributes: Mapping[str, Mapping[str, Any]], body: str) -> Document | None:
        if self.scope is FilterPolicyScope.MESSAGE_ATTRIBUTES:
            return spread(_attribute_values(attributes))
        parsed = _parsed(body)
        return spread(parsed) if isinstance(parsed, dict) else None


def _clauses(text: str, scope: FilterPolicyScope) -> Clauses:
    if len(text.encode()) > MAX_BYTES:
        raise PatternError("FilterPolicy: Filter policy is too long")
    try:
        clauses = read(text, SNS)
    except PatternError as error:
        raise PatternError(f"FilterPolicy: {error}") from None
    if scope is FilterPolicyScope.MESSAGE_ATTRIBUTES and _is_nested(clauses):
        raise PatternError("Filter policy scope MessageAttributes does not support nested filter policy")
    if len(_keys(clauses)) > MAX_KEYS:
        raise PatternError(f"FilterPolicy: Filter policy can not have more than {MAX_KEYS} keys")
    if _complexity(clauses) > MAX_COMBINATIONS:
        raise PatternError("FilterPolicy: Filter policy is too complex")
    return clauses


def _is_nested(clauses: Clauses) -> bool:
    return any(
        len(clause.names) > 1 if isinstance(clause, Field) else any(map(_is_nested, clause.alternatives))
        for clause in clauses
    )


def _keys(clauses: Clauses) -> set[str]:
    """Returns the names at the top; what is nested in them does not count."""
    fields = {clause.names[0] for clause in clauses if isinstance(clause, Field)}
    inner = [_keys(inner) for clause in clauses if isinstance(clause, Or) for inner in clause.alternatives]
    return fields.union(*inner)


def _complexity(clauses: Clauses) -> int:
    """Returns the sum over the alternatives of the products of each field's number of values and level."""
    return prod(
        clause.values * len(clause.names)
        if isinstance(clause, Field)
        else sum(map(_complexity, clause.alternatives))
        for clause in clauses
    )


def _attribute_values(attributes: Mapping[str, Mapping[str, Any]]) -> Document:
    values = ((name, _attribute_value(attribute)) for name, attribute in attributes.items())
    return {name: value for name, value in values if value is not None}


def _attribute_value(attribute: Mapping[str, Any]) -> Any:
    """Returns the value that is compared, or None for what is not: binary values and what its type belies."""
    text = attribute.get("StringValue", "")
    if attribute["DataType"] == "String.Array":
        array = _parsed(text)
        return array if isinstance(array, list) else None
    match attribute["DataType"].partition(".")[0]:
        case "String":
            return text
        case "Number":
            return _number(text)
    return None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _parsed(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
