"""A role, as every operation needs it, and the policies that speak for it."""

from dataclasses import dataclass
from typing import NamedTuple

from penstock.access import Policy, PolicyError, parse_policy
from penstock.services.iam import errors
from penstock.services.iam.managed_policy import managed_document
from penstock.store import ReadTx, Row, Tx, queries

Q = queries(__package__)


@dataclass(frozen=True, slots=True)
class Role:
    """One row of ``iam_role``; ``trust`` is the compiled ``trust_text``."""

    id: str
    account: str
    name: str
    path: str
    description: str | None
    max_session_s: int
    trust_text: str
    created_ms: int
    trust: Policy

    @property
    def arn(self) -> str:
        """Returns ``arn:aws:iam::account:role/path/name``."""
        return f"arn:aws:iam::{self.account}:role{self.path}{self.name}"


def find_role(tx: ReadTx, account: str, name: str) -> Role | None:
    """Returns the role, or None; names are the same in any case."""
    return tx.cached("iam.role", (account, name.lower()), _load_role)


def get_role(tx: ReadTx, account: str, name: str) -> Role:
    """Returns the role; AwsError ``NoSuchEntity``."""
    role = find_role(tx, account, name)
    if role is None:
        raise errors.no_such_role(name)
    return role


def forget_role(tx: Tx, account: str, name: str) -> None:
    """To be called by whoever changes the role's row."""
    tx.forget("iam.role", (account, name.lower()))


class Identity(NamedTuple):
    """What a role's sessions are and may: its ARN, its inline and attached policies, its tags."""

    arn: str
    policies: tuple[Policy, ...]
    tags: tuple[tuple[str, str], ...]


def find_identity(tx: ReadTx, role_id: str) -> Identity | None:
    """Returns what the role's sessions may, or None when it has been deleted.

    Whoever changes these calls ``forget_identity``, so an attachment takes effect with its commit.
    """
    return tx.cached("iam.identity", role_id, _load_identity)


def forget_identity(tx: Tx, role_id: str) -> None:
    """To be called by whoever changes what a role may do."""
    tx.forget("iam.identity", role_id)


def checked_document(document: str, kind: str) -> Policy:
    """Returns the compiled document; AwsError ``MalformedPolicyDocument``."""
    try:
        return parse_policy(document, kind=kind)  # type: ignore[arg-type]
    except PolicyError as error:
        raise errors.malformed_document(str(error)) from None


def role_of_row(row: Row) -> Role:
    """Returns the role in a row of one of the ``role_…`` statements."""
    return Role(*(*row, parse_policy(row[6], kind="trust")))


def _load_role(tx: ReadTx, key: tuple[str, str]) -> Role | None:
    row = tx.one(Q.find_role, *key)
    return None if row is None else role_of_row(row)


def _load_identity(tx: ReadTx, role_id: str) -> Identity | None:
    row = tx.one(Q.find_role_by_id, role_id)
    if row is None:
        return None
    documents = [document for _, document in tx.all(Q.find_role_policies, role_id)]
    documents += [managed_document(tx, arn) for (arn,) in tx.all(Q.find_attachments, role_id)]
    policies = tuple(parse_policy(document, kind="identity") for document in documents)
    tags = tuple((key, value) for key, value in tx.all(Q.find_tags, role_id))
    return Identity(role_of_row(row).arn, policies, tags)
