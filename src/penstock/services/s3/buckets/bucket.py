"""A bucket, as every operation needs it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from penstock.access import Policy, parse_policy
from penstock.errors import AwsError
from penstock.server import Call
from penstock.services.s3.errors import invalid_owner, no_such_bucket
from penstock.store import ReadTx, queries

Q = queries(__package__)

_ACCOUNT_ID = re.compile("[0-9]{12}")

Identity = tuple[int, str, int]
"""A bucket's row, owner and beginning."""


class Versioning(StrEnum):
    """Whether a bucket keeps the versions of its objects, in AWS's words and the row's."""

    NEVER = ""
    ENABLED = "Enabled"
    SUSPENDED = "Suspended"


@dataclass(frozen=True, slots=True)
class Bucket:
    """One row of ``s3_bucket``.

    ``identity`` tells it from every other that has, had or will have its name. ``keeps_versions``: versioning is on.
    """

    id: int
    name: str
    account: str
    region: str
    created_ms: int
    versioning: Versioning
    policy: Policy | None
    policy_text: str | None
    identity: Identity = field(init=False)
    keeps_versions: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "identity", (self.id, self.account, self.created_ms))
        object.__setattr__(self, "keeps_versions", self.versioning is Versioning.ENABLED)

    @property
    def arn(self) -> str:
        """Returns ``arn:aws:s3:::name``."""
        return f"arn:aws:s3:::{self.name}"


def find_bucket(tx: ReadTx, name: str) -> Bucket | None:
    """Returns the bucket, or None. Whoever changes its row calls ``forget_bucket``."""
    return tx.cached("s3.bucket", name, _load)


def requested_bucket(tx: ReadTx, call: Call, params: Mapping[str, Any]) -> Bucket:
    """Returns the bucket that ``params`` names, which is the one that the caller was authorised for.

    AwsError ``NoSuchBucket``, also when somebody else has taken the name since, or nobody was asked whether the caller
    may touch it; ``AccessDenied`` when ``ExpectedBucketOwner`` is not its owner, ``InvalidBucketOwnerAWSAccountID``
    when it is nobody.
    """
    name = params["Bucket"]
    if (expected := params.get("ExpectedBucketOwner")) is not None:
        _check_account_id(expected)
    bucket = tx.cached("s3.bucket", name, _load)
    if bucket is None or call.seen.get(name) != bucket.identity:
        raise no_such_bucket(name)
    if expected is not None:
        _check_owner(bucket.account, expected)
    return bucket


def check_seen(call: Call, params: Mapping[str, Any]) -> None:
    """Returns when authorisation saw the bucket that ``params`` names, which tells those early who need not go on.

    AwsError as ``requested_bucket``, which is asked later all the same.
    """
    if (expected := params.get("ExpectedBucketOwner")) is not None:
        _check_account_id(expected)
    seen: Any = call.seen.get(params["Bucket"])
    if seen is None:
        raise no_such_bucket(params["Bucket"])
    if expected is not None:
        _check_owner(seen[1], expected)


def _check_account_id(expected: str) -> None:
    if not _ACCOUNT_ID.fullmatch(expected):
        raise invalid_owner(expected)


def _check_owner(account: str, expected: str) -> None:
    if account != expected:
        raise AwsError("AccessDenied", "Access Denied", status=403)


def _load(tx: ReadTx, name: str) -> Bucket | None:
    row = tx.one(Q.find_bucket, name)
    if row is None:
        return None
    id, bucket, account, region, created_ms, versioning, text = row
    policy = parse_policy(text, kind="resource") if text else None
    return Bucket(id, bucket, account, region, created_ms, Versioning(versioning), policy, text)
