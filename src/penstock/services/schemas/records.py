"""Registries, schemas, versions and discoverers as rows."""

from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson

from penstock.server import Params
from penstock.services.schemas.arns import Place
from penstock.services.schemas.errors import not_found
from penstock.store import ReadTx, Tx, queries

Q = queries("penstock.services.schemas")

_LAST = "\U0010ffff"


class Registry(NamedTuple):
    """A registry; ``id`` is its row's."""

    id: int
    name: str
    description: str
    tags: dict[str, str]


class Schema(NamedTuple):
    """A schema; ``latest`` is the number of the newest version that there has been."""

    id: int
    name: str
    tags: dict[str, str]
    latest: int
    modified_ms: int


class Version(NamedTuple):
    """One version of a schema."""

    version: int
    type: str
    content: str
    description: str
    created_ms: int


class Discoverer(NamedTuple):
    """What looks at the events of a bus, ``source``."""

    id: int
    name: str
    source: str
    description: str
    cross_account: bool
    state: str
    tags: dict[str, str]

    def shown(self, place: Place) -> Params:
        """Returns what answers say of it."""
        return {
            "DiscovererId": self.name,
            "DiscovererArn": place.discoverer_arn(self.name),
            "SourceArn": self.source,
            "Description": self.description,
            "CrossAccount": self.cross_account,
            "State": self.state,
            "Tags": self.tags,
        }


def find_registry(tx: ReadTx, place: Place, name: str) -> Registry | None:
    """Returns the registry, or None."""
    row = tx.one(Q.find_registry, *place, name)
    return Registry(row[0], name, row[1], orjson.loads(row[2])) if row else None


def get_registry(tx: ReadTx, place: Place, name: str) -> Registry:
    """Returns the registry; AwsError ``NotFoundException``."""
    registry = find_registry(tx, place, name)
    if registry is None:
        raise not_found("Registry", name)
    return registry


def find_schema(tx: ReadTx, registry: Registry, name: str) -> Schema | None:
    """Returns the schema, or None."""
    row = tx.one(Q.find_schema, registry.id, name)
    return Schema(row[0], name, orjson.loads(row[1]), row[2], row[3]) if row else None


def get_schema(tx: ReadTx, place: Place, registry: str, name: str) -> Schema:
    """Returns the schema; AwsError ``NotFoundException``."""
    schema = find_schema(tx, get_registry(tx, place, registry), name)
    if schema is None:
        raise not_found("Schema", name)
    return schema


def get_version(tx: ReadTx, schema: Schema, number: str | None) -> Version:
    """Returns the version, the newest when none is named; AwsError ``NotFoundException``."""
    if number is None:
        row = tx.one(Q.find_newest_version, schema.id)
    else:
        is_number = number.isascii() and number.isdigit() and len(number) < 10
        row = tx.one(Q.find_version, schema.id, int(number)) if is_number else None
    if row is None:
        raise not_found("Schema version", number or schema.name)
    return Version(*row)


def add_version(tx: Tx, schema: Schema, type: str, content: str, description: str) -> Version:
    """Returns the schema's new version."""
    version = Version(schema.latest + 1, type, content, description, tx.now_ms)
    tx.run(Q.add_version, schema.id, *version)
    tx.run(Q.put_latest, version.version, tx.now_ms, schema.id)
    return version


def add_registry(tx: Tx, place: Place, name: str, description: str, tags: dict[str, str]) -> Registry:
    """Returns the new registry."""
    id = tx.insert(Q.add_registry, *place, name, description, document(tags))
    return Registry(id, name, description, tags)


def add_schema(tx: Tx, registry: Registry, name: str, tags: dict[str, str]) -> Schema:
    """Returns the new schema, which has no version yet."""
    return Schema(
        tx.insert(Q.add_schema, registry.id, name, document(tags), tx.now_ms), name, tags, 0, tx.now_ms
    )


def get_discoverer(tx: ReadTx, place: Place, name: str) -> Discoverer:
    """Returns the discoverer; AwsError ``NotFoundException``."""
    row = tx.one(Q.find_discoverer, *place, name)
    if row is None:
        raise not_found("Discoverer", name)
    return discoverer_of(row)


def discoverer_of(row: Any) -> Discoverer:
    """Returns the discoverer in a row."""
    id, name, source, description, cross_account, state, tags = row
    return Discoverer(id, name, source, description, bool(cross_account), state, orjson.loads(tags))


def put_discoverer(tx: Tx, found: Discoverer) -> None:
    """Keeps what has changed of it."""
    said = (found.description, int(found.cross_account), found.state, document(found.tags))
    tx.run(Q.put_discoverer, *said, found.id)


def bounds(after: str, prefix: str, limit: int) -> tuple[str, str, str, int]:
    """Returns the bounds of a page of names, which has one more than is shown."""
    return after, prefix, prefix + _LAST, limit + 1


def document(value: Any) -> str:
    """Returns what a row keeps."""
    return orjson.dumps(value).decode()


def shown_time(ms: int) -> datetime:
    """Returns the time as answers write it."""
    return datetime.fromtimestamp(ms / 1000, UTC)
