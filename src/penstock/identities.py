"""Who keeps access keys, roles and sessions, as those see it who need them."""

from enum import StrEnum
from typing import NamedTuple, Protocol

from penstock.access import Credential, Policy, Principal
from penstock.store import ReadTx, Tx

Pairs = tuple[tuple[str, str], ...]


class SessionKind(StrEnum):
    """What a session is: one of a role, of the user or root that opens it, or of somebody whom these stand for."""

    ROLE = "role"
    SELF = "self"
    FEDERATED = "federated"


class NewSession(NamedTuple):
    """A session that is to be opened, of the role, user or root with the ARN ``of``, which exists.

    ``policy`` is the JSON document that narrows it. ``keys`` are the condition keys and ``tags`` the tags that it
    carries; the tags that are ``transitive`` (keys in lower case) go on into the sessions that it opens.
    """

    kind: SessionKind
    of: str
    name: str
    policy: str | None
    expires_ms: int
    keys: Pairs = ()
    tags: Pairs = ()
    transitive: frozenset[str] = frozenset()


class Role(Protocol):
    """What others must know of a role."""

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
    def tags(self) -> tuple[tuple[str, str], ...]:
        """Returns its tags."""

    @property
    def trust(self) -> Policy:
        """Returns the policy that says who may assume it."""


class IdentityKeeper(Protocol):
    """The service that keeps identities."""

    def credential(self, tx: ReadTx, access_key_id: str) -> Credential | None:
        """Returns the credential with this key, or None; who asks checks the token and ``expires_ms``."""

    def role(self, tx: ReadTx, arn: str) -> Role | None:
        """Returns the role with this ARN, or None."""

    def role_principal(
        self, tx: ReadTx, role_arn: str, *, service: str, session: str, source: str = ""
    ) -> Principal | None:
        """Returns whom the role makes of ``service`` now, as its session; None when it may not assume the role.

        ``source`` is the ARN that the service acts for. No credentials are made.
        """

    def policy_document(self, tx: ReadTx, arn: str, account: str) -> str | None:
        """Returns the document of a managed policy that ``account`` may use, or None."""

    def open_session(self, tx: Tx, session: NewSession) -> Credential:
        """Returns new credentials."""


class ProviderKeeper(Protocol):
    """The service that keeps identity providers."""

    def audiences(self, tx: ReadTx, provider_arn: str) -> tuple[str, ...] | None:
        """Returns for whom the tokens of an identity provider must be, or None when there is no such provider."""


class Identities:
    """The place where the one service that keeps identities is found by the others, whichever was made first."""

    keeper: IdentityKeeper
    providers: ProviderKeeper
