"""ReceiveMessage of standard queues that have noisy tenants: quiet ones first, then the least present of the noisy.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues-detailed.html
"""

from collections.abc import Iterable

import orjson

from penstock.services.sqs.in_flight import InFlight
from penstock.services.sqs.queues.queue import Queue
from penstock.services.sqs.tenants import Tenants, in_flight_of
from penstock.store import ReadTx, Row, queries

Q = queries(__package__)

_AHEAD = 10_000  # entries of an index that one receive looks at: about two milliseconds


def fair_rows(
    tx: ReadTx, tenants: Tenants, in_flight: InFlight, queue: Queue, rows: list[Row], count: int
) -> list[Row]:
    """Returns what a receiver gets that would get ``rows`` if no tenant were noisy; up to ``count`` messages."""
    box = queue.box
    groups = {row[7] for row in rows if row[7] is not None}
    if not tenants.noisy(box, tx.now_ms) and not groups:
        return rows
    tenants.watch(box, in_flight.of(box))
    new = tenants.spot(tx, box, groups)
    while new or tenants.noisy(box, tx.now_ms):
        rows = _quiet_rows(tx, tenants, queue, count)
        new = tenants.spot(tx, box, {row[7] for row in rows if row[7] is not None})
        if not new:
            return rows + _noisy_rows(tx, tenants, queue, count - len(rows))
    return rows


def _quiet_rows(tx: ReadTx, tenants: Tenants, queue: Queue, count: int) -> list[Row]:
    noisy = orjson.dumps(tenants.noisy(queue.box, tx.now_ms)).decode()
    horizon_ms = queue.horizon_ms(tx.now_ms)
    found = tx.all(Q.find_quiet, queue.box, 1, horizon_ms, tx.now_ms, _AHEAD, noisy, count)
    if len(found) < count:
        # Behind what former receives have found to be of noisy tenants, so that a backlog is looked through once.
        from_ms = max(horizon_ms, tenants.passed_ms(queue.box) - 1)
        fresh = tx.all(Q.find_quiet, queue.box, 0, from_ms, tx.now_ms, _AHEAD, noisy, count - len(found))
        tenants.pass_until(queue.box, fresh[0][1] if fresh else _end(tx, queue, from_ms))
        found += fresh
    return _rows(tx, (id for id, _ in found))


def _end(tx: ReadTx, queue: Queue, from_ms: int) -> int:
    """Returns until when a look from ``from_ms`` on has seen everything."""
    row = tx.one(Q.find_ahead, queue.box, from_ms, tx.now_ms, _AHEAD - 1)
    return row[0] if row else tx.now_ms


def _noisy_rows(tx: ReadTx, tenants: Tenants, queue: Queue, count: int) -> list[Row]:
    rows: list[Row] = []
    if not count:
        return rows
    horizon_ms = queue.horizon_ms(tx.now_ms)
    noisy = tenants.noisy(queue.box, tx.now_ms)
    for tenant in sorted(noisy, key=lambda tenant: in_flight_of(tx, queue.box, tenant)):
        wanted = count - len(rows)
        found = tx.all(Q.find_of_tenant, queue.box, tenant, horizon_ms, tx.now_ms, wanted + 1)
        if len(found) <= wanted:
            tenants.calm(queue.box, tenant)  # this is the end of its backlog
        rows += _rows(tx, (id for (id,) in found[:wanted]))
        if len(rows) >= count:
            break
    return rows


def _rows(tx: ReadTx, ids: Iterable[int]) -> list[Row]:
    found = (tx.one(Q.find_by_id, id) for id in ids)
    return [row for row in found if row is not None]
