"""Who an account is to S3: its canonical user in listings, its customer id in events."""

import hashlib
from base64 import b32encode
from functools import lru_cache


def canonical_id(account: str) -> str:
    """Returns 64 hexadecimal digits, always the same for one account, as AWS's canonical user ids are."""
    return _digest("canonical user", account).hex()


@lru_cache(maxsize=1024)  # every event has it
def customer_id(account: str) -> str:
    """Returns an ``A`` and 13 characters, always the same for one account: who owns a bucket, in its events.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
    """
    return "A" + b32encode(_digest("customer", account)).decode()[:13]


def owner(account: str) -> dict[str, str]:
    """Returns ``Owner``. No ``DisplayName``: AWS stopped to return it in 2025.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Owner.html
    """
    return {"ID": canonical_id(account)}


def _digest(what: str, account: str) -> bytes:
    return hashlib.sha256(f"{what} of {account}".encode()).digest()
