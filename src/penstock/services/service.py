"""The life that every service has, and what every service is built from.

A service is its folder, one line in ``app`` and one in the import contract; nothing outside the folder knows its name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from penstock.access import Policy, RootCredential, Wording
from penstock.clock import Clock, Ids
from penstock.config import Config
from penstock.delivery import Delivery, Target
from penstock.identities import Identities
from penstock.server import Caller, Operation, Page
from penstock.store import Bodies, ReadTx, Room, Store
from penstock.supervisor import Supervisor


@dataclass(frozen=True, slots=True)
class Parts:
    """What every service is built from.

    ``call`` reaches the other services' operations. ``endpoint`` is this server's base URL, for processes that come
    back to it. ``roots`` are the accounts' long-term keys, the default account's first.
    """

    config: Config
    clock: Clock
    ids: Ids
    store: Store
    bodies: Bodies
    delivery: Delivery
    supervisor: Supervisor
    identities: Identities
    call: Caller
    endpoint: str
    roots: tuple[RootCredential, ...]


class Service:
    """One AWS service of one server; a service overrides what is not so with it.

    Its life: made with ``Parts``; ``start`` once the store is open; ``drain`` before the store is closed. Work in the
    background runs under ``parts.supervisor``.
    """

    name: ClassVar[str]
    """Its name in ARNs, credential scopes and IAM actions: ``s3``, ``sqs``, ``lambda``."""

    model: ClassVar[str]
    """Its folder in botocore's data."""

    room: ClassVar[Room | None] = None
    """Where its migrations are, when it keeps state."""

    operations: ClassVar[dict[str, Operation]]

    validation_code: ClassVar[str | None] = None
    """The code of AWS's "1 validation error detected…" answer in this service; None: handlers check by themselves."""

    wording: ClassVar[Wording | None] = None
    """How the service words refusals, when not as others of its protocol."""

    root_keeps: ClassVar[frozenset[str]] = frozenset()
    """The IAM actions on its resources that no resource policy takes from the account's root user."""

    state: Any
    """What its operations' handlers are given."""

    def __init__(self, parts: Parts) -> None:
        self.state = parts

    async def start(self) -> None:
        """Returns when what a former process left has been taken up."""

    async def drain(self) -> None:
        """Takes up no more work, and returns when what runs has finished or has had its time."""

    async def settled(self) -> None:
        """Returns when nothing of the service is due or running."""

    def busy(self) -> bool:
        """Returns whether something of the service runs that will write or send."""
        return False

    def targets(self) -> Mapping[str, Target]:
        """Returns who delivers to the service's resources, by the service name in their ARNs."""
        return {}

    def pages(self) -> Mapping[str, Page]:
        """Returns what answers under ``/_penstock/<name>/`` by rules of its own."""
        return {}

    def health(self) -> Mapping[str, str]:
        """Returns what is wrong with the service, by what it concerns; empty when all is well."""
        return {}

    def resource_policy(self, tx: ReadTx, resource: str) -> Policy | None:
        """Returns the compiled policy attached to the ARN ``resource``, or None."""
        return None

    def resource_account(self, tx: ReadTx, resource: str) -> str | None:
        """Returns the account that owns ``resource`` when its ARN does not name one; None when nobody does."""
        return None
