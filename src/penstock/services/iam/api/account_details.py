"""Everything that an account has in IAM, in pages.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
"""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

from penstock.server import Call, Params, operation
from penstock.services.iam.api.boundary import shown_boundary
from penstock.services.iam.api.instance_profiles import shown_profile
from penstock.services.iam.api.policies import shown_policy
from penstock.services.iam.api.tags import tag_list
from penstock.services.iam.entities.group import Group, groups_of
from penstock.services.iam.entities.instance_profile import instance_profiles_of
from penstock.services.iam.entities.managed_policies import aws_policies
from penstock.services.iam.entities.managed_policy import (
    ManagedPolicy,
    aws_policy,
    get_policy,
    version_document,
)
from penstock.services.iam.entities.role import Role, role_of_row
from penstock.services.iam.entities.user import User, users_after
from penstock.services.iam.instant import instant
from penstock.services.iam.limits import INSTANCE_PROFILES_PER_ACCOUNT
from penstock.services.iam.paging import page, page_start
from penstock.services.iam.state import IamState
from penstock.store import ReadTx, queries

Q = queries("penstock.services.iam")

_PAGE = 50  # each takes several reads, and its documents are long
_MEMBERS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")


@operation("GetAccountAuthorizationDetails", action="iam:GetAccountAuthorizationDetails")
async def get_account_authorization_details(iam: IamState, call: Call, params: Params) -> Params:
    """Returns users, groups, roles and policies with all that hangs on them; of AWS's policies those in use."""
    return await iam.store.read(_details, call.account, params)


def _details(tx: ReadTx, account: str, params: dict[str, Any]) -> Params:
    """Returns a page of all kinds, the users first; a place in it is the number of a kind, and a name."""
    after, size = page_start(params)
    size = min(size, _PAGE)
    wanted = params.get("Filter") or [name for name, _ in _KINDS]
    found: list[tuple[str, Any]] = []
    for number, (name, kind) in enumerate(_KINDS):
        behind = after[1:] if after[:1] == str(number) else ""
        if name in wanted and str(number) >= after[:1] and len(found) <= size:
            shown = kind(tx, account, behind, size + 1 - len(found))
            found += [(f"{number}{key}", (number, entry)) for key, entry in shown]
    result = page("found", found, size)
    entries = result.pop("found")
    return result | {
        member: [entry for number, entry in entries if _members(number) == member] for member in _MEMBERS
    }


def _members(number: int) -> str:
    return _MEMBERS[min(number, len(_MEMBERS) - 1)]


def _users(tx: ReadTx, account: str, after: str, count: int) -> Iterator[tuple[str, Params]]:
    for user in users_after(tx, account, after, "/", count):
        yield user.name.lower(), _user(tx, account, user)


def _groups(tx: ReadTx, account: str, after: str, count: int) -> Iterator[tuple[str, Params]]:
    for row in tx.all(Q.find_groups_after, account, after, 1, "/", count):
        group = Group(*row)
        yield group.name.lower(), _group(tx, account, group)


def _roles(tx: ReadTx, account: str, after: str, count: int) -> Iterator[tuple[str, Params]]:
    for row in tx.all(Q.find_roles_after, account, after, 1, "/", count):
        role = role_of_row(row)
        yield role.name.lower(), _role(tx, account, role)


def _local(tx: ReadTx, account: str, after: str, count: int) -> Iterator[tuple[str, Params]]:
    for row in tx.all(Q.find_policies_after, account, after, count):
        policy = ManagedPolicy(*row)
        yield policy.name.lower(), _policy(tx, account, policy)


def _of_aws(tx: ReadTx, account: str, after: str, count: int) -> Iterator[tuple[str, Params]]:
    for arn in sorted(aws_policies()):
        if arn > after:
            policy = aws_policy(aws_policies()[arn])
            shown = shown_policy(tx, policy, account)
            if shown["AttachmentCount"] or shown["PermissionsBoundaryUsageCount"]:
                yield arn, _policy(tx, account, policy)


_Kind = Callable[[ReadTx, str, str, int], Iterator[tuple[str, Params]]]
_KINDS: tuple[tuple[str, _Kind], ...] = (
    ("User", _users),
    ("Group", _groups),
    ("Role", _roles),
    ("LocalManagedPolicy", _local),
    ("AWSManagedPolicy", _of_aws),
)


def _user(tx: ReadTx, account: str, user: User) -> Params:
    return {
        "Path": user.path,
        "UserName": user.name,
        "UserId": user.id,
        "Arn": user.arn,
        "CreateDate": instant(user.created_ms),
        "UserPolicyList": _inline(tx, user.id),
        "GroupList": [group.name for group in groups_of(tx, user.id)],
        "AttachedManagedPolicies": _attached(tx, account, user.id),
        "Tags": tag_list(tx, user.id),
        **shown_boundary(user.boundary),
    }


def _group(tx: ReadTx, account: str, group: Group) -> Params:
    return {
        "Path": group.path,
        "GroupName": group.name,
        "GroupId": group.id,
        "Arn": group.arn,
        "CreateDate": instant(group.created_ms),
        "GroupPolicyList": _inline(tx, group.id),
        "AttachedManagedPolicies": _attached(tx, account, group.id),
    }


def _role(tx: ReadTx, account: str, role: Role) -> Params:
    profiles = instance_profiles_of(tx, role.id, "", INSTANCE_PROFILES_PER_ACCOUNT)
    return {
        "Path": role.path,
        "RoleName": role.name,
        "RoleId": role.id,
        "Arn": role.arn,
        "CreateDate": instant(role.created_ms),
        "AssumeRolePolicyDocument": quote(role.trust_text, safe=""),
        "InstanceProfileList": [shown_profile(tx, profile) for profile in profiles],
        "RolePolicyList": _inline(tx, role.id),
        "AttachedManagedPolicies": _attached(tx, account, role.id),
        "Tags": tag_list(tx, role.id),
        "RoleLastUsed": {},
        **shown_boundary(role.boundary),
    }


def _policy(tx: ReadTx, account: str, policy: ManagedPolicy) -> Params:
    own = [version for version, _ in tx.all(Q.find_versions, policy.arn)] or [policy.default_version]
    return shown_policy(tx, policy, account) | {
        "PolicyVersionList": [_version(tx, policy, version) for version in own]
    }


def _version(tx: ReadTx, policy: ManagedPolicy, version: int) -> Params:
    document, created_ms = version_document(tx, policy, version)
    return {
        "Document": quote(document, safe=""),
        "VersionId": f"v{version}",
        "IsDefaultVersion": version == policy.default_version,
        "CreateDate": instant(created_ms),
    }


def _inline(tx: ReadTx, entity: str) -> list[Params]:
    return [
        {"PolicyName": name, "PolicyDocument": quote(document, safe="")}
        for name, document in tx.all(Q.find_inline_policies, entity)
    ]


def _attached(tx: ReadTx, account: str, entity: str) -> list[Params]:
    return [
        {"PolicyName": get_policy(tx, arn, account).name, "PolicyArn": arn}
        for (arn,) in tx.all(Q.find_attachments, entity)
    ]
