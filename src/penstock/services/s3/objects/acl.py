"""Access control lists, which this server has disabled, as AWS has for new buckets.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
"""

from penstock.errors import AwsError
from penstock.server import Call, Params, operation
from penstock.services.s3.arns import bucket_arn
from penstock.services.s3.buckets.bucket import requested_bucket
from penstock.services.s3.buckets.errors import not_implemented
from penstock.services.s3.buckets.payload import payload
from penstock.services.s3.buckets.settings import put_setting, setting
from penstock.services.s3.errors import malformed_xml
from penstock.services.s3.objects.authorize import acl_keys, authorize_object
from penstock.services.s3.objects.get import find_object
from penstock.services.s3.owner import owner
from penstock.services.s3.state import S3State
from penstock.store import ReadTx, Tx

_ENFORCED = "BucketOwnerEnforced"


@operation("GetBucketAcl", action="s3:GetBucketAcl", resource=bucket_arn)
async def get_bucket_acl(s3: S3State, call: Call, params: Params) -> Params:
    """Returns the only list there is: everything to the owner."""
    bucket = await s3.store.read(requested_bucket, call, params)
    return owner_only(bucket.account)


@operation("PutBucketAcl", action="s3:PutBucketAcl", resource=bucket_arn, context=acl_keys)
async def put_bucket_acl(s3: S3State, call: Call, params: Params) -> None:
    """Raises AwsError ``AccessControlListNotSupported``."""
    await s3.store.read(_refuse, call, params)


@operation("GetObjectAcl", action=None)
async def get_object_acl(s3: S3State, call: Call, params: Params) -> Params:
    """Returns the only list there is, for an object that is there."""
    await authorize_object(s3, call, params, "Get", "Acl")
    found = await find_object(s3, call, params, "GET")
    return owner_only(found.bucket.account)


@operation("PutObjectAcl", action=None)
async def put_object_acl(s3: S3State, call: Call, params: Params) -> None:
    """Raises AwsError ``AccessControlListNotSupported``."""
    await authorize_object(s3, call, params, "Put", "Acl", acl_keys(s3, call, params))
    await s3.store.read(_refuse, call, params)


@operation("GetBucketOwnershipControls", action="s3:GetBucketOwnershipControls", resource=bucket_arn)
async def get_bucket_ownership_controls(s3: S3State, call: Call, params: Params) -> Params:
    """Returns ``BucketOwnerEnforced``; AwsError ``OwnershipControlsNotFoundError`` when that was deleted."""
    return await s3.store.read(_get_ownership, call, params)


@operation("PutBucketOwnershipControls", action="s3:PutBucketOwnershipControls", resource=bucket_arn)
async def put_bucket_ownership_controls(s3: S3State, call: Call, params: Params) -> None:
    """Returns for ``BucketOwnerEnforced``, which is what always holds; other values would turn lists on."""
    rules = payload(call, params, "OwnershipControls").get("Rules") or []
    if len(rules) != 1:
        raise malformed_xml()
    if rules[0].get("ObjectOwnership") != _ENFORCED:
        raise not_implemented(f"ObjectOwnership other than {_ENFORCED} is not implemented")
    await s3.store.write(_put_ownership, call, params, True)


@operation("DeleteBucketOwnershipControls", action="s3:PutBucketOwnershipControls", resource=bucket_arn)
async def delete_bucket_ownership_controls(s3: S3State, call: Call, params: Params) -> None:
    """Returns when the setting is not shown any more; lists stay disabled."""
    await s3.store.write(_put_ownership, call, params, False)


def owner_only(account: str) -> Params:
    """Returns an access control list that gives ``account`` everything and nobody else anything."""
    who = owner(account)
    grant = {"Grantee": {**who, "Type": "CanonicalUser"}, "Permission": "FULL_CONTROL"}
    return {"Owner": who, "Grants": [grant]}


def _refuse(tx: ReadTx, call: Call, params: Params) -> None:
    requested_bucket(tx, call, params)
    raise AwsError("AccessControlListNotSupported", "The bucket does not allow ACLs", status=400)


def _get_ownership(tx: ReadTx, call: Call, params: Params) -> Params:
    bucket = requested_bucket(tx, call, params)
    if not setting(tx, bucket, "ownership_controls", True):
        message = "The bucket ownership controls were not found"
        raise AwsError("OwnershipControlsNotFoundError", message, status=404, BucketName=bucket.name)
    return {"OwnershipControls": {"Rules": [{"ObjectOwnership": _ENFORCED}]}}


def _put_ownership(tx: Tx, call: Call, params: Params, shown: bool) -> None:
    put_setting(tx, requested_bucket(tx, call, params), "ownership_controls", shown)
