"""How much an account has in IAM, and how much it may have.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html
"""

from penstock.server import Call, Params, operation
from penstock.services.iam import limits
from penstock.services.iam.state import IamState
from penstock.store import ReadTx, queries

Q = queries("penstock.services.iam")

_COUNTS = {
    "Users": Q.count_users,
    "Groups": Q.count_groups,
    "Roles": Q.count_roles,
    "Policies": Q.count_policies,
    "InstanceProfiles": Q.count_instance_profiles,
    "PolicyVersionsInUse": Q.count_versions,
    "Providers": Q.count_providers,
}
_QUOTAS = {
    "UsersQuota": limits.USERS_PER_ACCOUNT,
    "GroupsQuota": limits.GROUPS_PER_ACCOUNT,
    "RolesQuota": limits.ROLES_PER_ACCOUNT,
    "PoliciesQuota": limits.POLICIES_PER_ACCOUNT,
    "InstanceProfilesQuota": limits.INSTANCE_PROFILES_PER_ACCOUNT,
    "PolicyVersionsInUseQuota": limits.POLICY_VERSIONS_PER_ACCOUNT,
    "GroupsPerUserQuota": limits.GROUPS_PER_USER,
    "AccessKeysPerUserQuota": limits.KEYS_PER_USER,
    "AttachedPoliciesPerUserQuota": limits.POLICIES_PER_ENTITY,
    "AttachedPoliciesPerGroupQuota": limits.POLICIES_PER_ENTITY,
    "AttachedPoliciesPerRoleQuota": limits.POLICIES_PER_ENTITY,
    "VersionsPerPolicyQuota": limits.VERSIONS_PER_POLICY,
    "UserPolicySizeQuota": limits.INLINE_BYTES_PER_USER,
    "GroupPolicySizeQuota": limits.INLINE_BYTES_PER_GROUP,
    "RolePolicySizeQuota": limits.INLINE_BYTES_PER_ROLE,
    "PolicySizeQuota": limits.POLICY_BYTES,
    "AssumeRolePolicySizeQuota": limits.TRUST_BYTES,
}
_NONE_HERE = (
    "ServerCertificates",
    "MFADevices",
    "MFADevicesInUse",
    "AccountMFAEnabled",
    "AccountPasswordPresent",
    "AccountSigningCertificatesPresent",
)


@operation("GetAccountSummary", action="iam:GetAccountSummary")
async def get_account_summary(iam: IamState, call: Call, params: Params) -> Params:
    """Returns numbers of what the account has, and its quotas."""
    counts = await iam.store.read(_counts, call.account)
    here = {**counts, **dict.fromkeys(_NONE_HERE, 0), "AccountAccessKeysPresent": 1}
    return {"SummaryMap": {**here, **_QUOTAS}}


def _counts(tx: ReadTx, account: str) -> dict[str, int]:
    return {name: (tx.one(statement, account) or (0,))[0] for name, statement in _COUNTS.items()}
