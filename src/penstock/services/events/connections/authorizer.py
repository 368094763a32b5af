"""Fetches the tokens of connections: when they are made or changed, and when an invocation finds none that will do."""

import asyncio
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

from penstock.outbound import ForbiddenEndpoint, Outbound, Unanswered
from penstock.services.events.arns import Key
from penstock.services.events.connections.connection import (
    AuthorizationType,
    Connection,
    ConnectionState,
    find_connection,
    forget_connection,
    read_auth,
    read_token,
)
from penstock.services.events.connections.oauth import Refused, Token, token_of, token_request
from penstock.services.events.state import EventsState
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

_AT_ONCE = 16
_MAX_REASON = 512


class _Case(NamedTuple):
    """A connection with what is secret of it."""

    connection: Connection
    auth: dict[str, Any]
    token: str | None


class Authorizer:
    """One per server."""

    def __init__(self, events: EventsState, outbound: Outbound) -> None:
        self._events = events
        self._outbound = outbound
        self._step = asyncio.Lock()
        self._locks: WeakValueDictionary[Key, asyncio.Lock] = WeakValueDictionary()

    async def run(self) -> None:
        """Fetches tokens for new and changed connections, until it is cancelled."""
        while True:
            self._events.authorizing.clear()
            await self.settled()
            await self._events.authorizing.wait()

    async def settled(self) -> None:
        """Returns when no connection is on its way to be authorised."""
        async with self._step:
            while keys := await self._events.store.read(_waiting):
                await asyncio.gather(*map(self._authorize, keys))

    async def token(self, key: Key) -> str:
        """Returns a token that will do for a while, fetched if need be; Refused, Unanswered or ForbiddenEndpoint.

        Who asks meanwhile waits for the same.
        """
        lock = self._locks.setdefault(key, asyncio.Lock())
        async with lock:
            case = await self._events.store.read(_case, key)
            if case is None:
                raise Refused("The connection has been deleted.", is_final=True)
            if case.token is not None and case.connection.has_token(self._events.clock.now_ms()):
                return case.token
            try:
                token = await self._fetched(case)
            except Refused as refused:
                if refused.is_final:
                    await self._events.store.write(_put_refused, case.connection, str(refused))
                raise
            await self._events.store.write(_put_token, case.connection, token)
            return token.text

    async def drop(self, key: Key, refused: str) -> None:
        """Returns when the token ``refused`` will not be used again."""
        await self._events.store.write(_drop, key, refused)

    async def _authorize(self, key: Key) -> None:
        try:
            await self.token(key)
        except (Refused, Unanswered, ForbiddenEndpoint) as failed:
            await self._events.store.write(_give_up, key, str(failed))

    async def _fetched(self, case: _Case) -> Token:
        oauth = case.auth.get(AuthorizationType.OAUTH.member)
        if not oauth:
            raise Refused("The connection has no OAuth parameters.", is_final=True)
        return token_of(await self._outbound.send(token_request(oauth)))


def _waiting(tx: ReadTx) -> list[Key]:
    return [(account, region, name) for account, region, name in tx.all(Q.find_authorizing, _AT_ONCE)]


def _case(tx: ReadTx, key: Key) -> _Case | None:
    connection = find_connection(tx, key)
    return _Case(connection, read_auth(tx, connection), read_token(tx, connection)) if connection else None


def _put_token(tx: Tx, connection: Connection, token: Token) -> None:
    until_ms = None if token.life_ms is None else tx.now_ms + token.life_ms
    sealed = tx.sealer.seal(token.text, connection.arn)
    tx.run(Q.put_token, sealed, until_ms, tx.now_ms, connection.id, connection.revision)
    forget_connection(tx, connection.key)


def _put_refused(tx: Tx, connection: Connection, reason: str) -> None:
    tx.run(Q.put_refused, reason[:_MAX_REASON], connection.id, connection.revision)
    forget_connection(tx, connection.key)


def _give_up(tx: Tx, key: Key, reason: str) -> None:
    connection = find_connection(tx, key)
    if connection is not None and connection.state is ConnectionState.AUTHORIZING:
        _put_refused(tx, connection, reason)


def _drop(tx: Tx, key: Key, refused: str) -> None:
    connection = find_connection(tx, key)
    if connection is not None and read_token(tx, connection) == refused:
        tx.run(Q.drop_token, connection.id)
        forget_connection(tx, key)
