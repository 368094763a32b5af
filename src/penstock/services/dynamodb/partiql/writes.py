"""Statements that write, as the writes of items that they are.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.statements.html
"""

from dataclasses import dataclass

from penstock.errors import AwsError
from penstock.services.dynamodb.errors import duplicate_item, invalid
from penstock.services.dynamodb.items import writes
from penstock.services.dynamodb.items.store import Stored
from penstock.services.dynamodb.items.writes import Guard, Write, Written, checked_image
from penstock.services.dynamodb.partiql.language import (
    Delete,
    Exists,
    Insert,
    Returning,
    Select,
    Statement,
    Update,
)
from penstock.services.dynamodb.partiql.language.statement import Where
from penstock.services.dynamodb.tables.schema import Place, Schema
from penstock.services.dynamodb.tables.table import Table
from penstock.services.dynamodb.values import Item
from penstock.store import Tx


class _NoDuplicate(Guard):
    """An INSERT puts no item in the place of another."""

    def check(self, old: Stored | None) -> None:
        """Returns when there is none; DuplicateItemException."""
        if old is not None:
            raise duplicate_item()


class _IfThere(Guard):
    """A DELETE of what is not there does nothing."""

    def check(self, old: Stored | None) -> None:
        """Returns when the condition holds, or there is no item; ConditionalCheckFailedException."""
        if old is not None:
            super().check(old)


@dataclass(frozen=True, slots=True)
class KeyedWrite:
    """A write of the item whose key the condition names; which attributes are the key is known with the table."""

    where: Where
    guard: Guard
    statement: Update | Delete | Exists

    def place(self, table: Table) -> Place:
        """Returns where the item stands; ValidationException when the condition does not name its key."""
        return self._write(table).place(table)

    def perform(self, tx: Tx, table: Table, place: Place) -> Written:
        """Does it, as the write of items does."""
        return self._write(table).perform(tx, table, place)

    def _write(self, table: Table) -> Write:
        key = key_of(self.where, table.keys)
        match self.statement:
            case Update(change=change):
                return writes.Change(key, change, self.guard)
            case Delete():
                return writes.Delete(key, self.guard)
        return writes.Check(key, self.guard)


def write_of(statement: Statement, shows_old: bool) -> Write | None:
    """Returns what the statement writes; None when it only reads. ValidationException.

    ``shows_old``: the refusal shows the item for which the condition was false.
    """
    match statement:
        case Select():
            return None
        case Insert(item=item):
            return writes.Put(checked_image(item), _NoDuplicate(None, shows_old))
        case Delete(where=where):
            return KeyedWrite(where, _IfThere(where.condition, shows_old), statement)
    return KeyedWrite(statement.where, Guard(statement.where.condition, shows_old), statement)


def key_of(where: Where | None, keys: Schema) -> Item:
    """Returns the key of the one item that the condition can be true of; ValidationException."""
    key = where.key([attribute.name for attribute in keys.attributes]) if where else None
    if key is None:
        raise _no_key()
    return key


def returned(statement: Statement, written: Written) -> Item | None:
    """Returns what the statement's RETURNING shows of the item."""
    returning = getattr(statement, "returning", None)
    if returning is None:
        return None
    image = written.old if returning in (Returning.ALL_OLD, Returning.MODIFIED_OLD) else written.new
    if image is None:
        return None
    if returning in (Returning.ALL_OLD, Returning.ALL_NEW) or written.touched is None:
        return image.item
    return written.touched.of(image.item)


def _no_key() -> AwsError:
    return invalid("Where clause does not contain a mandatory equality on all key attributes")
