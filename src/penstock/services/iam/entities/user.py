"""A user, as every operation needs it."""

from dataclasses import dataclass, replace

from penstock.services.iam import errors
from penstock.store import ReadTx, Row, queries

Q = queries("penstock.services.iam")


@dataclass(frozen=True, slots=True)
class User:
    """One row of ``iam_user``, and its tags; ``boundary`` is the ARN of the policy that bounds it, if any."""

    id: str
    account: str
    name: str
    path: str
    boundary: str | None
    created_ms: int
    tags: tuple[tuple[str, str], ...] = ()

    @property
    def arn(self) -> str:
        """Returns ``arn:aws:iam::account:user/path/name``."""
        return f"arn:aws:iam::{self.account}:user{self.path}{self.name}"


def find_user(tx: ReadTx, account: str, name: str) -> User | None:
    """Returns the user, or None; names are the same in any case."""
    row = tx.one(Q.find_user, account, name.lower())
    return user_of_row(tx, row) if row else None


def get_user(tx: ReadTx, account: str, name: str) -> User:
    """Returns the user; AwsError ``NoSuchEntity``."""
    user = find_user(tx, account, name)
    if user is None:
        raise errors.no_such("user", name)
    return user


def user_of_row(tx: ReadTx, row: Row) -> User:
    """Returns the user in a row, with its tags."""
    return replace(User(*row), tags=tuple((key, value) for key, value in tx.all(Q.find_tags, row[0])))


def users_after(tx: ReadTx, account: str, after: str, prefix: str, count: int) -> list[User]:
    """Returns some users by name, of a path."""
    rows = tx.all(Q.find_users_after, account, after, len(prefix), prefix, count)
    return [user_of_row(tx, row) for row in rows]
