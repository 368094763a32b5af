"""What moves by itself: a new function becomes active, a new mapping enabled, shortly after the request."""

from penstock.services.lambda_.functions import function
from penstock.services.lambda_.sources import mapping
from penstock.services.lambda_.sources.mapping import State
from penstock.services.lambda_.sources.sources import Sources
from penstock.services.moving import Moving
from penstock.services.service import Parts
from penstock.store import ReadTx, Tx


def transitions(parts: Parts, sources: Sources) -> Moving:
    """Returns what moves functions and mappings; the sources of mappings that have been enabled are read."""
    return Moving(parts.store, parts.clock, _next_ms, _step, sources.follow)


def _step(tx: Tx, until_ms: int) -> list[str]:
    """Returns the mappings whose sources are to be read from now on."""
    for each in function.moving_functions(tx, until_ms):
        function.make_ready(tx, each)
    states = [(each, mapping.move_on(tx, each)) for each in mapping.moving_mappings(tx, until_ms)]
    return [each.uuid for each, state in states if state is State.ENABLED and not each.is_read]


def _next_ms(tx: ReadTx) -> int | None:
    found = (function.next_move_ms(tx), mapping.next_move_ms(tx))
    return min((due_ms for due_ms in found if due_ms is not None), default=None)
