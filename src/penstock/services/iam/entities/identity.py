"""What speaks for whoever asks: the policies of a role, or of a user and the user's groups; and what bounds them."""

from typing import NamedTuple

from penstock.access import Policy, parse_policy
from penstock.services.iam.entities.group import groups_of
from penstock.services.iam.entities.managed_policy import managed_document
from penstock.services.iam.entities.role import role_of_row
from penstock.services.iam.entities.user import user_of_row
from penstock.store import ReadTx, Tx, queries

Q = queries("penstock.services.iam")


class Identity(NamedTuple):
    """What a role's sessions, or a user, are and may: ARN, policies, tags, and the policy that bounds them, if any."""

    arn: str
    policies: tuple[Policy, ...]
    tags: tuple[tuple[str, str], ...]
    boundary: Policy | None


def find_identity(tx: ReadTx, entity: str) -> Identity | None:
    """Returns what the role or user with this id may, or None when it has been deleted.

    Whoever changes these calls ``forget_identity``, so an attachment takes effect with its commit.
    """
    return tx.cached("iam.identity", entity, _load)


def forget_identity(tx: Tx, entity: str) -> None:
    """To be called by whoever changes what a role, a user or a group may do."""
    tx.forget("iam.identity", entity)
    for (member,) in tx.all(Q.find_members, entity):
        tx.forget("iam.identity", member)


def forget_policy(tx: Tx, arn: str) -> None:
    """To be called by whoever changes which version of a managed policy is in force."""
    for (entity,) in tx.all(Q.find_attached, arn):
        forget_identity(tx, entity)
    for (entity,) in tx.all(Q.find_bounded, arn, arn):
        forget_identity(tx, entity)


def _load(tx: ReadTx, entity: str) -> Identity | None:
    return _user(tx, entity) if entity.startswith("AIDA") else _role(tx, entity)


def _role(tx: ReadTx, entity: str) -> Identity | None:
    row = tx.one(Q.find_role_by_id, entity)
    if row is None:
        return None
    role = role_of_row(row)
    tags = tuple((key, value) for key, value in tx.all(Q.find_tags, entity))
    return Identity(role.arn, _policies(tx, [entity]), tags, _boundary(tx, role.boundary))


def _user(tx: ReadTx, entity: str) -> Identity | None:
    row = tx.one(Q.find_user_by_id, entity)
    if row is None:
        return None
    user = user_of_row(tx, row)
    holders = [entity, *(group.id for group in groups_of(tx, entity))]
    return Identity(user.arn, _policies(tx, holders), user.tags, _boundary(tx, user.boundary))


def _policies(tx: ReadTx, holders: list[str]) -> tuple[Policy, ...]:
    documents: list[str] = []
    for holder in holders:
        documents += [document for _, document in tx.all(Q.find_inline_policies, holder)]
        documents += [managed_document(tx, arn) for (arn,) in tx.all(Q.find_attachments, holder)]
    return tuple(parse_policy(document, kind="identity") for document in documents)


def _boundary(tx: ReadTx, arn: str | None) -> Policy | None:
    return parse_policy(managed_document(tx, arn), kind="identity") if arn else None
