"""Who sends: a principal, and what it sends for."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from penstock.access import Context, Decision, Policy, Principal, decide, time_keys, weigh


class Occasion(NamedTuple):
    """The condition keys of a delivery: when it is made, and those that the destination brings."""

    now_ms: int
    destination: Mapping[str, str]

    def items(self) -> Iterable[tuple[str, str | list[str]]]:
        """Returns the keys with their values."""
        return {**time_keys(self.now_ms), **self.destination}.items()


NO_OCCASION: Context = {}


class Source(NamedTuple):
    """The sending principal, the resource ``arn`` that it sends for, and the account of that.

    ``service`` is the AWS service that sends, ``s3.amazonaws.com``: by itself, or in a role that ``principal`` then
    is. ``sender_id`` is what the destination shows as ``SenderId``.
    """

    service: str
    principal: Principal
    arn: str
    account: str
    sender_id: str

    @classmethod
    def of_service(cls, service: str, arn: str, account: str, sender_id: str) -> "Source":
        """Returns the service sending by itself."""
        return cls(service, Principal.of_service(service, account, arn), arn, account, sender_id)

    @classmethod
    def of_role(cls, service: str, principal: Principal, arn: str) -> "Source":
        """Returns the service sending in a role, of which ``principal`` is a session."""
        return cls(service, principal, arn, principal.account, principal.user_id)

    @property
    def name(self) -> str:
        """Returns how people call the sender: the service, or the role's ARN."""
        return self.principal.role_arn or self.service

    def may(
        self,
        action: str,
        resource: str,
        policy: Policy | None,
        account: str,
        occasion: Context = NO_OCCASION,
    ) -> Decision:
        """Returns whether it may do ``action`` on ``resource`` of ``account``, by ``policy`` and its own policies."""
        return decide(self.principal, action, resource, occasion, policy, account)

    def weigh(
        self,
        action: str,
        resource: str,
        policy: Policy | None,
        account: str,
        occasion: Context = NO_OCCASION,
    ) -> tuple[str, ...]:
        """Returns what each statement says of what ``may`` decides, for people."""
        found = weigh(self.principal, action, resource, occasion, policy, account)
        return tuple(map(str, found)) or (f"no policy says anything of {action} on {resource}",)
