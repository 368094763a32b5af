"""The canonical user: the name of an account in S3's listings and access control lists."""

import hashlib


def canonical_id(account: str) -> str:
    """Returns 64 hexadecimal digits, always the same for one account, as AWS's canonical user ids are."""
    return hashlib.sha256(f"canonical user of {account}".encode()).hexdigest()


def owner(account: str) -> dict[str, str]:
    """Returns ``Owner``. No ``DisplayName``: AWS stopped to return it in 2025.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Owner.html
    """
    return {"ID": canonical_id(account)}
