"""With which key a write encrypts, and getting at the key that opens what was encrypted.

A write says it in its headers; else the bucket's default does. KMS is asked on behalf of whoever makes the request.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html
"""

from base64 import b64decode, b64encode

from penstock.server import Call, Params
from penstock.services.customer_keys import CustomerKeys, KeyRefusal, KeyUser
from penstock.services.s3.buckets.bucket import Bucket, requested_bucket
from penstock.services.s3.buckets.encryption import DefaultKey, default_key
from penstock.services.s3.errors import invalid_argument, key_refused
from penstock.services.s3.objects.customer_key import customer_key, seal_secret
from penstock.services.s3.objects.encryption import BodyKey, Encryption, Kind
from penstock.services.s3.objects.encryption_headers import own_context
from penstock.services.s3.state import S3State
from penstock.store import ReadTx, Tx

_AWS_MANAGED = "alias/aws/s3"
_ARN = "aws:s3:arn"


async def key_for(s3: S3State, call: Call, params: Params) -> BodyKey | None:
    """Returns the key that a body on its way in is to be encrypted with; None when S3's own does; AwsError."""
    if not await s3.store.read(_is_wanted, call, params):
        return None
    return await s3.store.write(_make_for, s3.keys, call, params)


def make_key(tx: Tx, keys: CustomerKeys, call: Call, bucket: Bucket, params: Params) -> BodyKey | None:
    """Returns a new key for the body of a write to the bucket; None when S3's own encrypts it; AwsError."""
    if (given := customer_key(params)) is not None:
        secret = tx.ids.bytes(32)
        blob = b64encode(seal_secret(given.key, tx.ids, secret)).decode()
        return BodyKey(secret, Encryption(Kind.CUSTOMER, given.md5, blob))
    wanted = _wanted(tx, bucket, params)
    if wanted is None:
        return None
    _check_caller(call)
    place = bucket.arn if wanted.bucket_key else f"{bucket.arn}/{params['Key']}"
    context = {**own_context(params), _ARN: place}
    try:
        made = keys.keeper.generate_data_key(tx, _user(call, bucket), wanted.name or _AWS_MANAGED, context)
    except KeyRefusal as refusal:
        raise key_refused(refusal) from None
    blob = b64encode(made.blob).decode()
    return BodyKey(made.secret, Encryption(Kind.KMS, made.key_arn, blob, context, wanted.bucket_key))


def open_key(tx: ReadTx, keys: CustomerKeys, call: Call, bucket: Bucket, encryption: Encryption) -> bytes:
    """Returns the data key of what a key of KMS encrypts, for a caller who may use that; AwsError."""
    _check_caller(call)
    try:
        blob = b64decode(encryption.blob)
        return keys.keeper.decrypt(tx, _user(call, bucket), blob, encryption.context)
    except KeyRefusal as refusal:
        raise key_refused(refusal) from None


def _make_for(tx: Tx, keys: CustomerKeys, call: Call, params: Params) -> BodyKey | None:
    return make_key(tx, keys, call, requested_bucket(tx, call, params), params)


def _is_wanted(tx: ReadTx, call: Call, params: Params) -> bool:
    if params.get("SSECustomerAlgorithm") is not None:
        return True
    return _wanted(tx, requested_bucket(tx, call, params), params) is not None


def _wanted(tx: ReadTx, bucket: Bucket, params: Params) -> DefaultKey | None:
    """Returns which of KMS's keys the write asks for, or the bucket's default for it."""
    asked, default = params.get("ServerSideEncryption"), default_key(tx, bucket)
    if asked is None:
        found = default
    elif asked == Kind.KMS:
        found = DefaultKey(params.get("SSEKMSKeyId"), bucket_key=default is not None and default.bucket_key)
    else:
        found = None
    if found is not None and (wanted := params.get("BucketKeyEnabled")) is not None:
        return found._replace(bucket_key=wanted)
    return found


def _user(call: Call, bucket: Bucket) -> KeyUser:
    return KeyUser(call.principal, "s3", call.account, bucket.region)


def _check_caller(call: Call) -> None:
    """Returns when the request says who makes it in the way that AWS wants for keys of KMS."""
    if call.principal.kind == "anonymous" or (call.signing and call.signing.version == "AWS"):
        raise invalid_argument(
            "Requests specifying Server Side Encryption with AWS KMS managed keys require AWS Signature Version 4.",
            "Authorization",
            "null",
        )
