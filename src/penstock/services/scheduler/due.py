"""Fires schedules when they are due: the firing, what it delivers and the next time are one transaction.

What was due while the server did not run is made up for by one firing at the next start.
"""

from collections.abc import Sequence

from penstock.delivery import Message, Origin
from penstock.delivery.trace_header import child_header
from penstock.services.scheduler.invoking.firing import Firing, firing_document
from penstock.services.scheduler.invoking.invocation import Invocation
from penstock.services.scheduler.schedules.plan import due_ms, next_planned_ms
from penstock.services.scheduler.schedules.schedule import Schedule, schedule_of
from penstock.services.scheduler.state import SchedulerState
from penstock.store import ReadTx, Tx, queries

Q = queries("penstock.services.scheduler.schedules")


class DueSchedules:
    """The schedules of one server, as what is done when it is due."""

    def __init__(self, scheduler: SchedulerState) -> None:
        self._scheduler = scheduler

    def find_due(self, tx: ReadTx, count: int) -> list[int]:
        """Returns some schedules that are due."""
        return [id for (id,) in tx.all(Q.find_due, tx.now_ms, count)]

    def next_due(self, tx: ReadTx) -> int | None:
        """Returns when the next schedule is due that is not due yet."""
        row = tx.one(Q.find_next_due, tx.now_ms)
        return row[0] if row else None

    def do(self, tx: Tx, ids: Sequence[int]) -> None:
        """Fires some schedules; AwsError ``SlowDown``."""
        for schedule in _still_due(tx, ids):
            _fire(tx, self._scheduler, schedule)
            _plan(tx, schedule, schedule.planned_ms or 0)

    def make_up(self, tx: Tx, ids: Sequence[int]) -> None:
        """Fires some schedules, each once; AwsError ``SlowDown``."""
        for schedule in _still_due(tx, ids):
            _fire(tx, self._scheduler, schedule)
            _plan(tx, schedule, tx.now_ms)

    def make_up_later(self, tx: Tx, ids: Sequence[int]) -> None:
        """Leaves each schedule due once, now, in the place of all the times that it was."""
        for schedule in _still_due(tx, ids):
            tx.run(Q.put_plan, tx.now_ms, tx.now_ms, schedule.id)


def _still_due(tx: ReadTx, ids: Sequence[int]) -> list[Schedule]:
    rows = [tx.one(Q.find_due_schedule, id, tx.now_ms) for id in ids]
    return [schedule_of(row) for row in rows if row]


def _fire(tx: Tx, scheduler: SchedulerState, schedule: Schedule) -> None:
    firing = Firing(schedule.key, schedule.settings["Target"], schedule.planned_ms or 0, tx.ids.hex(16))
    trace = child_header(None, tx.ids.hex(16), now_ms=tx.now_ms, ids=tx.ids)
    message = Message(firing_document(firing), trace, origin=Origin())
    Invocation(tx, scheduler, firing, message).begin()


def _plan(tx: Tx, schedule: Schedule, behind_ms: int) -> None:
    settings = schedule.settings
    planned_ms = next_planned_ms(settings, schedule.planned_ms or 0, behind_ms)
    if planned_ms is None and settings["ActionAfterCompletion"] == "DELETE":
        tx.run(Q.delete_schedule, schedule.id)
        return
    tx.run(Q.put_plan, planned_ms, due_ms(settings, planned_ms, tx.ids.fraction()), schedule.id)
