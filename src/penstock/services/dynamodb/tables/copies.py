"""Copies of tables that are being made: which, of what, as it was when.

A table whose copy is made keeps what its items were when they change, from the moment of the copy on, so the copy shows
that moment however long it takes. All of it lies in rows: another process goes on with it.
"""

from typing import NamedTuple

from penstock.services.dynamodb.arns import Key
from penstock.services.dynamodb.tables.schema import BEGINNING, Place
from penstock.services.dynamodb.tables.table import Table, find_table, store_settings
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)


class Copy(NamedTuple):
    """One copy that is being made: ``moment_ms`` None copies what lies there when it is reached."""

    id: int
    source_id: int
    moment_ms: int | None
    target_id: int
    cursor: Place


def begin_copy(tx: Tx, source: Table, moment_ms: int, target_id: int) -> int:
    """Returns the id of a new copy of a table as it was just before that moment; 0 copies into no table."""
    hold_former(tx, source)
    return _add(tx, source.id, moment_ms, target_id, "RUNNING" if target_id else "EXPORTING")


def begin_plain_copy(tx: Tx, source_id: int, target_id: int) -> None:
    """Begins to copy what lies there: the items of a backup, or of a table that writes to the target as well."""
    _add(tx, source_id, None, target_id, "RUNNING")


def is_copied(tx: ReadTx, source_id: int) -> bool:
    """Returns whether a copy of it is being made."""
    return tx.one(Q.find_copy_of, source_id) is not None


def moment_now(tx: ReadTx, table: Table) -> int:
    """Returns the moment just behind all that has been done to the table."""
    return max(tx.now_ms, table.moment_ms) + 1


def hold_former(tx: Tx, table: Table) -> None:
    """Lets the table keep what its items were, from now on until ``end_copy``."""
    store_settings(tx, table, {**table.settings, "moment_ms": moment_now(tx, table)})


def end_copy(tx: Tx, copy_id: int, source_id: int) -> None:
    """Takes the copy off the list, and with the last one of its table what was kept for it, in small steps."""
    table = find_live(tx, source_id)
    if table is None or tx.one(Q.find_other_copy, source_id, copy_id):
        tx.run(Q.delete_copy, copy_id)
        return
    settings = {name: value for name, value in table.settings.items() if name != "moment_ms"}
    store_settings(tx, table, settings)
    if settings.get("recovery"):
        tx.run(Q.delete_copy, copy_id)
    else:
        tx.run(Q.put_copy_clearing, copy_id)


def clear_later(tx: Tx, table: Table) -> None:
    """Has what the table's items were taken away in small steps, unless a copy needs it: that one does it."""
    _add(tx, table.id, None, 0, "CLEARING")


def find_live(tx: ReadTx, table_id: int) -> Table | None:
    """Returns the table with this id; None when it has been deleted, or what has it is a backup."""
    row = tx.one(Q.find_key, table_id)
    if row is None or row[3]:
        return None
    key: Key = row[:3]
    table = find_table(tx, key)
    return table if table is not None and table.id == table_id else None


def _add(tx: Tx, source_id: int, moment_ms: int | None, target_id: int, state: str) -> int:
    return tx.insert(Q.add_copy, source_id, moment_ms, target_id, state, *BEGINNING)
