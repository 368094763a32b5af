"""Has secrets rotated when it is time: one step after the other, each by a call of the secret's function.

How far a rotation is stands in the store, so a server that was killed goes on with the step that it was at: a function
may be given a step twice, as AWS says.
"""

import asyncio
import logging

import orjson

from penstock.access import Principal
from penstock.clock import Clock
from penstock.errors import AwsError
from penstock.services.secretsmanager.arns import SERVICE
from penstock.services.secretsmanager.secrets.rotation import (
    STEPS,
    Rotation,
    advance,
    begin,
    fail,
    find_rotation,
    put_rotation,
    rotation_of,
)
from penstock.services.secretsmanager.secrets.secret import Secret, secret_of
from penstock.services.secretsmanager.state import SecretsState
from penstock.store import ReadTx, Tx, queries

Q = queries("penstock.services.secretsmanager.secrets")

log = logging.getLogger(__name__)

_AT_ONCE = 10


class Rotator:
    """One per server."""

    def __init__(self, state: SecretsState, clock: Clock) -> None:
        self._state = state
        self._clock = clock
        self._lock = asyncio.Lock()

    async def run(self) -> None:
        """Takes the steps that are due, and waits for those that will be, until it is cancelled."""
        while True:
            self._state.rotation_woken.clear()
            await self.settled()
            due_ms = await self._state.store.read(_next_due)
            if due_ms is None:
                await self._state.rotation_woken.wait()
            else:
                await self._clock.wait_for(self._state.rotation_woken.wait(), due_ms)

    async def settled(self) -> None:
        """Returns when no step is due."""
        async with self._lock:  # nobody else takes the same step meanwhile
            while due := await self._state.store.read(_due):
                await asyncio.gather(*(self._step(secret, rotation) for secret, rotation in due))

    async def _step(self, secret: Secret, rotation: Rotation) -> None:
        if rotation.token is None:
            await self._state.store.write(_begin, rotation)
            return
        why = await self._invoke(secret, rotation)
        if why is None:
            await self._state.store.write(_advance, rotation)
            return
        log.warning("%s of %s failed: %s", STEPS[rotation.step], secret.arn, why)
        if not await self._state.store.write(_fail, rotation):
            log.error("the rotation of %s is given up until the next one is due", secret.arn)

    async def _invoke(self, secret: Secret, rotation: Rotation) -> str | None:
        """Returns why the function has not taken the step; None when it has."""
        account, region = secret.place
        event = {
            "Step": STEPS[rotation.step],
            "SecretId": secret.arn,
            "ClientRequestToken": rotation.token,
            "RotationToken": None,
        }
        try:
            answer = await self._state.call(
                "lambda",
                "Invoke",
                {"FunctionName": rotation.function, "Payload": orjson.dumps(event)},
                principal=Principal.of_service(SERVICE, account, secret.arn),
                account=account,
                region=region,
            )
        except AwsError as error:
            return f"{error.code}: {error.message}"
        return answer.get("FunctionError")


def _due(tx: ReadTx) -> list[tuple[Secret, Rotation]]:
    found = []
    for row in tx.all(Q.find_due_rotations, tx.now_ms, _AT_ONCE):
        secret = tx.one(Q.find_secret_by_id, row[0])
        assert secret is not None
        found.append((secret_of(tx, secret), rotation_of(row)))
    return found


def _next_due(tx: ReadTx) -> int | None:
    row = tx.one(Q.find_next_rotation, tx.now_ms)
    return row[0] if row else None


def _begin(tx: Tx, seen: Rotation) -> None:
    rotation, row = find_rotation(tx, seen.secret), tx.one(Q.find_secret_by_id, seen.secret)
    if rotation != seen or row is None:
        return
    secret = secret_of(tx, row)
    if secret.delete_ms is not None:  # not while it waits to be deleted
        put_rotation(tx, rotation.planned(tx.now_ms))
        return
    begin(tx, secret, rotation, tx.ids.uuid())


def _advance(tx: Tx, seen: Rotation) -> None:
    if find_rotation(tx, seen.secret) == seen:
        advance(tx, seen)


def _fail(tx: Tx, seen: Rotation) -> bool:
    return find_rotation(tx, seen.secret) != seen or fail(tx, seen)
