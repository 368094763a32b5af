"""KMS as a service of this server."""

from collections.abc import Mapping
from typing import ClassVar

from penstock.server import Call, Operations, Resource
from penstock.services.kms.keys.authorize import brought_by
from penstock.services.kms.keys.key import find_key
from penstock.services.kms.keys.policies import policy_of
from penstock.services.kms.keys.sweep import delete_due, expire_due, rotate_due
from penstock.services.kms.lacks import LACKS
from penstock.services.kms.state import KmsState
from penstock.services.service import Parts, Service
from penstock.store import ReadTx, Room, Sweeper, nothing_expires


class Kms(Service):
    """One server's keys."""

    name: ClassVar[str] = "kms"
    model: ClassVar[str] = "kms"
    room: ClassVar[Room | None] = Room("kms", __package__ or "")
    validation_code: ClassVar[str | None] = "ValidationException"
    operations = Operations(__name__, "api")
    lacks: ClassVar[Mapping[str, str]] = LACKS

    state: KmsState

    def __init__(self, parts: Parts) -> None:
        sweeper = Sweeper(parts.store, parts.clock, (delete_due, expire_due, rotate_due), nothing_expires)
        self.state = KmsState(parts.store, parts.ids, sweeper)
        self._supervisor = parts.supervisor

    async def start(self) -> None:
        """Begins to rotate and delete keys when it is time."""
        self._supervisor.keep("kms: sweep", self.state.sweeper.run)

    def resource(self, tx: ReadTx, arn: str) -> Resource:
        """Returns the policy of the key that ``arn`` is, with its grants, and the condition keys that it brings."""
        key = find_key(tx, arn.rpartition("/")[2]) if ":key/" in arn else None
        if key is None or key.arn != arn:
            return Resource()
        return Resource(policy_of(tx, key.id), keys=brought_by(key))

    def condition_keys(self, call: Call) -> Mapping[str, str]:
        """Returns the caller's account, and the service through which it calls."""
        keys = {"kms:CallerAccount": call.principal.account}
        if not call.via:
            return keys
        service = call.via.partition(".")[0]
        return {**keys, "kms:ViaService": f"{service}.{call.region}.amazonaws.com"}
