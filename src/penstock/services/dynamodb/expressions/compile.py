"""Compiles the expressions of requests. What depends on the text alone is remembered by the text."""

from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

from penstock.services.dynamodb.expressions.condition_compiler import ConditionCompiler
from penstock.services.dynamodb.expressions.conditions import Condition, Test
from penstock.services.dynamodb.expressions.cursor import Cursor
from penstock.services.dynamodb.expressions.error import ExpressionError, Kind
from penstock.services.dynamodb.expressions.key_conditions import (
    KeyAttribute,
    KeyCondition,
    key_condition_of,
)
from penstock.services.dynamodb.expressions.placeholders import Placeholders
from penstock.services.dynamodb.expressions.projections import Projection, projection_of, read_projection
from penstock.services.dynamodb.expressions.syntax import COMPARATORS, Syntax
from penstock.services.dynamodb.expressions.tree_reader import TreeReader
from penstock.services.dynamodb.expressions.update_compiler import compile_update
from penstock.services.dynamodb.expressions.update_syntax import read_update
from penstock.services.dynamodb.expressions.updates import Update

_IN_CONDITIONS = COMPARATORS | {"AND", "OR", "NOT", "IN", "BETWEEN"}
_REMEMBERED = 1024
_MAX_REMEMBERED_LENGTH = 512
"""Longer texts are read anew, so that what is remembered stays within some megabytes."""

T = TypeVar("T")


def condition(text: str, placeholders: Placeholders, kind: Kind = Kind.CONDITION) -> Condition:
    """Returns a ConditionExpression, or a filter; ValidationException, as by all of these, when it is none."""
    try:
        return Condition(_test(text, placeholders))
    except ExpressionError as error:
        raise error.of(kind) from None


def update(text: str, placeholders: Placeholders) -> Update:
    """Returns an UpdateExpression."""
    try:
        return compile_update(_read(_read_update, text), placeholders)
    except ExpressionError as error:
        raise error.of(Kind.UPDATE) from None


def projection(text: str, placeholders: Placeholders) -> Projection:
    """Returns a ProjectionExpression."""
    try:
        return projection_of([placeholders.path(path) for path in _read(_read_projection, text)])
    except ExpressionError as error:
        raise error.of(Kind.PROJECTION) from None


def key_condition(
    text: str, placeholders: Placeholders, hash_key: KeyAttribute, range_key: KeyAttribute | None
) -> KeyCondition:
    """Returns a KeyConditionExpression for a table or index with such keys."""
    try:
        test = _test(text, placeholders)
    except ExpressionError as error:
        raise error.of(Kind.KEY_CONDITION) from None
    return key_condition_of(test, hash_key, range_key)


def _test(text: str, placeholders: Placeholders) -> Test:
    return ConditionCompiler(placeholders).test(_read(_read_condition, text))


@lru_cache(_REMEMBERED)
def _read_condition(text: str) -> Syntax:
    cursor = Cursor(text)
    tree = TreeReader(cursor, _IN_CONDITIONS).read_condition()
    if not cursor.ended:
        cursor.fail()
    return tree


_read_update = lru_cache(_REMEMBERED)(read_update)
_read_projection = lru_cache(_REMEMBERED)(read_projection)


def _read(reader: "Callable[[str], T]", text: str) -> T:
    if len(text) <= _MAX_REMEMBERED_LENGTH:
        return reader(text)
    fresh: Callable[[str], T] = reader.__wrapped__  # type: ignore[attr-defined]
    return fresh(text)
