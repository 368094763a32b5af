"""Parameter Store as a service of this server."""

from collections.abc import Mapping
from typing import ClassVar

from penstock.server import Operations, Resource, resource_tag_keys
from penstock.services.service import Parts, Service
from penstock.services.ssm.lacks import LACKS
from penstock.services.ssm.parameters.parameter import find_by_arn
from penstock.services.ssm.state import SsmState
from penstock.store import ReadTx, Room


class Ssm(Service):
    """One server's parameters."""

    name: ClassVar[str] = "ssm"
    model: ClassVar[str] = "ssm"
    room: ClassVar[Room | None] = Room("ssm", __package__ or "")
    validation_code: ClassVar[str | None] = "ValidationException"
    operations = Operations(__name__, "api")
    lacks: ClassVar[Mapping[str, str]] = LACKS

    state: SsmState

    def __init__(self, parts: Parts) -> None:
        self.state = SsmState(parts.store, parts.call, parts.keys)

    def resource(self, tx: ReadTx, arn: str) -> Resource:
        """Returns the condition keys of the tags that the parameter has."""
        parameter = find_by_arn(tx, arn)
        if parameter is None:
            return Resource()
        return Resource(
            keys=resource_tag_keys(parameter.tags) | resource_tag_keys(parameter.tags, "ssm:resourceTag/")
        )
