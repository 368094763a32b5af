"""What IAM has and this server has not, and the operations that would need it."""

from collections.abc import Mapping
from typing import Final

from penstock.services.service import lacking

LACKS: Final[Mapping[str, str]] = lacking(
    {
        "permissions boundaries": ("DeleteRolePermissionsBoundary", "PutRolePermissionsBoundary"),
        "users": (
            "AttachUserPolicy",
            "CreateAccessKey",
            "CreateUser",
            "DeleteAccessKey",
            "DeleteUser",
            "DeleteUserPolicy",
            "DetachUserPolicy",
            "GetUser",
            "GetUserPolicy",
            "ListAccessKeys",
            "ListAttachedUserPolicies",
            "ListUserPolicies",
            "ListUsers",
            "PutUserPolicy",
            "UpdateAccessKey",
            "UpdateUser",
        ),
        "groups": (
            "AddUserToGroup",
            "AttachGroupPolicy",
            "CreateGroup",
            "DeleteGroup",
            "DeleteGroupPolicy",
            "DetachGroupPolicy",
            "GetGroup",
            "GetGroupPolicy",
            "ListAttachedGroupPolicies",
            "ListGroupPolicies",
            "ListGroups",
            "ListGroupsForUser",
            "PutGroupPolicy",
            "RemoveUserFromGroup",
            "UpdateGroup",
        ),
        "instance profiles": (
            "AddRoleToInstanceProfile",
            "CreateInstanceProfile",
            "DeleteInstanceProfile",
            "GetInstanceProfile",
            "ListInstanceProfiles",
            "RemoveRoleFromInstanceProfile",
        ),
        "policy simulator": ("SimulateCustomPolicy", "SimulatePrincipalPolicy"),
    }
)
