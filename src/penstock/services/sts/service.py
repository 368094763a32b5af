"""STS as a service of this server."""

from typing import ClassVar, Protocol

from penstock.access import Credential, Policy
from penstock.server import Operation, Parts, collect
from penstock.services.sts import assume_role, caller
from penstock.store import ReadTx, Room, Store, Tx


class Role(Protocol):
    """What STS must know of a role."""

    @property
    def arn(self) -> str:
        """Returns ``arn:aws:iam::account:role/path/name``."""

    @property
    def id(self) -> str:
        """Returns ``AROA…``."""

    @property
    def account(self) -> str:
        """Returns the account that owns it."""

    @property
    def max_session_s(self) -> int:
        """Returns how long a session may last."""

    @property
    def trust(self) -> Policy:
        """Returns the policy that says who may assume it."""


class Roles(Protocol):
    """Where roles and their sessions are kept."""

    def role(self, tx: ReadTx, arn: str) -> Role | None:
        """Returns the role with this ARN, or None."""

    def policy_document(self, tx: ReadTx, arn: str, account: str) -> str | None:
        """Returns the document of a managed policy that ``account`` may use, or None."""

    def open_session(
        self, tx: Tx, role_arn: str, *, name: str, policy: str | None, expires_ms: int
    ) -> Credential:
        """Returns new credentials of the role; ``policy`` is the JSON document that narrows the session."""


class Sts:
    """Temporary credentials."""

    name: ClassVar[str] = "sts"
    model: ClassVar[str] = "sts"
    room: ClassVar[Room] = Room("sts", __package__ or "")
    operations: ClassVar[dict[str, Operation]] = collect(assume_role, caller)
    validation_code: ClassVar[str | None] = "ValidationError"

    def __init__(self, parts: Parts, roles: Roles) -> None:
        self.store: Store = parts.store
        self.roles = roles

    def resource_policy(self, tx: ReadTx, resource: str) -> Policy | None:
        """Returns None: AssumeRole weighs the trust policy by itself."""
        return None

    def resource_account(self, tx: ReadTx, resource: str) -> str | None:
        """Returns None: role ARNs name the account."""
        return None
