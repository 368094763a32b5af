"""Takes away what nobody sees any more: what dropped tables and indexes held, old changes, old tokens."""

from penstock.services.dynamodb import limits
from penstock.services.dynamodb.tables.copies import find_live
from penstock.services.dynamodb.tables.table import forget_table
from penstock.store import Row, Tx, queries

Q = queries(__package__)

_STEP = 200
_STEP_BYTES = 2_000_000


def empty_index(tx: Tx) -> bool:
    """Deletes some entries of an index that was dropped, at last itself; returns whether there may be more."""
    row = tx.one(Q.find_leaving)
    if row is None:
        return False
    index_id, table_id, *key = row
    if not _empty(tx, index_id):
        _delete_index(tx, index_id, table_id)
        forget_table(tx, (key[0], key[1], key[2]))
    return True


def empty_table(tx: Tx) -> bool:
    """Deletes some items of a table that was dropped, at last itself; returns whether there may be more."""
    row = tx.one(Q.find_dropped)
    if row is None:
        return False
    [table_id] = row
    if index := tx.one(Q.find_index_of, table_id):
        if not _empty(tx, index[0]):
            _delete_index(tx, index[0], table_id)
        return True
    if not _empty_items(tx, table_id) and not _forget(tx, tx.all(Q.find_some_former, table_id, _STEP)):
        tx.run(Q.delete_counts, table_id, 0)
        tx.run(Q.delete_table, table_id)
    return True


def forget_changes(tx: Tx) -> bool:
    """Deletes some changes that can be read no more; returns whether there may be more."""
    found = tx.all(Q.find_old_changes, tx.now_ms - limits.STREAM_MS, _STEP)
    for row in found:
        tx.run(Q.delete_change, *row)
    if len(found) < _STEP:
        for (stream,) in tx.all(Q.find_old_streams, tx.now_ms - limits.STREAM_MS, _STEP):
            tx.run(Q.delete_stream, stream)
            tx.run(Q.delete_readers, stream)
    return len(found) == _STEP


def forget_tokens(tx: Tx) -> bool:
    """Deletes some tokens that are over; returns whether there may be more."""
    found = tx.all(Q.find_old_tokens, tx.now_ms, _STEP)
    for row in found:
        tx.run(Q.delete_token, *row)
    return len(found) == _STEP


def clear_former(tx: Tx) -> bool:
    """Deletes some of what the items of a table were that has no use for it; returns whether there may be more."""
    row = tx.one(Q.find_clearing)
    if row is None:
        return False
    copy_id, table_id = row
    table = find_live(tx, table_id)
    if table is None or table.keeps_former or not _forget(tx, tx.all(Q.find_some_former, table_id, _STEP)):
        tx.run(Q.delete_copy, copy_id)
    return True


def forget_former(tx: Tx) -> bool:
    """Deletes some of what items were too long ago; returns whether there may be more."""
    return _forget(tx, tx.all(Q.find_old_former, tx.now_ms - limits.FORMER_MS, _STEP))


def forget_backup(tx: Tx) -> bool:
    """Deletes a backup whose time is over; returns whether there may be more."""
    row = tx.one(Q.find_old_backup, tx.now_ms)
    if row is None:
        return False
    backup_id, items_id = row
    tx.run(Q.delete_backup, backup_id)
    tx.run(Q.put_dropped, items_id)
    return True


def forget_transfers(tx: Tx) -> bool:
    """Deletes some exports and imports that are not listed any more; returns whether there may be more."""
    found = tx.all(Q.find_old_transfers, tx.now_ms - limits.TRANSFER_MS, _STEP)
    for row in found:
        tx.run(Q.delete_transfer, *row)
    return len(found) == _STEP


EMPTIES = (
    forget_backup,
    empty_index,
    empty_table,
    clear_former,
    forget_former,
    forget_changes,
    forget_tokens,
    forget_transfers,
)


def _empty(tx: Tx, index_id: int) -> bool:
    """Deletes some entries of the index; returns whether there were any."""
    found = tx.all(Q.find_entries, index_id, _STEP)
    for row in found:
        tx.run(Q.delete_entry, index_id, *row)
    return bool(found)


def _empty_items(tx: Tx, table_id: int) -> bool:
    """Deletes some items of the table; returns whether there were any."""
    found, size = tx.all(Q.find_some_items, table_id, _STEP), 0
    for id, bytes in found:
        tx.run(Q.delete_item, id)
        size += bytes
        if size > _STEP_BYTES:
            break
    return bool(found)


def _forget(tx: Tx, found: list[Row]) -> bool:
    """Deletes some of these rows of what items were; returns whether there were any."""
    size = 0
    for id, bytes in found:
        tx.run(Q.delete_former, id)
        size += bytes
        if size > _STEP_BYTES:
            break
    return bool(found)


def _delete_index(tx: Tx, index_id: int, table_id: int) -> None:
    tx.run(Q.delete_counts, table_id, index_id)
    tx.run(Q.delete_index, index_id)
