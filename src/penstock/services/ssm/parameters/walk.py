"""Parameters by name, page by page: the rows of a page are looked at, not those before it."""

from collections.abc import Callable
from typing import NamedTuple

from penstock.server import page_token, read_page_token
from penstock.services.ssm.errors import invalid_token
from penstock.services.ssm.parameters.parameter import Parameter, Q, parameter_of
from penstock.store import ReadTx

LAST = "\U0010ffff"

_LOOKED_AT = 1000
"""Rows that one page looks at: it may hold fewer parameters than were asked for."""


class Page(NamedTuple):
    """The parameters of a page, and the token of the next one; None at the end."""

    parameters: list[Parameter]
    token: str | None


def page_of(
    tx: ReadTx,
    place: tuple[str, str],
    prefix: str,
    page: tuple[str | None, int],
    wanted: Callable[[Parameter], bool],
) -> Page:
    """Returns parameters that are ``wanted``, as many as the ``page`` (token, limit) may hold; AwsError."""
    token, limit = page
    after = read_page_token(token) if token else ""
    if after is None:
        raise invalid_token()
    rows = tx.all(Q.find_parameters, *place, max(after, prefix), prefix + LAST, _LOOKED_AT + 1)
    found: list[Parameter] = []
    for row in rows[:_LOOKED_AT]:
        parameter = parameter_of(row)
        if not wanted(parameter):
            continue
        if len(found) == limit:
            return Page(found, page_token(found[-1].name))
        found.append(parameter)
    more = len(rows) > _LOOKED_AT
    return Page(found, page_token(parameter_of(rows[_LOOKED_AT - 1]).name) if more else None)
