"""Who makes a call."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from penstock.access.policy import Policy


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody that policies can name.

    ``kind`` is ``root``, ``user``, ``role``, ``federated``, ``service``, ``provider`` or ``anonymous``. ``arn`` is
    ``arn:aws:iam::ACCOUNT:root``, ``arn:aws:iam::ACCOUNT:user/NAME``,
    ``arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`` or ``arn:aws:sts::ACCOUNT:federated-user/NAME``; a service has
    ``service`` (``s3.amazonaws.com``) instead, and so has somebody whom an identity provider vouches for: the
    provider's ARN. ``user_id`` is AWS's unique id: the account id for root, ``AIDA…`` for a user, ``AROA…:SESSION`` for
    a role session, ``ACCOUNT:NAME`` for a federated user. ``role_arn`` is whom a session is of: the role, or the user
    who opened it for somebody else.
    ``identity`` are the policies of the user or role, ``boundary`` the one that
    bounds them, ``session`` the policy that narrows this session, if any.
    ``tags`` are the user's or role's and those that the session was opened with, of which ``transitive`` go on into the
    sessions that it opens; ``issued_ms`` is when the session's credentials were given out. ``source_arn`` is the
    resource that a service acts for, in ``account``. ``session_keys`` are the condition keys that whoever opened the
    session has put into it; of a service, those that it puts into the sessions that it opens.
    """

    kind: str
    account: str = ""
    arn: str = ""
    user_id: str = ""
    service: str = ""
    role_arn: str = ""
    identity: tuple["Policy", ...] = ()
    boundary: "Policy | None" = None
    session: "Policy | None" = None
    tags: tuple[tuple[str, str], ...] = ()
    issued_ms: int | None = None
    source_arn: str = ""
    session_keys: tuple[tuple[str, str], ...] = ()
    transitive: tuple[tuple[str, str], ...] = ()

    @classmethod
    def root(cls, account: str) -> "Principal":
        """Returns the root user of ``account``."""
        return cls("root", account, f"arn:aws:iam::{account}:root", account)

    @classmethod
    def of_service(cls, service: str, account: str = "", source_arn: str = "") -> "Principal":
        """Returns an AWS service acting for the resource ``source_arn`` of ``account``."""
        return cls("service", account, service=service, user_id=service, source_arn=source_arn)

    @classmethod
    def of_provider(cls, arn: str, account: str, keys: tuple[tuple[str, str], ...]) -> "Principal":
        """Returns whom the identity provider of ``account`` vouches for, with the condition keys of what it says."""
        return cls("provider", account, service=arn, session_keys=keys)

    @property
    def is_session(self) -> bool:
        """Returns whether its credentials are temporary."""
        return self.issued_ms is not None

    def asks(self, prefix: str) -> bool:
        """Returns whether a policy of its own names a condition key that begins so (lower-case)."""
        bounds = tuple(policy for policy in (self.boundary, self.session) if policy)
        return any(policy.asks(prefix) for policy in (*self.identity, *bounds))


ANONYMOUS = Principal("anonymous", user_id="Anonymous")
