"""Secrets in an order, page by page: the rows of a page are looked at, not those before it."""

from collections.abc import Callable
from typing import Any, NamedTuple

from penstock.server import page_token, read_page_token
from penstock.services.secretsmanager.arns import Place
from penstock.services.secretsmanager.errors import invalid_token
from penstock.services.secretsmanager.secrets.filters import Wanted
from penstock.services.secretsmanager.secrets.secret import Secret, secret_of
from penstock.store import ReadTx, Statement, queries

Q = queries(__package__)

_LOOKED_AT = 1000
"""Rows that one page looks at; with filters it may hold fewer secrets than were asked for."""


class Order(NamedTuple):
    """By what secrets are sorted: the statement, where it begins, and where a secret stands in it."""

    statement: Statement
    begin: tuple[Any, ...]
    place_of: Callable[[Secret], tuple[Any, ...]]


def _by_time(statement: Statement, time: str, *, up: bool) -> Order:
    begin = (-1, 0) if up else (1 << 62, 0)
    return Order(statement, begin, lambda secret: (getattr(secret, time), secret.id))


ORDERS = {
    ("created-date", "asc"): _by_time(Q.find_by_created_up, "created_ms", up=True),
    ("created-date", "desc"): _by_time(Q.find_by_created_down, "created_ms", up=False),
    ("last-accessed-date", "asc"): _by_time(Q.find_by_accessed_up, "accessed_ms", up=True),
    ("last-accessed-date", "desc"): _by_time(Q.find_by_accessed_down, "accessed_ms", up=False),
    ("last-changed-date", "asc"): _by_time(Q.find_by_changed_up, "changed_ms", up=True),
    ("last-changed-date", "desc"): _by_time(Q.find_by_changed_down, "changed_ms", up=False),
    ("name", "asc"): Order(Q.find_by_name_up, ("",), lambda secret: (secret.name,)),
    ("name", "desc"): Order(Q.find_by_name_down, ("\U0010ffff",), lambda secret: (secret.name,)),
}
"""The orders of ListSecrets by ``SortBy`` and ``SortOrder``."""


class Page(NamedTuple):
    """The secrets of a page, and the token of the next one; None at the end."""

    secrets: list[Secret]
    token: str | None


def page_of(tx: ReadTx, place: Place, order: Order, token: str | None, limit: int, wanted: Wanted) -> Page:
    """Returns ``limit`` secrets at most that are ``wanted``, behind ``token``; AwsError."""
    after = _read(token, order) if token else order.begin
    rows = tx.all(order.statement, *place, *after, _LOOKED_AT + 1)
    found: list[Secret] = []
    for row in rows[:_LOOKED_AT]:
        secret = secret_of(tx, row)
        if len(found) == limit:
            return Page(found, _token(order, found[-1]))
        if wanted(secret):
            found.append(secret)
    more = len(rows) > _LOOKED_AT
    return Page(found, _token(order, secret_of(tx, rows[_LOOKED_AT - 1])) if more else None)


def _token(order: Order, secret: Secret) -> str:
    return page_token("\n".join(str(part) for part in order.place_of(secret)))


def _read(token: str, order: Order) -> tuple[Any, ...]:
    parts = (read_page_token(token) or "").split("\n")
    if len(parts) != len(order.begin):
        raise invalid_token()
    try:
        return tuple(type(first)(part) for first, part in zip(order.begin, parts, strict=True))
    except ValueError:
        raise invalid_token() from None
