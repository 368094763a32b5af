"""Default encryption of a bucket: S3 managed keys (``AES256``), the one that AWS applies by itself.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-bucket-encryption.html
"""

from penstock.errors import AwsError
from penstock.server import Call, Params, operation
from penstock.services.s3.arns import bucket_arn
from penstock.services.s3.buckets.bucket import requested_bucket
from penstock.services.s3.buckets.errors import not_implemented
from penstock.services.s3.buckets.payload import payload
from penstock.services.s3.buckets.settings import put_setting, setting
from penstock.services.s3.errors import malformed_xml
from penstock.services.s3.state import S3State
from penstock.store import ReadTx, Tx

_SETTING = "bucket_key"  # all that one can choose


@operation("GetBucketEncryption", action="s3:GetEncryptionConfiguration", resource=bucket_arn)
async def get_bucket_encryption(s3: S3State, call: Call, params: Params) -> Params:
    """Returns the one rule."""
    bucket_key = await s3.store.read(_bucket_key, call, params)
    rule = {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
        "BucketKeyEnabled": bucket_key,
    }
    return {"ServerSideEncryptionConfiguration": {"Rules": [rule]}}


@operation("PutBucketEncryption", action="s3:PutEncryptionConfiguration", resource=bucket_arn)
async def put_bucket_encryption(s3: S3State, call: Call, params: Params) -> None:
    """Returns for ``AES256``; keys of KMS are not implemented."""
    rules = payload(call, params, "ServerSideEncryptionConfiguration").get("Rules") or []
    if len(rules) != 1:
        raise malformed_xml()
    default = rules[0].get("ApplyServerSideEncryptionByDefault") or {"SSEAlgorithm": "AES256"}
    if default.get("SSEAlgorithm") != "AES256":
        raise not_implemented("Default encryption other than AES256 is not implemented")
    if default.get("KMSMasterKeyID"):
        message = (
            "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse"
        )
        raise AwsError("InvalidArgument", message, status=400)
    await s3.store.write(_put, call, params, bool(rules[0].get("BucketKeyEnabled")))


@operation("DeleteBucketEncryption", action="s3:PutEncryptionConfiguration", resource=bucket_arn)
async def delete_bucket_encryption(s3: S3State, call: Call, params: Params) -> None:
    """Returns when the default holds again, which is the same."""
    await s3.store.write(_put, call, params, None)


def encryption_was_put(tx: ReadTx, call: Call, params: Params) -> bool:
    """Returns whether the bucket's owner has chosen the encryption, and not deleted that since."""
    return setting(tx, requested_bucket(tx, call, params), _SETTING, None) is not None


def _bucket_key(tx: ReadTx, call: Call, params: Params) -> bool:
    return bool(setting(tx, requested_bucket(tx, call, params), _SETTING, False))


def _put(tx: Tx, call: Call, params: Params, bucket_key: bool | None) -> None:
    put_setting(tx, requested_bucket(tx, call, params), _SETTING, bucket_key)
