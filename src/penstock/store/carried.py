"""What goes with the writes of whoever is at work: in the same transaction."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Concatenate, ParamSpec, TypeVar

from penstock.store.tx import Tx

P = ParamSpec("P")
T = TypeVar("T")

Carried = Callable[[Tx], None]

CARRIED: ContextVar[Carried | None] = ContextVar("carried", default=None)
"""Run at the end of each function that writes something and is handed to a store in this context."""


def carrying(fn: Callable[Concatenate[Tx, P], T], carried: Carried) -> Callable[Concatenate[Tx, P], T]:
    """Returns ``fn`` with what is carried behind it, if it has written."""

    def both(tx: Tx, /, *args: P.args, **kwargs: P.kwargs) -> T:
        result = fn(tx, *args, **kwargs)
        if tx.wrote:
            carried(tx)
        return result

    return both
