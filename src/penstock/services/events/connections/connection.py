"""A connection as a value: how to authorise, and whether that has worked."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson

from penstock.arn import arn
from penstock.server import Call, Params
from penstock.services.events.arns import Key, connection_arn
from penstock.services.events.errors import no_connection
from penstock.services.events.state import EventsState
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

EARLY_MS = 60_000
"""A token that has no longer to live is renewed before it is used."""


class AuthorizationType(StrEnum):
    """How the endpoint wants to know who asks."""

    BASIC = "BASIC"
    API_KEY = "API_KEY"
    OAUTH = "OAUTH_CLIENT_CREDENTIALS"

    @property
    def member(self) -> str:
        """Returns which of the AuthParameters belong to it."""
        return _MEMBERS[self]


_MEMBERS = {
    AuthorizationType.BASIC: "BasicAuthParameters",
    AuthorizationType.API_KEY: "ApiKeyAuthParameters",
    AuthorizationType.OAUTH: "OAuthParameters",
}


class ConnectionState(StrEnum):
    """Whether the credentials can be used; the states on the way are only those that last."""

    AUTHORIZING = "AUTHORIZING"
    AUTHORIZED = "AUTHORIZED"
    DEAUTHORIZED = "DEAUTHORIZED"


@dataclass(frozen=True, slots=True)
class Connection:
    """One connection; remembered between transactions, so it is never changed, only loaded anew.

    ``auth`` and ``token`` are sealed. ``token_until_ms`` is None when the token says nothing of its end.
    """

    key: Key
    id: int
    uid: str
    description: str | None
    kind: AuthorizationType
    auth: str
    state: ConnectionState
    reason: str | None
    revision: int
    token: str | None
    token_until_ms: int | None
    created_ms: int
    modified_ms: int
    authorized_ms: int | None

    @property
    def arn(self) -> str:
        """Returns the connection's ARN."""
        return connection_arn(self.key, self.uid)

    @property
    def name(self) -> str:
        """Returns its name."""
        return self.key[2]

    def has_token(self, now_ms: int) -> bool:
        """Returns whether there is a token that can be used for a while."""
        until_ms = self.token_until_ms
        return self.token is not None and (until_ms is None or until_ms - EARLY_MS > now_ms)


def find_connection(tx: ReadTx, key: Key) -> Connection | None:
    """Returns the connection, or None."""
    return tx.cached("events.connection", key, _load)


def get_connection(tx: ReadTx, key: Key) -> Connection:
    """Returns the connection; AwsError ``ResourceNotFoundException``."""
    connection = find_connection(tx, key)
    if connection is None:
        raise no_connection(key[2])
    return connection


def forget_connection(tx: Tx, key: Key) -> None:
    """Drops what is remembered of the connection; call it in the transaction that changes it."""
    tx.forget("events.connection", key)


def sealed_auth(tx: ReadTx, connection_arn: str, auth: dict[str, Any]) -> str:
    """Returns AuthParameters as a row keeps them."""
    return tx.sealer.seal(orjson.dumps({"v": 1, "auth": auth}).decode(), connection_arn)


def read_auth(tx: ReadTx, connection: Connection) -> dict[str, Any]:
    """Returns the connection's AuthParameters, secrets and all."""
    found: dict[str, Any] = orjson.loads(tx.sealer.unseal(connection.auth, connection.arn))["auth"]
    return found


def read_token(tx: ReadTx, connection: Connection) -> str | None:
    """Returns the token, if there is one."""
    return tx.sealer.unseal(connection.token, connection.arn) if connection.token else None


def named_connection(events: EventsState, call: Call, params: Params) -> str:
    """Returns the ARN that policies know of the connection that ``Name`` says."""
    return arn("events", call.region, call.account, f"connection/{params['Name']}")


def connection_key(call: Call, params: Params) -> Key:
    """Returns which connection ``Name`` says."""
    return (call.account, call.region, params["Name"])


def _load(tx: ReadTx, key: Key) -> Connection | None:
    row = tx.one(Q.find_connection, *key)
    if row is None:
        return None
    id, uid, description, kind, auth, state, *rest = row
    return Connection(key, id, uid, description, AuthorizationType(kind), auth, ConnectionState(state), *rest)
