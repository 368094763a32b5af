"""The contract between services and whatever database is underneath."""

from collections.abc import Callable
from typing import Any, Concatenate, NamedTuple, ParamSpec, Protocol, TypeVar

from penstock.clock import Ids
from penstock.sealed import Sealer
from penstock.store.queries import Statement

Row = tuple[Any, ...]
P = ParamSpec("P")
T = TypeVar("T")


class Room(NamedTuple):
    """A room that keeps state: ``name`` marks its migrations, ``package`` holds its ``migrations/*.sql``."""

    name: str
    package: str


class ReadTx(Protocol):
    """A snapshot. Statements come from the room's ``state.sql``, parameters are positional (``?``)."""

    @property
    def now_ms(self) -> int:
        """Returns the server's time, the same throughout the transaction."""

    sealer: Sealer
    """Seals what must not be read in the database, and opens it."""

    def one(self, statement: Statement, *params: object) -> Row | None:
        """Returns the first row, or None."""

    def all(self, statement: Statement, *params: object) -> list[Row]:
        """Returns every row."""

    def cached(self, kind: str, key: object, load: Callable[["ReadTx", Any], T]) -> T:
        """Returns ``load(tx, key)``, remembered until a transaction that forgets ``(kind, key)`` is durable.

        The transaction that forgets sees at once what it has changed, and so does whoever shares its commit.
        """


class Tx(ReadTx, Protocol):
    """A write transaction, as one function sees it."""

    ids: Ids
    wrote: bool
    """Whether the function has run a statement that changes rows."""

    def run(self, statement: Statement, *params: object) -> int:
        """Returns how many rows the statement changed."""

    def insert(self, statement: Statement, *params: object) -> int:
        """Returns the key of the row inserted, which the statement gives back with ``RETURNING``."""

    def draw(self, statement: Statement, *params: object) -> int:
        """Returns the next number by ``statement``, larger than all that a row has; call it to add a row by it."""

    def emit(self, change: object) -> None:
        """Promises that ``change`` is recorded in this transaction, with all that follows from it."""

    def forget(self, kind: str, key: object) -> None:
        """Drops what ``cached`` remembers; call it in the transaction that changes the rows behind it."""

    def after_commit(self, callback: Callable[[], object]) -> None:
        """Promises to run ``callback`` on the event loop once this transaction is durable, and only then."""


Recorder = Callable[[Tx, list[Any]], None]
"""What is run at the end of each function that emitted changes, in its transaction."""


class Store(Protocol):
    """A durable, serialised store.

    Errors: StoreUnavailable when the database cannot do it now, CommitUnknown (one of those) when nobody can say
    whether it did, StoreDefect when it cannot be done at all; whatever the function raises.
    """

    recorder: Recorder
    on_lost: Callable[[], object]
    """Called once when the outcome of a commit is unknown: nothing is written any more, the process should end."""
    on_commit: Callable[[], object]
    """Called after each commit, on the event loop: for who waits for anything at all to be written."""
    commits: int
    writes: int
    """Functions that those commits made durable."""

    async def write(self, fn: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Returns ``fn(tx, …)`` when its effects are durable; if it raises, nothing of it is stored."""

    async def read(self, fn: Callable[Concatenate[ReadTx, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Returns ``fn(tx, …)`` of a snapshot that holds every write that has returned."""

    async def flushed(self) -> None:
        """Returns when whatever was handed to ``write`` before is durable."""

    def problems(self) -> dict[str, str]:
        """Returns what is wrong with the database, for health."""

    async def close(self) -> None:
        """Returns when everything handed to ``write`` is durable and the database is closed."""


def no_recorder(tx: Tx, changes: list[Any]) -> None:
    """A store's recorder until it gets one."""
    raise RuntimeError("a change was emitted, but nothing records changes in this store")


def nobody_told() -> None:
    """A store's ``on_lost`` and ``on_commit`` until it gets them."""
