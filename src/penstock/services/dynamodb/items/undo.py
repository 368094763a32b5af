"""What items were before they changed: written with the change, so that the table can be read as it was."""

from penstock.services.dynamodb.tables.schema import Place
from penstock.services.dynamodb.tables.table import Table
from penstock.store import Tx, queries

Q = queries(__package__)


def keep_former(tx: Tx, table: Table, place: Place, former: tuple[int, bytes] | None) -> None:
    """Keeps an item that is about to change, as its size and its bytes; None: there was none.

    It is stamped with the time, or with the moment of the youngest copy of the table when that has not come yet.
    """
    bytes, data = former or (0, None)
    tx.run(Q.add_former, table.id, *place, max(tx.now_ms, table.moment_ms), bytes, data)
