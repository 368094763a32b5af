"""Who is next for a place."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from penstock.config import Config
from penstock.errors import StartError
from penstock.services.lambda_.functions.invocation import InvocationType
from penstock.services.lambda_.runtime.line import Line

CALLER, EVENT = InvocationType.REQUEST_RESPONSE, InvocationType.EVENT


def function(number: int) -> Any:
    return SimpleNamespace(id=number)


def order(places: int, *wishes: tuple[int, InvocationType]) -> list[int]:
    """Returns whose tickets are granted at once, in their order."""

    async def served() -> list[int]:
        line: Line[int] = Line(places)
        for number, kind in wishes:
            line.join(function(number), kind)
        found = []
        while ticket := line.next():
            found.append(ticket.function.id)
        return found

    return asyncio.run(served())


def test_the_function_with_the_fewest_places_is_next() -> None:
    wishes = [*[(1, CALLER)] * 4, *[(2, CALLER)] * 4]
    assert order(9, *wishes) == [1, 2, 1, 2, 1, 2, 1, 2]


def test_events_of_one_function_leave_places_for_callers_and_for_other_functions() -> None:
    assert order(8, *[(1, EVENT)] * 50) == [1] * 5
    assert order(8, *[(1, EVENT)] * 50, (2, EVENT)) == [1, 2, 1, 1, 1]
    assert order(8, *[(1, EVENT)] * 50, (2, CALLER), (3, CALLER)) == [1, 2, 3, 1, 1]


def test_events_that_must_wait_do_not_keep_callers_of_their_function_waiting() -> None:
    assert order(2, (1, EVENT), (1, EVENT), (1, CALLER)) == [1, 1]


@pytest.mark.parametrize("kind", [CALLER, EVENT])
def test_a_single_place_is_for_everybody(kind: InvocationType) -> None:
    assert order(1, (1, kind), (2, kind)) == [1]


def test_a_ticket_that_has_left_is_not_served() -> None:
    async def left() -> bool:
        line: Line[int] = Line(1)
        ticket = line.join(function(1), CALLER)
        return line.leave(ticket) and not line.leave(ticket) and line.next() is None and not line

    assert asyncio.run(left())


def test_a_server_without_a_place_for_workers_is_refused_at_its_start() -> None:
    with pytest.raises(StartError, match="function_workers"):
        Config.load({"function_workers": 0}, {})
