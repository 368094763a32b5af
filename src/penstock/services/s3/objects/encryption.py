"""How the bytes of a version are encrypted: a value that is stored with it, and the key that opens them.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/serv-side-encryption.html
"""

import hashlib
import hmac
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from penstock.server import Params

MANAGED = "AES256"
"""S3 encrypts what is encrypted with no other key, and says so in its answers."""


class Kind(StrEnum):
    """Whose key it is: one of KMS, or one that comes with each request."""

    KMS = "aws:kms"
    CUSTOMER = "customer"


@dataclass(frozen=True, slots=True)
class Encryption:
    """What is stored with a version that is encrypted with a key of somebody's.

    ``key`` is the ARN of KMS's key, or the MD5 of the customer's. ``blob`` is the version's data key, encrypted with
    it, in Base64. ``context`` is the encryption context.
    """

    kind: Kind
    key: str
    blob: str
    context: dict[str, str] = field(default_factory=dict)
    bucket_key: bool = False

    def encode(self) -> dict[str, Any]:
        """Returns what ``decode`` reads."""
        return asdict(self)

    @classmethod
    def decode(cls, document: dict[str, Any]) -> "Encryption":
        """Returns what ``encode`` wrote."""
        return cls(**{**document, "kind": Kind(document["kind"])})


class BodyKey(NamedTuple):
    """A version's data key as it is, 32 bytes, and what is stored of it."""

    secret: bytes
    encryption: Encryption

    def etag(self, md5: str) -> str:
        """Returns the ETag of an encrypted body: other than its MD5 it tells nothing of what the bytes are.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
        """
        return hmac.digest(self.secret, md5.encode(), "md5").hex()


def etag_of_row(sealed: bytes) -> str:
    """Returns the ETag of an encrypted body that is a row: the MD5 of what lies there."""
    return hashlib.md5(sealed, usedforsecurity=False).hexdigest()


def encryption_members(encryption: Encryption | None) -> Params:
    """Returns what an answer says of how an object is encrypted."""
    if encryption is None:
        return {"ServerSideEncryption": MANAGED}
    if encryption.kind is Kind.CUSTOMER:
        return {"SSECustomerAlgorithm": MANAGED, "SSECustomerKeyMD5": encryption.key}
    members = {"ServerSideEncryption": encryption.kind.value, "SSEKMSKeyId": encryption.key}
    return {**members, "BucketKeyEnabled": True} if encryption.bucket_key else members
