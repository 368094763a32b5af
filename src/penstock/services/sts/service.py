"""STS as a service of this server."""

from collections.abc import Mapping
from typing import ClassVar

from penstock.outbound import Outbound
from penstock.server import Operations, Trail
from penstock.services.service import Parts, Service
from penstock.services.sts.key_sets import KeySets
from penstock.services.sts.lacks import LACKS
from penstock.services.sts.state import StsState


class Sts(Service):
    """Temporary credentials."""

    name: ClassVar[str] = "sts"
    model: ClassVar[str] = "sts"
    trail: ClassVar[Trail] = Trail(reads=frozenset({"AssumeRole", "AssumeRoleWithWebIdentity"}))
    operations = Operations(__name__, "assume_role", "caller", "messages", "user_sessions", "web_identity")
    lacks: ClassVar[Mapping[str, str]] = LACKS
    validation_code: ClassVar[str | None] = "ValidationError"

    state: StsState

    def __init__(self, parts: Parts) -> None:
        self._outbound = Outbound(parts.config, parts.ca_bundle)
        key_sets = KeySets(self._outbound, parts.config.oidc_keys, parts.clock.now_ms)
        self.state = StsState(parts.store, parts.identities, key_sets)

    async def drain(self) -> None:
        """Closes the connections to identity providers."""
        await self._outbound.close()
