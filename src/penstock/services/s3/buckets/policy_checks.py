"""What S3 asks of a bucket policy beyond its grammar: actions of its own, this bucket, and a fit of both.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
"""

from typing import Any

import orjson

from penstock.access import Policy, PolicyError, parse_policy
from penstock.errors import AwsError
from penstock.matching.wildcard import Wildcard
from penstock.services.s3.buckets.limits import MAX_POLICY_BYTES

_OBJECT_ACTIONS = """
    AbortMultipartUpload BypassGovernanceRetention DeleteObject DeleteObjectAnnotation DeleteObjectTagging
    DeleteObjectVersion DeleteObjectVersionTagging GetObject GetObjectAcl GetObjectAnnotation
    GetObjectAttributes GetObjectLegalHold GetObjectRetention GetObjectTagging GetObjectTorrent GetObjectVersion
    GetObjectVersionAcl GetObjectVersionAttributes GetObjectVersionForReplication GetObjectVersionTagging
    GetObjectVersionTorrent InitiateReplication ListMultipartUploadParts ObjectOwnerOverrideToBucketOwner
    PutObject PutObjectAcl PutObjectAnnotation PutObjectLegalHold PutObjectRetention PutObjectTagging
    PutObjectVersionAcl PutObjectVersionTagging ReplicateDelete ReplicateObject ReplicateTags RestoreObject
    UpdateObjectEncryption
"""
_BUCKET_ACTIONS = """
    CreateBucket CreateBucketMetadataTableConfiguration DeleteBucket DeleteBucketMetadataTableConfiguration
    DeleteBucketPolicy DeleteBucketWebsite GetAccelerateConfiguration GetAnalyticsConfiguration GetBucketAbac
    GetBucketAcl GetBucketCORS GetBucketLocation GetBucketLogging GetBucketMetadataTableConfiguration
    GetBucketNotification GetBucketObjectLockConfiguration GetBucketOwnershipControls GetBucketPolicy
    GetBucketPolicyStatus GetBucketPublicAccessBlock GetBucketRequestPayment GetBucketTagging
    GetBucketVersioning GetBucketWebsite GetEncryptionConfiguration GetIntelligentTieringConfiguration
    GetInventoryConfiguration GetLifecycleConfiguration GetMetricsConfiguration GetReplicationConfiguration
    HeadBucket ListBucket ListBucketMultipartUploads ListBucketVersions ListTagsForResource
    PutAccelerateConfiguration PutAnalyticsConfiguration PutBucketAbac PutBucketAcl PutBucketCORS
    PutBucketLogging PutBucketNotification PutBucketObjectLockConfiguration PutBucketOwnershipControls
    PutBucketPolicy PutBucketPublicAccessBlock PutBucketRequestPayment PutBucketTagging PutBucketVersioning
    PutBucketWebsite PutEncryptionConfiguration PutIntelligentTieringConfiguration PutInventoryConfiguration
    PutLifecycleConfiguration PutMetricsConfiguration PutReplicationConfiguration TagResource UntagResource
"""
_ON_OBJECTS = frozenset(f"s3:{name}".lower() for name in _OBJECT_ACTIONS.split())
_ON_BUCKETS = frozenset(f"s3:{name}".lower() for name in _BUCKET_ACTIONS.split())


def checked_policy(document: str, arn: str) -> Policy:
    """Returns the compiled policy for the bucket ``arn``; AwsError ``MalformedPolicy`` with AWS's reason."""
    if len(document.encode()) > MAX_POLICY_BYTES:
        message = "Policy exceeds the maximum allowed document size."
        raise AwsError("PolicyTooLarge", message, status=400)
    if not document.startswith("{"):
        raise malformed_policy("Policies must be valid JSON and the first byte must be '{'")
    try:
        policy = parse_policy(document, kind="resource")
    except PolicyError as error:
        raise malformed_policy(str(error)) from None
    statements = orjson.loads(document)["Statement"]
    for statement in statements if isinstance(statements, list) else [statements]:
        _check(statement, arn)
    return policy


def malformed_policy(message: str) -> AwsError:
    """The policy cannot be used."""
    return AwsError("MalformedPolicy", message, status=400)


def _check(statement: dict[str, Any], arn: str) -> None:
    resources = _list(statement["NotResource" if "NotResource" in statement else "Resource"])
    reached = [_reach(resource, arn) for resource in resources]
    if not all(reached):
        raise malformed_policy("Policy has invalid resource")
    kinds = set().union(*reached)
    for action in _list(statement["NotAction" if "NotAction" in statement else "Action"]):
        applies_to = _kinds_of(action)
        if not applies_to:
            raise malformed_policy("Policy has invalid action")
        if not applies_to & kinds and "Action" in statement and "Resource" in statement:
            raise malformed_policy("Action does not apply to any resource(s) in statement")


def _reach(resource: str, arn: str) -> set[str]:
    """Returns which of ``bucket`` and ``object`` the pattern can name within this bucket."""
    bucket, slash, _ = resource.partition("/")
    if not Wildcard(bucket)(arn):
        return set()
    if slash:
        return {"object"}
    return {"bucket", "object"} if bucket.endswith("*") else {"bucket"}


def _kinds_of(action: str) -> set[str]:
    matches = Wildcard(action.lower())
    kinds = set()
    if any(matches(name) for name in _ON_BUCKETS):
        kinds.add("bucket")
    if any(matches(name) for name in _ON_OBJECTS):
        kinds.add("object")
    return kinds


def _list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
