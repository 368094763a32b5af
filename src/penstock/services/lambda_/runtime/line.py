"""Who waits for a place for a worker, and who is next.

One function must not keep the others from running, however slow it is and however much it has to do. So the function
that has the fewest places is next, and the last places are kept: some for callers who wait on the line, some for
functions that have none yet.
"""

import asyncio
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from penstock.services.lambda_.functions.function import Function
from penstock.services.lambda_.functions.invocation import InvocationType

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class Ticket(Generic[T]):
    """Somebody who waits; ``place`` is set to what was granted."""

    function: Function
    kind: InvocationType
    number: int
    place: asyncio.Future[T] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Line(Generic[T]):
    """The tickets that wait, and how many of the ``places`` each function has been granted."""

    def __init__(self, places: int) -> None:
        self._left = places
        self._in_use: Counter[int] = Counter()
        self._waiting: dict[tuple[int, InvocationType], deque[Ticket[T]]] = {}
        self._number = 0
        self._for_callers = max(places // 4, 1 if places > 1 else 0)
        self._for_newcomers = max(places // 8, 1 if places > 3 else 0)

    def __bool__(self) -> bool:
        return bool(self._waiting)

    @property
    def granted(self) -> int:
        """Returns how many places are in use, or meant for somebody."""
        return self._in_use.total()

    def join(self, function: Function, kind: InvocationType) -> Ticket[T]:
        """Returns a new ticket."""
        self._number += 1
        ticket: Ticket[T] = Ticket(function, kind, self._number)
        self._waiting.setdefault((function.id, kind), deque()).append(ticket)
        return ticket

    def leave(self, ticket: Ticket[T]) -> bool:
        """Takes away a ticket that waits; returns False when it does not."""
        key = ticket.function.id, ticket.kind
        tickets = self._waiting.get(key, ())
        if ticket not in tickets:
            return False
        self._waiting[key].remove(ticket)
        self._forget_empty(key)
        return True

    def next(self) -> Ticket[T] | None:
        """Returns who is granted a place now, taken from the line; None when nobody can be."""
        firsts = [tickets[0] for key, tickets in self._waiting.items() if self.may(*key)]
        if not firsts:
            return None
        return self._grant(min(firsts, key=lambda ticket: (self._in_use[ticket.function.id], ticket.number)))

    def next_of(self, function: Function) -> Ticket[T] | None:
        """Returns the function's own first ticket, granted, when there is one that can be."""
        keys = [(function.id, kind) for kind in InvocationType]
        firsts = [self._waiting[key][0] for key in keys if key in self._waiting and self.may(*key)]
        return self._grant(min(firsts, key=lambda ticket: ticket.number)) if firsts else None

    def may(self, function_id: int, kind: InvocationType) -> bool:
        """Returns whether the function can be granted a place, by what must be kept for others."""
        kept = self._for_callers if kind is InvocationType.EVENT else 0
        if self._in_use[function_id]:
            kept += self._for_newcomers
        return self._left > kept

    def take(self, function_id: int) -> None:
        """Grants a place to somebody who need not wait."""
        self._left -= 1
        self._in_use[function_id] += 1

    def give_back(self, function_id: int) -> None:
        """Ends a grant."""
        self._left += 1
        self._in_use[function_id] -= 1
        if not self._in_use[function_id]:
            del self._in_use[function_id]

    def close(self, error: Exception) -> None:
        """Refuses everybody who waits."""
        for tickets in self._waiting.values():
            for ticket in tickets:
                if not ticket.place.done():
                    ticket.place.set_exception(error)
        self._waiting.clear()

    def _grant(self, ticket: Ticket[T]) -> Ticket[T]:
        key = ticket.function.id, ticket.kind
        self._waiting[key].popleft()
        self._forget_empty(key)
        self.take(ticket.function.id)
        return ticket

    def _forget_empty(self, key: tuple[int, InvocationType]) -> None:
        if not self._waiting[key]:
            del self._waiting[key]
