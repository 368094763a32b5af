"""What may be done to one item: put, update, delete, and look whether it is as expected.

Each is made of a request's parameters before a transaction, and performed in one: alone, in a batch, in a transaction.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from penstock.services.dynamodb import limits
from penstock.services.dynamodb.errors import condition_failed, invalid
from penstock.services.dynamodb.expressions import Condition, Projection, Update
from penstock.services.dynamodb.items.stating import Stated, stated_condition, stated_update
from penstock.services.dynamodb.items.store import Image, Stored, find_item, put_item, remove_item
from penstock.services.dynamodb.tables.schema import Place
from penstock.services.dynamodb.tables.table import Table
from penstock.services.dynamodb.values import Item, check_item, size
from penstock.store import Tx

_ITEM_TOO_LARGE = "Item size has exceeded the maximum allowed size"
_UPDATE_TOO_LARGE = "Item size to update has exceeded the maximum allowed size"


class Written(NamedTuple):
    """What a write found and what it left; ``touched`` are the paths that an update was to change."""

    key: Item
    old: Stored | None
    new: Image | None
    touched: Projection | None = None


class Guard(NamedTuple):
    """The condition of a write, if it has one; whether its failure shows the item."""

    condition: Condition | None
    shows_old: bool

    def check(self, old: Stored | None) -> None:
        """Returns when the condition holds; ConditionalCheckFailedException."""
        if self.condition is not None and not self.condition.holds(old.item if old else None):
            raise condition_failed(old.item if old and self.shows_old else None)


class Write(Protocol):
    """One of the four."""

    @property
    def guard(self) -> Guard:
        """Returns under which condition it may be."""

    def place(self, table: Table) -> Place:
        """Returns where its item stands in the table; ValidationException when it can stand nowhere."""

    def perform(self, tx: Tx, table: Table, place: Place) -> Written:
        """Does it; AwsError when the item is not as its condition wants, or would not be as items must."""


class Put(NamedTuple):
    """A new item, in the place of the one with its key."""

    image: Image
    guard: Guard

    def place(self, table: Table) -> Place:
        item = self.image.item
        place = table.keys.place_of_item(item)
        for index in table.secondary.values():
            index.check(item)
        return place

    def perform(self, tx: Tx, table: Table, place: Place) -> Written:
        old = find_item(tx, table, place)
        self.guard.check(old)
        put_item(tx, table, place, old, self.image)
        return Written(table.keys.key_of(self.image.item), old, self.image)


class Change(NamedTuple):
    """An item changed; where there was none, one with the key. ``update`` None changes nothing else."""

    key: Item
    update: Update | None
    guard: Guard

    def place(self, table: Table) -> Place:
        if self.update is not None:
            self.update.check_key(attribute.name for attribute in table.keys.attributes)
        return table.keys.place_of_key(self.key)

    def perform(self, tx: Tx, table: Table, place: Place) -> Written:
        old = find_item(tx, table, place)
        self.guard.check(old)
        before = old.item if old else None
        if self.update is None:
            item, touched = self.key if before is None else before, None
        else:
            updated = self.update.apply(before, self.key)
            item, touched = updated.item, updated.touched
        for index in table.secondary.values():
            index.check(item)
        new = checked_image(item, _UPDATE_TOO_LARGE)
        put_item(tx, table, place, old, new)
        return Written(self.key, old, new, touched)


class Delete(NamedTuple):
    """The item taken away, if there is one."""

    key: Item
    guard: Guard

    def place(self, table: Table) -> Place:
        return table.keys.place_of_key(self.key)

    def perform(self, tx: Tx, table: Table, place: Place) -> Written:
        old = find_item(tx, table, place)
        self.guard.check(old)
        if old is not None:
            remove_item(tx, table, place, old)
        return Written(self.key, old, None)


class Check(NamedTuple):
    """Nothing but the condition, in a transaction."""

    key: Item
    guard: Guard

    def place(self, table: Table) -> Place:
        return table.keys.place_of_key(self.key)

    def perform(self, tx: Tx, table: Table, place: Place) -> Written:
        old = find_item(tx, table, place)
        self.guard.check(old)
        return Written(self.key, old, None)


def put_of(params: Mapping[str, Any]) -> Put:
    """Returns the put that a request asks for; ValidationException."""
    stated = Stated(params)
    guard = _guard(params, stated)
    return Put(checked_image(check_item(params["Item"]), _ITEM_TOO_LARGE), guard)


def change_of(params: Mapping[str, Any]) -> Change:
    """Returns the update that a request asks for; ValidationException."""
    stated = Stated(params)
    change = stated_update(params, stated)
    return Change(check_item(params["Key"]), change, _guard(params, stated))


def delete_of(params: Mapping[str, Any]) -> Delete:
    """Returns the deletion that a request asks for; ValidationException."""
    return Delete(check_item(params["Key"]), _guard(params, Stated(params)))


def check_of(params: Mapping[str, Any]) -> Check:
    """Returns the condition check that a request asks for; ValidationException."""
    return Check(check_item(params["Key"]), _guard(params, Stated(params)))


def checked_image(item: Item, too_large: str = _ITEM_TOO_LARGE) -> Image:
    """Returns the item with its size; ValidationException when it is too large."""
    bytes = size(item)
    if bytes > limits.MAX_ITEM_BYTES:
        raise invalid(too_large)
    return Image(item, bytes)


def _guard(params: Mapping[str, Any], stated: Stated) -> Guard:
    condition = stated_condition(params, stated)
    stated.check_used()
    return Guard(condition, params.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD")
