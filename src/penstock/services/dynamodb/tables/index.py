"""An index of a table as a value."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from penstock.services.dynamodb.tables.schema import Place, Schema
from penstock.services.dynamodb.values import Item, size

_SECOND_BYTES = 8


class Kind(StrEnum):
    """What an index is for."""

    GLOBAL = "GLOBAL"
    LOCAL = "LOCAL"
    EXPIRY = "EXPIRY"
    """The items of a table by the end of their time to live; nobody can ask for it."""


class IndexState(StrEnum):
    """How far an index is."""

    CREATING = "CREATING"
    """Items may be missing in it, those behind its cursor."""

    ACTIVE = "ACTIVE"
    DELETING = "DELETING"
    """Its entries go; nothing is written to it any more."""


@dataclass(frozen=True)
class Index:
    """One index; ``settings`` are AWS's members of it: ``KeySchema``, ``Projection``, throughput.

    ``projected`` are the attributes that it shows, None when it shows all.
    """

    id: int
    name: str
    kind: Kind
    state: IndexState
    settings: Mapping[str, Any]
    keys: Schema
    projected: frozenset[str] | None

    def place_of(self, item: Item) -> Place | None:
        """Returns where the item stands in it; None when it is not in it."""
        return self.keys.place_in_index(item)

    def check(self, item: Item) -> None:
        """Returns when the item can be in it, or need not; ValidationException."""
        self.keys.check_in_index(item, self.name)

    def shown(self, item: Item) -> Item:
        """Returns what the index shows of the item."""
        if self.projected is None:
            return item
        return {name: value for name, value in item.items() if name in self.projected}

    def bytes_of(self, item: Item, item_bytes: int) -> int:
        """Returns the size of what it shows of an item, whose own size is ``item_bytes``."""
        return item_bytes if self.projected is None else size(self.shown(item))

    @property
    def is_global(self) -> bool:
        """Returns whether it has a partition key of its own."""
        return self.kind is Kind.GLOBAL

    @property
    def is_counted(self) -> bool:
        """Returns whether anybody asks how many entries it has."""
        return True

    @property
    def is_active(self) -> bool:
        """Returns whether every item that belongs in it is in it."""
        return self.state is IndexState.ACTIVE


class ExpiryIndex(Index):
    """The items of a table by the second in which their time to live ends, from an attribute of type N."""

    @cached_property
    def attribute(self) -> str:
        """Returns the name of the attribute."""
        return str(self.settings["AttributeName"])

    def place_of(self, item: Item) -> Place | None:
        """Returns where the item stands; None for what is no number, or none that can be a time."""
        value = item.get(self.attribute)
        if value is None or "N" not in value:
            return None
        text: str = value["N"]
        whole = text.partition(".")[0]
        if not whole.isdecimal() or not 0 < len(whole) <= 12:
            return None
        return Place(b"", int(whole).to_bytes(_SECOND_BYTES))

    def check(self, item: Item) -> None:
        """Returns: an item without a time to live does not end."""

    def bytes_of(self, item: Item, item_bytes: int) -> int:
        """Returns nothing: nobody pays for it."""
        return 0

    @property
    def is_counted(self) -> bool:
        """Returns that it is not."""
        return False


def second_bytes(second: int) -> bytes:
    """Returns a second since the epoch as a sort key of ``ExpiryIndex``."""
    return max(second, 0).to_bytes(_SECOND_BYTES)
