"""Secrets Manager as a service of this server."""

from collections.abc import Mapping
from typing import ClassVar

from penstock.server import Operations, Resource, resource_tag_keys
from penstock.services.secretsmanager.lacks import LACKS
from penstock.services.secretsmanager.rotator import Rotator
from penstock.services.secretsmanager.secrets.secret import find_by_arn
from penstock.services.secretsmanager.secrets.sweep import delete_due
from penstock.services.secretsmanager.state import SecretsState
from penstock.services.service import Parts, Service
from penstock.store import ReadTx, Room, Sweeper, nothing_expires


class SecretsManager(Service):
    """One server's secrets."""

    name: ClassVar[str] = "secretsmanager"
    model: ClassVar[str] = "secretsmanager"
    room: ClassVar[Room | None] = Room("secretsmanager", __package__ or "")
    validation_code: ClassVar[str | None] = "ValidationException"
    operations = Operations(__name__, "api")
    lacks: ClassVar[Mapping[str, str]] = LACKS
    root_keeps: ClassVar[frozenset[str]] = frozenset(
        {"secretsmanager:DeleteResourcePolicy", "secretsmanager:PutResourcePolicy"}
    )

    state: SecretsState

    def __init__(self, parts: Parts) -> None:
        sweeper = Sweeper(parts.store, parts.clock, (delete_due,), nothing_expires)
        self.state = SecretsState(parts.store, parts.ids, sweeper, parts.call)
        self._rotator = Rotator(self.state, parts.clock)
        self._supervisor = parts.supervisor

    async def start(self) -> None:
        """Begins to take away secrets whose recovery window is over, and to have secrets rotated."""
        self._supervisor.keep("secretsmanager: sweep", self.state.sweeper.run)
        self._supervisor.keep("secretsmanager: rotate", self._rotator.run)

    async def settled(self) -> None:
        """Returns when no step of a rotation is due."""
        await self._rotator.settled()

    def resource(self, tx: ReadTx, arn: str) -> Resource:
        """Returns the policy of the secret that ``arn`` is, and the condition keys of its tags."""
        secret = find_by_arn(tx, arn)
        if secret is None:
            return Resource()
        keys = resource_tag_keys(secret.tags) | resource_tag_keys(secret.tags, "secretsmanager:ResourceTag/")
        return Resource(secret.policy, keys=keys)
