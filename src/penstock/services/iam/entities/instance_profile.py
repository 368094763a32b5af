"""An instance profile: the role that an instance of EC2 would take on. There are no instances here."""

from dataclasses import dataclass

from penstock.services.iam import errors
from penstock.services.iam.entities.role import Role, role_of_row
from penstock.store import ReadTx, queries

Q = queries("penstock.services.iam")


@dataclass(frozen=True, slots=True)
class InstanceProfile:
    """One row of ``iam_instance_profile``; ``role_id`` is None when it has no role."""

    id: str
    account: str
    name: str
    path: str
    role_id: str | None
    created_ms: int

    @property
    def arn(self) -> str:
        """Returns ``arn:aws:iam::account:instance-profile/path/name``."""
        return f"arn:aws:iam::{self.account}:instance-profile{self.path}{self.name}"


def find_instance_profile(tx: ReadTx, account: str, name: str) -> InstanceProfile | None:
    """Returns the instance profile, or None; names are the same in any case."""
    row = tx.one(Q.find_instance_profile, account, name.lower())
    return InstanceProfile(*row) if row else None


def get_instance_profile(tx: ReadTx, account: str, name: str) -> InstanceProfile:
    """Returns the instance profile; AwsError ``NoSuchEntity``."""
    profile = find_instance_profile(tx, account, name)
    if profile is None:
        raise errors.no_such_instance_profile(name)
    return profile


def instance_profiles_after(
    tx: ReadTx, account: str, after: str, prefix: str, count: int
) -> list[InstanceProfile]:
    """Returns some instance profiles by name, of a path."""
    rows = tx.all(Q.find_instance_profiles_after, account, after, len(prefix), prefix, count)
    return [InstanceProfile(*row) for row in rows]


def instance_profiles_of(tx: ReadTx, role_id: str, after: str, count: int) -> list[InstanceProfile]:
    """Returns some of the instance profiles that have the role, by name."""
    rows = tx.all(Q.find_instance_profiles_of_role_after, role_id, after, count)
    return [InstanceProfile(*row) for row in rows]


def role_in(tx: ReadTx, profile: InstanceProfile) -> Role | None:
    """Returns the role of the instance profile, or None; without the role's tags."""
    row = tx.one(Q.find_role_by_id, profile.role_id) if profile.role_id else None
    return role_of_row(row) if row else None
