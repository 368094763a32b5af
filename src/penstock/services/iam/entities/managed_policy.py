"""A managed policy: a customer's, with versions, or one of AWS's own."""

import base64
import hashlib
from dataclasses import dataclass

import orjson

from penstock.services.iam import errors
from penstock.services.iam.entities.managed_policies import AwsPolicy, aws_policies
from penstock.store import ReadTx, queries

Q = queries("penstock.services.iam")

_OF_AWS = "arn:aws:iam::aws:policy/"


@dataclass(frozen=True, slots=True)
class ManagedPolicy:
    """One row of ``iam_policy``, or an AWS managed policy (``account`` ``aws``)."""

    arn: str
    id: str
    account: str
    name: str
    path: str
    description: str | None
    default_version: int
    last_version: int
    created_ms: int
    updated_ms: int


def find_policy(tx: ReadTx, arn: str) -> ManagedPolicy | None:
    """Returns the policy, or None."""
    if arn.startswith(_OF_AWS):
        aws = aws_policies().get(arn)
        return aws_policy(aws) if aws else None
    row = tx.one(Q.find_policy, arn)
    return None if row is None else ManagedPolicy(*row)


def get_policy(tx: ReadTx, arn: str, account: str) -> ManagedPolicy:
    """Returns the policy if it is AWS's or the account's; AwsError ``NoSuchEntity``."""
    policy = find_policy(tx, arn)
    if policy is None or policy.account not in ("aws", account):
        raise errors.no_such_policy(arn)
    return policy


def own_policy(tx: ReadTx, arn: str, account: str) -> ManagedPolicy:
    """Returns a policy that the account may change; AwsError ``NoSuchEntity``, ``AccessDenied``."""
    policy = get_policy(tx, arn, account)
    if policy.account == "aws":
        raise errors.managed_by_aws()
    return policy


def managed_document(tx: ReadTx, arn: str) -> str:
    """Returns the document of the policy's default version; the policy exists."""
    policy = find_policy(tx, arn)
    assert policy is not None
    return version_document(tx, policy, policy.default_version)[0]


def version_document(tx: ReadTx, policy: ManagedPolicy, version: int) -> tuple[str, int]:
    """Returns the document and its date in ms; AwsError ``NoSuchEntity``."""
    if policy.account == "aws" and version == policy.default_version:
        document = {"Version": "2012-10-17", "Statement": aws_policies()[policy.arn].statements}
        return orjson.dumps(document).decode(), policy.updated_ms
    row = tx.one(Q.find_version, policy.arn, version)
    if row is None:
        raise errors.no_such_version(policy.arn, f"v{version}")
    return row[0], row[1]


def aws_policy(aws: AwsPolicy) -> ManagedPolicy:
    """Returns one of AWS's policies in the shape of a customer's."""
    # AWS's ids of these policies mean nothing to anybody; ours are stable and of the same form.
    unique = "ANPA" + base64.b32encode(hashlib.sha256(aws.arn.encode()).digest()).decode()[:17]
    return ManagedPolicy(
        arn=aws.arn,
        id=unique,
        account="aws",
        name=aws.name,
        path=aws.path,
        description=aws.description,
        default_version=aws.version,
        last_version=aws.version,
        created_ms=aws.version_ms,
        updated_ms=aws.version_ms,
    )
