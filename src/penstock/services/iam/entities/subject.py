"""Whose policies are simulated: a user with the user's groups, a group, or a role."""

from typing import NamedTuple

from penstock.access import Policy
from penstock.arn import Arn
from penstock.services.iam.entities.entity import Entity, Kind
from penstock.services.iam.entities.group import find_group, groups_of
from penstock.services.iam.entities.identity import find_identity
from penstock.services.iam.entities.managed_policy import get_policy, managed_document
from penstock.services.iam.entities.role import find_role
from penstock.services.iam.entities.user import find_user
from penstock.store import ReadTx, queries

Q = queries("penstock.services.iam")


class Held(NamedTuple):
    """A policy of the subject: ``name`` is a managed one's, or ``user_NAME_POLICY``; an inline one has no ``arn``."""

    name: str
    arn: str
    document: str

    @property
    def type(self) -> str:
        """Returns what kind of policy it is, as AWS names them."""
        if not self.arn:
            return "inline"
        return "aws-managed" if self.arn.startswith("arn:aws:iam::aws:") else "user-managed"


class Subject(NamedTuple):
    """``kind`` is ``user``, ``group`` or ``role``."""

    kind: str
    id: str
    arn: str
    policies: tuple[Held, ...]
    boundary: Policy | None
    tags: tuple[tuple[str, str], ...]


def find_subject(tx: ReadTx, account: str, arn: str) -> Subject | None:
    """Returns the account's user, group or role with this ARN, or None."""
    entity = _entity(tx, account, arn)
    if entity is None or entity.arn != arn:
        return None
    holders = [entity]
    if entity.kind is Kind.USER:
        holders += [Entity(Kind.GROUP, one.id, one.name, one.arn) for one in groups_of(tx, entity.id)]
    policies = tuple(held for holder in holders for held in _held(tx, account, holder))
    identity = None if entity.kind is Kind.GROUP else find_identity(tx, entity.id)
    bound, tags = (identity.boundary, identity.tags) if identity else (None, ())
    return Subject(entity.kind.word, entity.id, arn, policies, bound, tags)


def _entity(tx: ReadTx, account: str, arn: str) -> Entity | None:
    try:
        parsed = Arn.parse(arn)
    except ValueError:
        return None
    kind, name = parsed.resource.partition("/")[0], parsed.resource.rpartition("/")[2]
    find = {"user": find_user, "group": find_group, "role": find_role}.get(kind)
    one = find(tx, account, name) if find and parsed.account == account else None
    return Entity(Kind(kind.capitalize()), one.id, one.name, one.arn) if one else None


def _held(tx: ReadTx, account: str, holder: Entity) -> list[Held]:
    inline = [
        Held(f"{holder.kind.word}_{holder.name}_{name}", "", document)
        for name, document in tx.all(Q.find_inline_policies, holder.id)
    ]
    managed = [
        Held(get_policy(tx, arn, account).name, arn, managed_document(tx, arn))
        for (arn,) in tx.all(Q.find_attachments, holder.id)
    ]
    return [*inline, *managed]
