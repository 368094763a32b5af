"""An API destination as a value: an endpoint, how it is asked, and with whose credentials."""

from dataclasses import dataclass

from penstock.arn import arn
from penstock.server import Call, Params
from penstock.services.events.arns import Key, connection_of, destination_arn, destination_of
from penstock.services.events.connections.connection import Connection, ConnectionState, find_connection
from penstock.services.events.errors import no_destination
from penstock.services.events.state import EventsState
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)


@dataclass(frozen=True, slots=True)
class Destination:
    """One API destination; remembered between transactions, so it is never changed, only loaded anew.

    ``connection`` is an ARN, ``rate`` how often it may be asked a second, None for AWS's default.
    """

    key: Key
    id: int
    uid: str
    description: str | None
    connection: str
    endpoint: str
    method: str
    rate: int | None
    created_ms: int
    modified_ms: int

    @property
    def arn(self) -> str:
        """Returns the destination's ARN."""
        return destination_arn(self.key, self.uid)

    @property
    def name(self) -> str:
        """Returns its name."""
        return self.key[2]


def find_destination(tx: ReadTx, key: Key) -> Destination | None:
    """Returns the API destination, or None."""
    return tx.cached("events.destination", key, _load)


def get_destination(tx: ReadTx, key: Key) -> Destination:
    """Returns the API destination; AwsError ``ResourceNotFoundException``."""
    destination = find_destination(tx, key)
    if destination is None:
        raise no_destination(key[2])
    return destination


def destination_at(tx: ReadTx, arn: str) -> Destination | None:
    """Returns the API destination with this ARN, or None: also when it is a later one of that name."""
    named = destination_of(arn)
    destination = find_destination(tx, named.key) if named else None
    return destination if destination is not None and destination.arn == arn else None


def connection_at(tx: ReadTx, arn: str) -> Connection | None:
    """Returns the connection with this ARN, or None: also when it is a later one of that name."""
    named = connection_of(arn)
    connection = find_connection(tx, named.key) if named else None
    return connection if connection is not None and connection.arn == arn else None


def is_active(tx: ReadTx, destination: Destination) -> bool:
    """Returns whether its connection's credentials can be used."""
    connection = connection_at(tx, destination.connection)
    return connection is not None and connection.state is ConnectionState.AUTHORIZED


def forget_destination(tx: Tx, key: Key) -> None:
    """Drops what is remembered of the destination; call it in the transaction that changes it."""
    tx.forget("events.destination", key)


def named_destination(events: EventsState, call: Call, params: Params) -> str:
    """Returns the ARN that policies know of the API destination that ``Name`` says."""
    return arn("events", call.region, call.account, f"api-destination/{params['Name']}")


def destination_key(call: Call, params: Params) -> Key:
    """Returns which API destination ``Name`` says."""
    return (call.account, call.region, params["Name"])


def _load(tx: ReadTx, key: Key) -> Destination | None:
    row = tx.one(Q.find_destination, *key)
    return Destination(key, *row) if row else None
