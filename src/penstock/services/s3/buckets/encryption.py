"""Default encryption of a bucket: S3 managed keys (``AES256``), the one that AWS applies by itself, or a key of KMS.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-bucket-encryption.html
"""

from typing import Any, NamedTuple

from penstock.errors import AwsError
from penstock.server import Call, Params, operation
from penstock.services.s3.arns import bucket_arn
from penstock.services.s3.buckets.bucket import Bucket, requested_bucket
from penstock.services.s3.buckets.errors import not_implemented
from penstock.services.s3.buckets.payload import payload
from penstock.services.s3.buckets.settings import put_setting, setting
from penstock.services.s3.errors import malformed_xml
from penstock.services.s3.state import S3State
from penstock.store import ReadTx, Tx

_MANAGED, _KMS = "AES256", "aws:kms"
_MAX_KEY_CHARS = 2048
_BUCKET_KEY, _DEFAULT = "bucket_key", "default_encryption"


class DefaultKey(NamedTuple):
    """The key of KMS that encrypts new objects, by the name that it was given; None is the one that AWS keeps for S3.

    With ``bucket_key`` what is encrypted belongs to the bucket, and not to the single object.
    """

    name: str | None
    bucket_key: bool


@operation("GetBucketEncryption", action="s3:GetEncryptionConfiguration", resource=bucket_arn)
async def get_bucket_encryption(s3: S3State, call: Call, params: Params) -> Params:
    """Returns the one rule."""
    default, bucket_key = await s3.store.read(_chosen, call, params)
    rule = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": bucket_key}
    return {"ServerSideEncryptionConfiguration": {"Rules": [rule]}}


@operation("PutBucketEncryption", action="s3:PutEncryptionConfiguration", resource=bucket_arn)
async def put_bucket_encryption(s3: S3State, call: Call, params: Params) -> None:
    """Returns when new objects are encrypted so. Whether there is such a key is seen when one is."""
    rules = payload(call, params, "ServerSideEncryptionConfiguration").get("Rules") or []
    if len(rules) != 1:
        raise malformed_xml()
    if rules[0].get("BlockedEncryptionTypes"):
        raise not_implemented("Blocked encryption types are not implemented")
    default = rules[0].get("ApplyServerSideEncryptionByDefault") or {"SSEAlgorithm": _MANAGED}
    algorithm, key = default.get("SSEAlgorithm"), default.get("KMSMasterKeyID")
    if algorithm not in (_MANAGED, _KMS):
        raise not_implemented(f"Default encryption other than {_MANAGED} and {_KMS} is not implemented")
    if key and algorithm != _KMS:
        message = (
            "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse"
        )
        raise AwsError("InvalidArgument", message, status=400)
    if key and len(key) > _MAX_KEY_CHARS:
        raise malformed_xml()
    chosen = {"SSEAlgorithm": algorithm, **({"KMSMasterKeyID": key} if key else {})}
    await s3.store.write(_put, call, params, chosen, bool(rules[0].get("BucketKeyEnabled")))


@operation("DeleteBucketEncryption", action="s3:PutEncryptionConfiguration", resource=bucket_arn)
async def delete_bucket_encryption(s3: S3State, call: Call, params: Params) -> None:
    """Returns when the default of every bucket holds again."""
    await s3.store.write(_put, call, params, None, None)


def default_key(tx: ReadTx, bucket: Bucket) -> DefaultKey | None:
    """Returns the key of KMS that new objects are encrypted with; None when S3's own encrypts them."""
    chosen = setting(tx, bucket, _DEFAULT, None)
    if chosen is None or chosen["SSEAlgorithm"] != _KMS:
        return None
    return DefaultKey(chosen.get("KMSMasterKeyID"), bool(setting(tx, bucket, _BUCKET_KEY, False)))


def encryption_was_put(tx: ReadTx, call: Call, params: Params) -> bool:
    """Returns whether the bucket's owner has chosen the encryption, and not deleted that since."""
    return setting(tx, requested_bucket(tx, call, params), _BUCKET_KEY, None) is not None


def _chosen(tx: ReadTx, call: Call, params: Params) -> tuple[dict[str, Any], bool]:
    bucket = requested_bucket(tx, call, params)
    chosen = setting(tx, bucket, _DEFAULT, None) or {"SSEAlgorithm": _MANAGED}
    return chosen, bool(setting(tx, bucket, _BUCKET_KEY, False))


def _put(tx: Tx, call: Call, params: Params, chosen: dict[str, Any] | None, bucket_key: bool | None) -> None:
    bucket = requested_bucket(tx, call, params)
    put_setting(tx, bucket, _DEFAULT, chosen)
    put_setting(tx, bucket, _BUCKET_KEY, bucket_key)
