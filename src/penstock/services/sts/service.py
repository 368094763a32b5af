"""STS as a service of this server."""

from typing import ClassVar

from penstock.server import Operations
from penstock.services.service import Parts, Service
from penstock.services.sts.state import StsState


class Sts(Service):
    """Temporary credentials."""

    name: ClassVar[str] = "sts"
    model: ClassVar[str] = "sts"
    operations = Operations(__name__, "assume_role", "caller")
    validation_code: ClassVar[str | None] = "ValidationError"

    state: StsState

    def __init__(self, parts: Parts) -> None:
        self.state = StsState(parts.store, parts.identities)
