"""A table as a value: what it is called, how its items are found, who may use it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import orjson

from penstock.access import Policy, parse_policy
from penstock.server import resource_tag_keys
from penstock.services.dynamodb.arns import Key, table_arn
from penstock.services.dynamodb.errors import table_not_found
from penstock.services.dynamodb.tables.index import ExpiryIndex, Index, IndexState, Kind
from penstock.services.dynamodb.tables.policy_text import split_policy
from penstock.services.dynamodb.tables.schema import Attribute, Schema
from penstock.store import ReadTx, Row, Tx, queries

Q = queries(__package__)

DOCUMENT_VERSION = 1


class Identity(NamedTuple):
    """What tells a table from every other that has, had or will have its name.

    ``hash_names`` are the attributes that partition it ("") and its indexes, for what policies ask of them.
    """

    uid: str
    hash_names: tuple[tuple[str, str], ...]


class Stream(NamedTuple):
    """Where a table's changes go; ``view`` is AWS's StreamViewType."""

    id: int
    label: str
    view: str


class Sealing(NamedTuple):
    """The table key ``uid``: ``secret`` is sealed with a key of KMS, or with the server's own."""

    uid: str
    secret: str


@dataclass(frozen=True)
class Table:
    """One table; remembered between transactions, so it is never changed, only loaded anew.

    ``settings`` are AWS's members of its description. ``indexes`` are those that are written to, by name;
    ``leaving`` those whose entries go.
    """

    id: int
    key: Key
    uid: str
    settings: Mapping[str, Any]
    tags: Mapping[str, str]
    policy: Policy | None
    created_ms: int
    keys: Schema
    indexes: Mapping[str, Index]
    leaving: tuple[Index, ...]
    stream: Stream | None

    @cached_property
    def arn(self) -> str:
        """Returns the table's ARN."""
        return table_arn(self.key)

    @property
    def name(self) -> str:
        """Returns the table's name."""
        return self.key[2]

    @cached_property
    def identity(self) -> Identity:
        """Returns what authorisation remembers of it."""
        names = {
            "": self.keys.hash.name,
            **{name: index.keys.hash.name for name, index in self.secondary.items()},
        }
        return Identity(self.uid, tuple(names.items()))

    @cached_property
    def tag_keys(self) -> Mapping[str, str]:
        """Returns the condition keys of its tags."""
        return resource_tag_keys(self.tags)

    @property
    def is_on_demand(self) -> bool:
        """Returns whether its throughput is paid by the request."""
        return bool(self.settings["BillingMode"] == "PAY_PER_REQUEST")

    @cached_property
    def moment_ms(self) -> int:
        """Returns the moment of the youngest copy that is being made of it, 0 when none is."""
        return int(self.settings.get("moment_ms") or 0)

    @cached_property
    def keeps_former(self) -> bool:
        """Returns whether what its items were is kept when they change."""
        return bool(self.moment_ms or self.settings.get("recovery"))

    @cached_property
    def replicas(self) -> tuple[Key, ...]:
        """Returns the tables in other regions that have every item of it."""
        account, _, name = self.key
        return tuple((account, region, name) for region in self.settings.get("replicas") or ())

    @cached_property
    def sealing(self) -> Sealing | None:
        """Returns what its items are sealed with; None when they lie as they are."""
        found = self.settings.get("sealing")
        return Sealing(found["uid"], found["secret"]) if found else None

    @cached_property
    def is_ready(self) -> bool:
        """Returns whether all its items are in it: not while it is being restored or imported."""
        return "status" not in self.settings

    @cached_property
    def secondary(self) -> Mapping[str, Index]:
        """Returns the indexes that can be asked for, by name."""
        return {name: index for name, index in self.indexes.items() if index.kind is not Kind.EXPIRY}

    @cached_property
    def has_local_indexes(self) -> bool:
        """Returns whether its items form collections, whose size AWS tells."""
        return any(index.kind is Kind.LOCAL for index in self.indexes.values())

    @cached_property
    def expiry(self) -> Index | None:
        """Returns the index by time to live; None when items do not end."""
        return next((index for index in self.indexes.values() if index.kind is Kind.EXPIRY), None)

    @cached_property
    def types(self) -> Mapping[str, str]:
        """Returns the types of the attributes that are part of some key."""
        return types_of(self.settings["AttributeDefinitions"])


def find_table(tx: ReadTx, key: Key) -> Table | None:
    """Returns the table, or None."""
    return tx.cached("dynamodb.table", key, _load)


def get_table(tx: ReadTx, key: Key) -> Table:
    """Returns the table; AwsError ``ResourceNotFoundException`` in the words of operations on items."""
    table = find_table(tx, key)
    if table is None:
        raise table_not_found()
    return table


def forget_table(tx: Tx, key: Key) -> None:
    """Drops what is remembered of the table; call it in the transaction that changes it."""
    tx.forget("dynamodb.table", key)


def store_settings(tx: Tx, table: Table, settings: Mapping[str, Any]) -> None:
    """Replaces the table's settings."""
    tx.run(Q.put_document, document_of(settings), table.id)
    forget_table(tx, table.key)


def document_of(settings: Mapping[str, Any]) -> str:
    """Returns settings as they are stored."""
    return orjson.dumps({"version": DOCUMENT_VERSION, **settings}).decode()


def types_of(definitions: list[dict[str, str]]) -> dict[str, str]:
    """Returns the types of attributes by name, of AWS's ``AttributeDefinitions``."""
    return {definition["AttributeName"]: definition["AttributeType"] for definition in definitions}


def schema_of(elements: list[dict[str, str]], types: Mapping[str, str]) -> Schema:
    """Returns the key that AWS's ``KeySchema`` describes."""
    first, *more = (
        Attribute(element["AttributeName"], types[element["AttributeName"]]) for element in elements
    )
    return Schema(first, more[0] if more else None)


def _load(tx: ReadTx, key: Key) -> Table | None:
    row = tx.one(Q.find_table, *key)
    if row is None:
        return None
    id, uid, document, tags, policy, created_ms = row
    settings = orjson.loads(document)
    types = types_of(settings["AttributeDefinitions"])
    keys = schema_of(settings["KeySchema"], types)
    indexes = [_index(found, keys) for found in tx.all(Q.find_indexes, id)]
    return Table(
        id=id,
        key=key,
        uid=uid,
        settings=settings,
        tags=orjson.loads(tags),
        policy=parse_policy(split_policy(policy)[1], kind="resource") if policy else None,
        created_ms=created_ms,
        keys=keys,
        indexes={index.name: index for index in indexes if index.state is not IndexState.DELETING},
        leaving=tuple(index for index in indexes if index.state is IndexState.DELETING),
        stream=Stream(**settings["stream"]) if settings.get("stream") else None,
    )


def _index(row: Row, table_keys: Schema) -> Index:
    id, name, kind, state, document = row
    settings = orjson.loads(document)
    if kind == Kind.EXPIRY:
        return ExpiryIndex(id, name, Kind.EXPIRY, IndexState(state), settings, table_keys, None)
    keys = schema_of(settings["KeySchema"], settings["types"])
    projection, projected = settings["Projection"], None
    if projection["ProjectionType"] != "ALL":
        projected = keys.names | table_keys.names | frozenset(projection.get("NonKeyAttributes", ()))
    return Index(id, name, Kind(kind), IndexState(state), settings, keys, projected)
