"""The store: the only room that knows a database.

It promises: what ``Store.write`` returned for is durable, whole, and was applied in one order; what raised
left nothing behind. Transaction functions are plain and synchronous, touch nothing but the ``tx`` they get,
and may be run more than once. May import: the ground.
"""

from penstock.store.bodies.body_store import BodyStore, StagedBody
from penstock.store.bodies.checked_file import CheckedFile
from penstock.store.bodies.file_bodies import FileBodies
from penstock.store.callbacks import Callback
from penstock.store.carried import CARRIED, Carried
from penstock.store.data_folder import DATABASE, database_of
from penstock.store.disk import Disk
from penstock.store.folders import make_folder, sync_folder
from penstock.store.lock import DataLock
from penstock.store.opening import open_store
from penstock.store.queries import Queries, Statement, queries
from penstock.store.sqlite.store import SqliteStore
from penstock.store.sweeper import Sweeper, nothing_expires
from penstock.store.tx import ReadTx, Room, Row, Store, Tx, nobody_told

__all__ = [
    "CARRIED",
    "DATABASE",
    "BodyStore",
    "Callback",
    "Carried",
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
    "database_of",
    "make_folder",
    "nobody_told",
    "nothing_expires",
    "open_store",
    "queries",
    "sync_folder",
]
