"""GetObjectTagging, PutObjectTagging and DeleteObjectTagging.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html
"""

from penstock.errors import AwsError
from penstock.server import Call, Params, operation
from penstock.services.s3.errors import malformed_xml, marker_not_allowed, no_such_key
from penstock.services.s3.files import Files
from penstock.services.s3.objects.authorize import authorize_object, hide_missing, requested_tags
from penstock.services.s3.objects.body import check_content
from penstock.services.s3.objects.cause import Cause
from penstock.services.s3.objects.get import Found, find
from penstock.services.s3.objects.tags import checked_tags
from penstock.services.s3.objects.writing import Versions
from penstock.services.s3.state import S3State
from penstock.store import ReadTx, Tx


@operation("GetObjectTagging", action=None)
async def get_object_tagging(s3: S3State, call: Call, params: Params) -> Params:
    """Returns the tags of an object version."""
    await authorize_object(s3, call, params, "Get", "Tagging")
    try:
        found = await s3.store.read(_find_tagged, call, params, "GET")
    except AwsError as error:
        raise await hide_missing(call, params["Bucket"], error) from None
    tags = found.object.meta.tags
    return {
        "TagSet": [{"Key": key, "Value": tags[key]} for key in sorted(tags)],
        **found.version_member(),
    }


@operation("PutObjectTagging", action=None)
async def put_object_tagging(s3: S3State, call: Call, params: Params) -> Params:
    """Replaces the tags of an object version."""
    tag_set = params["Tagging"].get("TagSet") or []
    asked = {tag.get("Key", ""): tag.get("Value", "") for tag in tag_set}
    await authorize_object(s3, call, params, "Put", "Tagging", requested_tags(asked))
    check_content(call)
    if any("Key" not in tag or "Value" not in tag for tag in tag_set):
        raise malformed_xml()
    tags = checked_tags((tag["Key"], tag["Value"]) for tag in tag_set)
    found = await s3.store.write(_put_tags, s3.files, call, params, tags, "PUT")
    return {**found.version_member()}


@operation("DeleteObjectTagging", action=None)
async def delete_object_tagging(s3: S3State, call: Call, params: Params) -> Params:
    """Takes every tag off an object version."""
    await authorize_object(s3, call, params, "Delete", "Tagging")
    found = await s3.store.write(_put_tags, s3.files, call, params, {}, "DELETE")
    return {**found.version_member()}


def _find_tagged(tx: ReadTx, call: Call, params: Params, method: str) -> Found:
    """Returns the version whose tags are meant.

    As recorded from AWS: a delete marker answers 405 also when it is not named, and ``NoSuchKey`` names the bucket.
    """
    try:
        return find(tx, call, params, method)
    except AwsError as error:
        if error.code != "NoSuchKey":
            raise
        if error.headers:
            raise marker_not_allowed(method, error.headers) from None
        raise no_such_key(f"{params['Bucket']}/{params['Key']}") from None


def _put_tags(tx: Tx, files: Files, call: Call, params: Params, tags: dict[str, str], method: str) -> Found:
    found = _find_tagged(tx, call, params, method)
    meta = found.object.meta
    meta.tags = tags
    cause = Cause.of(call, f"ObjectTagging:{method.capitalize()}")
    Versions(tx, files, found.bucket, cause).put_meta(found.object, meta)
    return found
