"""Managed policies attached to roles, users and groups."""

from typing import Any

from penstock.server import Call, Params, operation
from penstock.services.iam import errors, limits
from penstock.services.iam.api.authorize import EntityHandler, checked_arn, entity_operation, policy_arn
from penstock.services.iam.entities.entity import Kind, get_entity
from penstock.services.iam.entities.identity import forget_identity
from penstock.services.iam.entities.managed_policy import find_policy, get_policy
from penstock.services.iam.paging import page, page_start
from penstock.services.iam.state import IamState
from penstock.store import ReadTx, Statement, Tx, queries

Q = queries("penstock.services.iam")

_ATTACHED = {
    Kind.ROLE: Q.find_attached_roles_after,
    Kind.USER: Q.find_attached_users_after,
    Kind.GROUP: Q.find_attached_groups_after,
}
_BOUNDED = {Kind.ROLE: Q.find_bounded_roles_after, Kind.USER: Q.find_bounded_users_after}
_IN_ORDER = (Kind.GROUP, Kind.USER, Kind.ROLE)


def _check_given(params: Params) -> None:
    if not params.get("PolicyArn"):
        raise errors.no_arn()


def _attaching(kind: Kind) -> EntityHandler:
    @entity_operation(kind, f"Attach{kind}Policy", check=_check_given)
    async def attach_policy(iam: IamState, call: Call, params: Params) -> Params:
        """Attaches a managed policy, in force with the answer."""
        await iam.store.write(_attach, kind, call.account, params[kind.member], params["PolicyArn"])
        return {}

    return attach_policy


def _detaching(kind: Kind) -> EntityHandler:
    @entity_operation(kind, f"Detach{kind}Policy", check=_check_given)
    async def detach_policy(iam: IamState, call: Call, params: Params) -> Params:
        """Takes a managed policy away."""
        await iam.store.write(_detach, kind, call.account, params[kind.member], params["PolicyArn"])
        return {}

    return detach_policy


def _listing(kind: Kind) -> EntityHandler:
    @entity_operation(kind, f"ListAttached{kind}Policies")
    async def list_attached_policies(iam: IamState, call: Call, params: Params) -> Params:
        """Returns the managed policies that are attached."""
        return await iam.store.read(_list, kind, call.account, params)

    return list_attached_policies


attach_role_policy, attach_user_policy, attach_group_policy = map(_attaching, Kind)
detach_role_policy, detach_user_policy, detach_group_policy = map(_detaching, Kind)
list_attached_role_policies, list_attached_user_policies, list_attached_group_policies = map(_listing, Kind)


@operation("ListEntitiesForPolicy", action="iam:ListEntitiesForPolicy", resource=policy_arn)
async def list_entities_for_policy(iam: IamState, call: Call, params: Params) -> Params:
    """Returns the account's groups, users and roles that a policy is attached to, or that it bounds."""
    return await iam.store.read(_entities, call.account, params)


def _attach(tx: Tx, kind: Kind, account: str, name: str, arn: str) -> None:
    entity = get_entity(tx, kind, account, name)
    policy = find_policy(tx, checked_arn(arn))
    if policy is None or policy.account not in ("aws", account):
        raise errors.not_attachable(arn)
    tx.run(Q.add_attachment, entity.id, arn, account)
    if len(tx.all(Q.find_attachments, entity.id)) > limits.POLICIES_PER_ENTITY:
        quota = f"PoliciesPer{kind}: {limits.POLICIES_PER_ENTITY}"
        raise errors.limit_exceeded(f"Cannot exceed quota for {quota}")
    forget_identity(tx, entity.id)


def _detach(tx: Tx, kind: Kind, account: str, name: str, arn: str) -> None:
    entity = get_entity(tx, kind, account, name)
    if not tx.run(Q.delete_attachment, entity.id, checked_arn(arn)):
        raise errors.no_such_policy(arn)
    forget_identity(tx, entity.id)


def _list(tx: ReadTx, kind: Kind, account: str, params: dict[str, Any]) -> Params:
    entity = get_entity(tx, kind, account, params[kind.member])
    after, size = page_start(params)
    prefix = params.get("PathPrefix", "/")
    attached = [get_policy(tx, arn, account) for (arn,) in tx.all(Q.find_attachments, entity.id)]
    return page(
        "AttachedPolicies",
        [
            (policy.arn, {"PolicyName": policy.name, "PolicyArn": policy.arn})
            for policy in attached
            if policy.arn > after and policy.path.startswith(prefix)
        ],
        size,
    )


def _entities(tx: ReadTx, account: str, params: dict[str, Any]) -> Params:
    """Returns a page of all kinds, the groups first; a place in it is a kind and a name."""
    policy = get_policy(tx, params["PolicyArn"], account)
    after, size = page_start(params)
    found = [
        (f"{_IN_ORDER.index(kind)}{key}", (kind, {kind.member: name, f"{kind}Id": id}))
        for kind, statement in _asked(params)
        for key, name, id in tx.all(statement, policy.arn, account, *_after(kind, after, params), size + 1)
    ]
    shown = page("found", sorted(found, key=lambda one: one[0]), size)
    entries = shown.pop("found")
    return shown | {f"Policy{kind}s": [entry for of, entry in entries if of is kind] for kind in _IN_ORDER}


def _asked(params: dict[str, Any]) -> list[tuple[Kind, Statement]]:
    """Returns which kinds are asked for, and what finds them."""
    statements = _BOUNDED if params.get("PolicyUsageFilter") == "PermissionsBoundary" else _ATTACHED
    wanted = params.get("EntityFilter") or ""
    return [
        (kind, statements[kind]) for kind in _IN_ORDER if kind in statements and wanted in ("", kind.value)
    ]


def _after(kind: Kind, after: str, params: dict[str, Any]) -> tuple[str, int, str]:
    order, key = after[:1] or "0", after[1:]
    mine, prefix = str(_IN_ORDER.index(kind)), params.get("PathPrefix", "/")
    behind = key if mine == order else ("" if mine > order else "\U0010ffff")
    return behind, len(prefix), prefix
