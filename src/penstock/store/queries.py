"""Named SQL: each room keeps its statements in a ``state.sql`` beside its code.

A statement starts with ``-- name: put_version``, optionally followed by comment lines that say why. It is written for
SQLite; PostgreSQL gets it translated, or, where that cannot do, by the same name from ``state.postgresql.sql``.
"""

import re
from collections.abc import Iterator
from functools import cache, cached_property
from importlib import resources
from typing import TYPE_CHECKING

from penstock.store.dialect import postgresql_placeholders

_HEADER = re.compile(r"^-- name: (\w+)$", re.MULTILINE)
_KEY = re.compile(r"\s+RETURNING id$")


class Statement:
    """One statement in both dialects; a transaction takes the text of its store's.

    ``inserting`` is an INSERT that gives back its row's ``id``, but does not say so, else None: SQLite tells a key that
    it has counted up in any case, and needs three times as long to give it back as a row.
    """

    def __init__(self, name: str, package: str, sqlite: str) -> None:
        self.name = name
        self.package = package
        self.sqlite = sqlite
        self.inserting = _without_key(sqlite)

    @classmethod
    def of(cls, sql: str) -> "Statement":
        """Returns a statement of no room, which the dialects have in common: for tests."""
        return cls(sql, "", sql)

    @cached_property
    def postgresql(self) -> str:
        """Returns the text that psycopg takes."""
        override = overrides(self.package).get(self.name) if self.package else None
        return postgresql_placeholders(override or self.sqlite)

    def __repr__(self) -> str:
        return f"<{self.package} {self.name}>"


class Queries:
    """The statements of one ``state.sql``, as attributes."""

    def __init__(self, package: str) -> None:
        self.__dict__ = {
            name: Statement(name, package, sql) for name, sql in _read(package, "state.sql").items()
        }

    def __iter__(self) -> Iterator[Statement]:
        return iter(self.__dict__.values())

    if TYPE_CHECKING:  # the names are the file's; at run time they are plain attributes

        def __getattr__(self, name: str) -> Statement: ...


@cache
def queries(package: str) -> Queries:
    """Returns the statements in ``state.sql`` of ``package``; call it as ``queries(__package__)``."""
    return Queries(package)


@cache
def overrides(package: str) -> dict[str, str]:
    """Returns what ``package`` says differently to PostgreSQL, by name."""
    return _read(package, "state.postgresql.sql")


def _without_key(sqlite: str) -> str | None:
    text, found = _KEY.subn("", sqlite)
    return text if found and "ON CONFLICT" not in text else None


def _read(package: str, file: str) -> dict[str, str]:
    try:
        text = resources.files(package).joinpath(file).read_text("utf-8")
    except FileNotFoundError:
        return {}
    parts = _HEADER.split(text)[1:]
    return {name: _strip(body) for name, body in zip(parts[::2], parts[1::2], strict=True)}


def _strip(body: str) -> str:
    lines = (line for line in body.splitlines() if line.strip() and not line.lstrip().startswith("--"))
    return "\n".join(lines).rstrip(";")
