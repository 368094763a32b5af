"""The condition keys of making a bucket.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
"""

from penstock.access import Keys
from penstock.server import Params, tag_keys

_MEMBERS = (
    ("ACL", "s3:x-amz-acl"),
    ("GrantFullControl", "s3:x-amz-grant-full-control"),
    ("GrantRead", "s3:x-amz-grant-read"),
    ("GrantReadACP", "s3:x-amz-grant-read-acp"),
    ("GrantWrite", "s3:x-amz-grant-write"),
    ("GrantWriteACP", "s3:x-amz-grant-write-acp"),
    ("ObjectOwnership", "s3:x-amz-object-ownership"),
    ("BucketNamespace", "s3:x-amz-bucket-namespace"),
)


def creation_keys(params: Params) -> Keys:
    """Returns what a new bucket is asked to be: its region, its lists of grants, its tags."""
    configuration = params.get("CreateBucketConfiguration") or {}
    keys: Keys = {key: params[member] for member, key in _MEMBERS if member in params}
    if region := configuration.get("LocationConstraint"):
        keys["s3:locationconstraint"] = region
    return keys | creation_tag_keys(params)


def creation_tag_keys(params: Params) -> Keys:
    """Returns the tags that a new bucket is to have; nothing when there are none."""
    configuration = params.get("CreateBucketConfiguration") or {}
    return tag_keys({tag.get("Key") or "": tag.get("Value") or "" for tag in configuration.get("Tags") or []})
