"""IAM's quotas.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

ROLES_PER_ACCOUNT = 1000
POLICIES_PER_ACCOUNT = 1500
POLICIES_PER_ENTITY = 10
INLINE_BYTES_PER_ROLE = 10_240
INLINE_BYTES_PER_USER = 2_048
INLINE_BYTES_PER_GROUP = 5_120
INSTANCE_PROFILES_PER_ACCOUNT = 1000
USERS_PER_ACCOUNT = 5000
GROUPS_PER_ACCOUNT = 300
GROUPS_PER_USER = 10
KEYS_PER_USER = 2
POLICY_BYTES = 6_144
TRUST_BYTES = 2_048
POLICY_VERSIONS_PER_ACCOUNT = 10_000
VERSIONS_PER_POLICY = 5
PROVIDERS_PER_ACCOUNT = 100
CLIENTS_PER_PROVIDER = 100
THUMBPRINTS_PER_PROVIDER = 5
TAGS_PER_ENTITY = 50
PAGE_ITEMS = 100


def counted_bytes(document: str) -> int:
    """Returns the size of a policy as IAM counts it: without white space."""
    return sum(1 for character in document if not character.isspace())
