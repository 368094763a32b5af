"""Statements as values.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.statements.html
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum

from penstock.services.dynamodb.expressions import Condition, KeyAttribute, KeyRange
from penstock.services.dynamodb.expressions import Update as Change
from penstock.services.dynamodb.expressions import conditions as tests
from penstock.services.dynamodb.expressions.conditions import Test
from penstock.services.dynamodb.expressions.key_conditions import range_of
from penstock.services.dynamodb.expressions.operands import Attribute, Literal
from penstock.services.dynamodb.expressions.path import Path
from penstock.services.dynamodb.values import Item, Value


class Returning(Enum):
    """What a statement that writes returns of the item."""

    ALL_OLD = "ALL OLD"
    MODIFIED_OLD = "MODIFIED OLD"
    ALL_NEW = "ALL NEW"
    MODIFIED_NEW = "MODIFIED NEW"


@dataclass(frozen=True, slots=True)
class Where:
    """The condition of a statement, and what it says of the keys."""

    test: Test

    @property
    def condition(self) -> Condition:
        """Returns it as the condition of a write, or as a filter."""
        return Condition(self.test)

    def key(self, names: list[str]) -> Item | None:
        """Returns the key that an item must have; None unless all of these attributes must equal something."""
        found = {name: self.equal(name) for name in names}
        return (
            {name: value for name, value in found.items() if value is not None}
            if all(found.values())
            else None
        )

    def equal(self, name: str) -> Value | None:
        """Returns what the attribute must equal, if there is such a thing."""
        for part in self._parts():
            match part:
                case tests.Equals(Attribute(Path((attribute,))), Literal(value)) if attribute == name:
                    return value
                case tests.Equals(Literal(value), Attribute(Path((attribute,)))) if attribute == name:
                    return value
        return None

    def partitions(self, hash_name: str) -> list[Value] | None:
        """Returns the values of the hash key that there can be, each once; None when there can be any."""
        found = [values for part in self._parts() if (values := _values(part, hash_name)) is not None]
        if not found:
            return None
        return [value for at, value in enumerate(found[0]) if value not in found[0][:at]]

    def range(self, range_key: KeyAttribute) -> KeyRange:
        """Returns bounds of the range key; all that they leave out is not as the condition says."""
        found = (range_of(part, range_key) for part in self._parts())
        return next((bounds for bounds in found if bounds is not None), KeyRange())

    def _parts(self) -> Iterator[Test]:
        """Yields what must be so, all of it."""
        rest = [self.test]
        while rest:
            part = rest.pop(0)
            if isinstance(part, tests.All):
                rest = [*part.tests, *rest]
            else:
                yield part


@dataclass(frozen=True, slots=True)
class SelectList:
    """What a SELECT returns of an item; without paths all of it."""

    paths: tuple[Path, ...] = ()

    def of(self, item: Item) -> Item:
        """Returns the values under the names with which their paths end."""
        if not self.paths:
            return item
        found = {_title(path): path.find(item) for path in self.paths}
        return {name: value for name, value in found.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Select:
    """``SELECT``; ``order`` is the key and whether it descends."""

    table: str
    index: str | None
    wanted: SelectList
    where: Where | None
    order: tuple[str, bool] | None


@dataclass(frozen=True, slots=True)
class Insert:
    """``INSERT``"""

    table: str
    item: Item


@dataclass(frozen=True, slots=True)
class Update:
    """``UPDATE``"""

    table: str
    change: Change
    where: Where
    returning: Returning | None


@dataclass(frozen=True, slots=True)
class Delete:
    """``DELETE``"""

    table: str
    where: Where
    returning: Returning | None


@dataclass(frozen=True, slots=True)
class Exists:
    """``EXISTS(SELECT …)``, in a transaction."""

    table: str
    where: Where


Statement = Select | Insert | Update | Delete | Exists


def attributes_of(statement: Statement) -> set[str]:
    """Returns the attributes that the statement names anywhere."""
    if isinstance(statement, Insert):
        return set(statement.item)
    return set(_named(statement))


def _named(part: object) -> Iterator[str]:
    if isinstance(part, Path):
        yield part.attribute
    elif isinstance(part, list | tuple):
        for each in part:
            yield from _named(each)
    elif is_dataclass(part):
        for field in fields(part):
            yield from _named(getattr(part, field.name))


def _values(test: Test, name: str) -> list[Value] | None:
    """Returns the values that the test leaves the attribute; None when it does not say."""
    match test:
        case tests.Equals(Attribute(Path((attribute,))), Literal(value)) if attribute == name:
            return [value]
        case tests.Equals(Literal(value), Attribute(Path((attribute,)))) if attribute == name:
            return [value]
        case tests.OneOf(Attribute(Path((attribute,))), candidates) if attribute == name:
            found = [each.content for each in candidates if isinstance(each, Literal)]
            return found if len(found) == len(candidates) else None
        case tests.Any(parts):
            return _all_values(parts, name)
        case tests.All(parts):
            return next((values for part in parts if (values := _values(part, name)) is not None), None)
    return None


def _all_values(parts: tuple[Test, ...], name: str) -> list[Value] | None:
    values: list[Value] = []
    for part in parts:
        some = _values(part, name)
        if some is None:
            return None
        values += some
    return values


def _title(path: Path) -> str:
    names = [step for step in path.steps if isinstance(step, str)]
    places = [f"[{step}]" for step in path.steps[path.steps.index(names[-1]) + 1 :]]
    return names[-1] + "".join(places)
