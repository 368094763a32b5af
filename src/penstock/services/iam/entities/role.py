"""A role, as every operation needs it."""

from dataclasses import dataclass, replace

from penstock.access import Policy, PolicyError, Vendor, parse_policy
from penstock.services.iam import errors
from penstock.store import ReadTx, Row, Tx, queries

Q = queries("penstock.services.iam")

_TRUSTED = Vendor("sts", "AssumeRole policy may only specify STS AssumeRole actions.")


@dataclass(frozen=True, slots=True)
class Role:
    """One row of ``iam_role``, and its tags; ``trust`` is the compiled ``trust_text``.

    ``boundary`` is the ARN of the policy that bounds it, if any.
    """

    id: str
    account: str
    name: str
    path: str
    description: str | None
    max_session_s: int
    trust_text: str
    created_ms: int
    boundary: str | None
    trust: Policy
    tags: tuple[tuple[str, str], ...] = ()

    @property
    def arn(self) -> str:
        """Returns ``arn:aws:iam::account:role/path/name``."""
        return f"arn:aws:iam::{self.account}:role{self.path}{self.name}"


def find_role(tx: ReadTx, account: str, name: str) -> Role | None:
    """Returns the role, or None; names are the same in any case. Whoever changes it calls ``forget_role``."""
    return tx.cached("iam.role", (account, name.lower()), _load_role)


def get_role(tx: ReadTx, account: str, name: str) -> Role:
    """Returns the role; AwsError ``NoSuchEntity``."""
    role = find_role(tx, account, name)
    if role is None:
        raise errors.no_such("role", name)
    return role


def forget_role(tx: Tx, account: str, name: str) -> None:
    """To be called by whoever changes the role's row or its tags."""
    tx.forget("iam.role", (account, name.lower()))


def checked_document(document: str) -> Policy:
    """Returns the compiled identity policy; AwsError ``MalformedPolicyDocument``."""
    try:
        return parse_policy(document, kind="identity")
    except PolicyError as error:
        raise errors.malformed_document(str(error)) from None


def checked_trust(document: str) -> Policy:
    """Returns the compiled trust policy; AwsError ``MalformedPolicyDocument``."""
    try:
        return _trust(document)
    except PolicyError as error:
        raise errors.malformed_document(str(error)) from None


def _trust(document: str) -> Policy:
    return parse_policy(document, kind="trust", vendor=_TRUSTED)


def role_of_row(row: Row) -> Role:
    """Returns the role in a row of one of the ``role_…`` statements, without its tags."""
    return Role(*(*row, _trust(row[6])))


def _load_role(tx: ReadTx, key: tuple[str, str]) -> Role | None:
    row = tx.one(Q.find_role, *key)
    return None if row is None else replace(role_of_row(row), tags=_tags(tx, row[0]))


def _tags(tx: ReadTx, role_id: str) -> tuple[tuple[str, str], ...]:
    return tuple((key, value) for key, value in tx.all(Q.find_tags, role_id))
