"""What the gateway asks of a service, and what the app hands to one."""

from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from penstock.access import Policy, Principal
from penstock.clock import Clock, Ids
from penstock.config import Config
from penstock.server.operation import Operation
from penstock.store import Bodies, ReadTx, Room, Store


class Caller(Protocol):
    """Another service's public operation, in process: validated and authorised as over HTTP."""

    async def __call__(
        self,
        service: str,
        operation: str,
        params: dict[str, Any],
        *,
        principal: Principal,
        account: str,
        region: str,
        trace: str | None = None,
    ) -> dict[str, Any]:
        """Returns the operation's result (a streamed body as an async iterator); raises AwsError."""

    async def identify(self, access_key_id: str, session_token: str | None) -> Principal:
        """Returns whose credentials these are; AwsError ``InvalidClientTokenId`` or ``ExpiredToken``."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What every service is built from. ``endpoint`` is this server's base URL, for processes that come back to it."""

    config: Config
    clock: Clock
    ids: Ids
    store: Store
    bodies: Bodies
    call: Caller
    endpoint: str = ""


class Service(Protocol):
    """One AWS service of one server."""

    name: ClassVar[str]
    """Its name in ARNs, credential scopes and IAM actions: ``s3``, ``sqs``, ``lambda``."""

    model: ClassVar[str]
    """Its folder in botocore's data."""

    room: ClassVar[Room]
    operations: ClassVar[dict[str, Operation]]

    validation_code: ClassVar[str | None]
    """The code of AWS's "1 validation error detected…" answer in this service; None: handlers check by themselves."""

    def resource_policy(self, tx: ReadTx, resource: str) -> Policy | None:
        """Returns the compiled policy attached to the ARN ``resource``, or None."""

    def resource_account(self, tx: ReadTx, resource: str) -> str | None:
        """Returns the account that owns ``resource`` when its ARN does not name one; None when nobody does."""
