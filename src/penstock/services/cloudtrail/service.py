"""CloudTrail as a service of this server."""

from collections.abc import Mapping
from functools import partial
from typing import ClassVar

from penstock.server import Operations
from penstock.services.cloudtrail.bus import tell_bus
from penstock.services.cloudtrail.lacks import LACKS
from penstock.services.cloudtrail.state import CloudTrailState
from penstock.services.service import Parts, Service


class CloudTrail(Service):
    """One server's event history."""

    name: ClassVar[str] = "cloudtrail"
    model: ClassVar[str] = "cloudtrail"
    operations = Operations(__name__, "lookup")
    lacks: ClassVar[Mapping[str, str]] = LACKS
    validation_code: ClassVar[str | None] = "ValidationException"

    state: CloudTrailState

    def __init__(self, parts: Parts) -> None:
        self.state = CloudTrailState(parts.store, parts.journal)
        parts.journal.teller = partial(tell_bus, parts.delivery)
