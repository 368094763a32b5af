"""A bucket, as every operation needs it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from penstock.access import Policy, parse_policy
from penstock.errors import AwsError
from penstock.services.s3.errors import no_such_bucket
from penstock.store import ReadTx, queries

Q = queries(__package__)


class Versioning(StrEnum):
    """Whether a bucket keeps the versions of its objects, in AWS's words and the row's."""

    NEVER = ""
    ENABLED = "Enabled"
    SUSPENDED = "Suspended"


@dataclass(frozen=True, slots=True)
class Bucket:
    """One row of ``s3_bucket``."""

    id: int
    name: str
    account: str
    region: str
    created_ms: int
    versioning: Versioning
    policy: Policy | None
    policy_text: str | None

    @property
    def arn(self) -> str:
        """Returns ``arn:aws:s3:::name``."""
        return f"arn:aws:s3:::{self.name}"


def find_bucket(tx: ReadTx, name: str) -> Bucket | None:
    """Returns the bucket, or None. Whoever changes its row calls ``tx.forget("s3.bucket", name)``."""
    return tx.cached("s3.bucket", name, _load)


def get_bucket(tx: ReadTx, name: str) -> Bucket:
    """Returns the bucket; AwsError ``NoSuchBucket``."""
    bucket = find_bucket(tx, name)
    if bucket is None:
        raise no_such_bucket(name)
    return bucket


def requested_bucket(tx: ReadTx, params: Mapping[str, Any]) -> Bucket:
    """Returns the bucket that ``params`` names.

    AwsError ``NoSuchBucket``; ``AccessDenied`` when ``ExpectedBucketOwner`` is not its owner.
    """
    bucket = get_bucket(tx, params["Bucket"])
    expected = params.get("ExpectedBucketOwner")
    if expected is not None and expected != bucket.account:
        raise AwsError("AccessDenied", "Access Denied", status=403)
    return bucket


def _load(tx: ReadTx, name: str) -> Bucket | None:
    row = tx.one(Q.find_bucket, name)
    if row is None:
        return None
    id, bucket, account, region, created_ms, versioning, text = row
    policy = parse_policy(text, kind="resource") if text else None
    return Bucket(id, bucket, account, region, created_ms, Versioning(versioning), policy, text)
