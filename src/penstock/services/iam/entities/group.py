"""A group, as every operation needs it."""

from dataclasses import dataclass

from penstock.services.iam import errors
from penstock.store import ReadTx, queries

Q = queries("penstock.services.iam")


@dataclass(frozen=True, slots=True)
class Group:
    """One row of ``iam_group``."""

    id: str
    account: str
    name: str
    path: str
    created_ms: int

    @property
    def arn(self) -> str:
        """Returns ``arn:aws:iam::account:group/path/name``."""
        return f"arn:aws:iam::{self.account}:group{self.path}{self.name}"


def find_group(tx: ReadTx, account: str, name: str) -> Group | None:
    """Returns the group, or None; names are the same in any case."""
    row = tx.one(Q.find_group, account, name.lower())
    return Group(*row) if row else None


def get_group(tx: ReadTx, account: str, name: str) -> Group:
    """Returns the group; AwsError ``NoSuchEntity``."""
    group = find_group(tx, account, name)
    if group is None:
        raise errors.no_such("group", name)
    return group


def groups_of(tx: ReadTx, user_id: str) -> list[Group]:
    """Returns the groups that a user is in, by name."""
    return [Group(*row) for row in tx.all(Q.find_groups_of, user_id)]
