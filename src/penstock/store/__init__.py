"""The store: the only room that knows a database.

It promises: what ``Store.write`` returned for is durable, whole, and was applied in one order; what raised
left nothing behind. Transaction functions are plain and synchronous, touch nothing but the ``tx`` they get,
and may be run more than once. May import: the ground.
"""

from penstock.store.bodies import BodyStore, StagedBody
from penstock.store.checked_file import CheckedFile
from penstock.store.disk import Disk
from penstock.store.file_bodies import FileBodies
from penstock.store.folders import make_folder
from penstock.store.lock import DataLock
from penstock.store.opening import open_store
from penstock.store.queries import Queries, Statement, queries
from penstock.store.sqlite import SqliteStore
from penstock.store.sweeper import Sweeper, nothing_expires
from penstock.store.tx import ReadTx, Room, Row, Store, Tx

__all__ = [
    "BodyStore",
    "CheckedFile",
    "DataLock",
    "Disk",
    "FileBodies",
    "Queries",
    "ReadTx",
    "Room",
    "Row",
    "SqliteStore",
    "StagedBody",
    "Statement",
    "Store",
    "Sweeper",
    "Tx",
    "make_folder",
    "nothing_expires",
    "open_store",
    "queries",
]
