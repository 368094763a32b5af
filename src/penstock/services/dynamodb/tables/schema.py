"""Keys: which attributes they are made of, and where an item with them stands.

A place is a digest of the partition key and the sort key as ordered bytes: the rows of one partition lie together,
in the order of their sort keys, and the partitions in an order that says nothing.
"""

from hashlib import blake2b
from typing import Any, Final, NamedTuple

from penstock.services.dynamodb import limits
from penstock.services.dynamodb.errors import invalid, invalid_value
from penstock.services.dynamodb.values import Item, Value, key_bytes

_DIGEST_BYTES = 24  # short enough for a row of PostgreSQL's indexes, which holds four such keys


class Attribute(NamedTuple):
    """An attribute of a key; ``type`` is S, N or B."""

    name: str
    type: str


class Place(NamedTuple):
    """Where a row stands: by partition, then by sort key (empty where there is none)."""

    hash: bytes
    range: bytes


BEGINNING: Final = Place(b"", b"")
"""Before every row."""


class Schema(NamedTuple):
    """The key of a table or of an index."""

    hash: Attribute
    range: Attribute | None

    @property
    def attributes(self) -> tuple[Attribute, ...]:
        """Returns its attributes, the partition key first."""
        return (self.hash,) if self.range is None else (self.hash, self.range)

    @property
    def names(self) -> frozenset[str]:
        """Returns the names of its attributes."""
        return frozenset(attribute.name for attribute in self.attributes)

    def key_of(self, item: Item) -> Item:
        """Returns the key of an item that has one."""
        return {attribute.name: item[attribute.name] for attribute in self.attributes}

    def place_of_item(self, item: Item) -> Place:
        """Returns where a new item stands; ValidationException when it has no such key."""
        for name, type in self.attributes:
            value = item.get(name)
            if value is None:
                raise invalid_value(f"Missing the key {name} in the item")
            if type not in value:
                raise invalid_value(
                    f"Type mismatch for key {name} expected: {type} actual: {next(iter(value))}"
                )
        return self._place(item)

    def place_of_key(self, key: Item) -> Place:
        """Returns where the item with this key stands; ValidationException when it is none of the schema's."""
        attributes = self.attributes
        if len(key) != len(attributes):
            raise invalid("The provided key element does not match the schema")
        for name, type in attributes:
            value = key.get(name)
            if value is None or type not in value:
                raise invalid("The provided key element does not match the schema")
        return self._place(key)

    def place_in_index(self, item: Item) -> Place | None:
        """Returns where the item stands in an index with this key; None when it is not in it."""
        for name, type in self.attributes:
            value = item.get(name)
            if value is None or not value.get(type):
                return None
        return Place(self.hash_of(item), self._range_of(item))

    def check_in_index(self, item: Item, index: str) -> None:
        """Returns when the item can be in the index, or need not; ValidationException."""
        for name, type in self.attributes:
            value = item.get(name)
            if value is None:
                continue
            actual = next(iter(value))
            if actual != type:
                raise invalid_value(
                    f"Type mismatch for Index Key {name} Expected: {type} Actual: {actual} IndexName: {index}"
                )
            if not value[type]:
                kind = "string" if type == "S" else "binary"
                raise invalid(
                    "One or more parameter values are not valid. A value specified for a secondary index key is not "
                    f"supported. The AttributeValue for a key attribute cannot contain an empty {kind} value. "
                    f"IndexName: {index}, IndexKey: {name}"
                )
            self._check_length(name, key_bytes(value))

    def hash_of(self, item: Item) -> bytes:
        """Returns the digest of the item's partition key."""
        return digest(item[self.hash.name])

    def _place(self, item: Item) -> Place:
        for name, type in self.attributes:
            value: Any = item[name][type]
            if not value:
                kind = "string" if type == "S" else "binary"
                raise invalid(
                    "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain "
                    f"an empty {kind} value. Key: {name}"
                )
        partition = key_bytes(item[self.hash.name])
        self._check_length(self.hash.name, partition)
        place = Place(_digest(partition), self._range_of(item))
        if self.range is not None:
            self._check_length(self.range.name, place.range)
        return place

    def _range_of(self, item: Item) -> bytes:
        return b"" if self.range is None else key_bytes(item[self.range.name])

    def _check_length(self, name: str, key: bytes) -> None:
        if name == self.hash.name:
            if len(key) > limits.MAX_HASH_KEY_BYTES:
                # AWS writes it without the space.
                raise invalid_value(
                    f"Size of hashkey has exceeded the maximum size limit of{limits.MAX_HASH_KEY_BYTES} bytes"
                )
        elif len(key) > limits.MAX_RANGE_KEY_BYTES:
            raise invalid_value(
                f"Aggregated size of all range keys has exceeded the size limit of {limits.MAX_RANGE_KEY_BYTES} bytes"
            )


def digest(value: Value) -> bytes:
    """Returns the digest of a partition key's value."""
    return _digest(key_bytes(value))


def _digest(partition: bytes) -> bytes:
    return blake2b(partition, digest_size=_DIGEST_BYTES).digest()
