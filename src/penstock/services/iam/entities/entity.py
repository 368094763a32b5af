"""What may hold policies: a role, a user or a group, found by the name that its kind's operations give."""

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

from penstock.services.iam import limits
from penstock.services.iam.entities.group import Group, get_group
from penstock.services.iam.entities.role import Role, get_role
from penstock.services.iam.entities.user import User, get_user
from penstock.store import ReadTx


class Kind(StrEnum):
    """As it stands in the names of operations and their members."""

    ROLE = "Role"
    USER = "User"
    GROUP = "Group"

    @property
    def member(self) -> str:
        """Returns the member that holds its name."""
        return f"{self.value}Name"

    @property
    def word(self) -> str:
        """Returns how error texts call it."""
        return self.value.lower()

    @property
    def inline_bytes(self) -> int:
        """Returns how long its inline policies may be together."""
        return {
            Kind.ROLE: limits.INLINE_BYTES_PER_ROLE,
            Kind.USER: limits.INLINE_BYTES_PER_USER,
            Kind.GROUP: limits.INLINE_BYTES_PER_GROUP,
        }[self]


class Entity(NamedTuple):
    """One of them."""

    kind: Kind
    id: str
    name: str
    arn: str


def get_entity(tx: ReadTx, kind: Kind, account: str, name: str) -> Entity:
    """Returns the entity; AwsError ``NoSuchEntity``."""
    found = _GET[kind](tx, account, name)
    return Entity(kind, found.id, found.name, found.arn)


_GET: dict[Kind, Callable[[ReadTx, str, str], Role | User | Group]] = {
    Kind.ROLE: get_role,
    Kind.USER: get_user,
    Kind.GROUP: get_group,
}
