"""Fires schedules when they are due: the firing, what it delivers and the next time are one transaction.

What was due while the server did not run is made up for by one firing at the next start.
"""

from penstock.delivery import Message, Origin
from penstock.delivery.trace_header import child_header
from penstock.services.scheduler.invoking.firing import Firing, firing_document
from penstock.services.scheduler.invoking.invocation import Invocation
from penstock.services.scheduler.schedules.plan import due_ms, next_planned_ms
from penstock.services.scheduler.schedules.schedule import Schedule, schedule_of
from penstock.services.scheduler.state import SchedulerState
from penstock.store import ReadTx, Tx, queries

Q = queries("penstock.services.scheduler.schedules")

_STEP = 10
"""Each may hold 256 KiB of input."""


class DueSchedules:
    """The schedules of one server, as what is done when it is due."""

    def __init__(self, scheduler: SchedulerState) -> None:
        self._scheduler = scheduler

    def next_due(self, tx: ReadTx) -> int | None:
        """Returns when the next schedule is due."""
        row = tx.one(Q.find_next_due)
        return row[0] if row else None

    def do_due(self, tx: Tx) -> None:
        """Fires some schedules that are due; AwsError ``SlowDown``."""
        for schedule in self._some(tx):
            _fire(tx, self._scheduler, schedule)
            _plan(tx, schedule, schedule.planned_ms or 0)

    def make_up(self, tx: Tx) -> bool:
        """Fires some schedules that were due, each once, and returns whether there may be more."""
        found = self._some(tx)
        for schedule in found:
            _fire(tx, self._scheduler, schedule)
            _plan(tx, schedule, tx.now_ms)
        return bool(found)

    def _some(self, tx: ReadTx) -> list[Schedule]:
        return [schedule_of(row) for row in tx.all(Q.find_due, tx.now_ms, _STEP)]


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
