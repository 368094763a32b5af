"""GetObjectTagging, PutObjectTagging and DeleteObjectTagging.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html
"""

from penstock.server import Call, Params, operation
from penstock.services.s3.errors import malformed_xml
from penstock.services.s3.files import Files
from penstock.services.s3.objects.authorize import authorize_object, requested_tags
from penstock.services.s3.objects.body import check_content
from penstock.services.s3.objects.cause import Cause
from penstock.services.s3.objects.get import Found, find, find_object
from penstock.services.s3.objects.tags import checked_tags
from penstock.services.s3.objects.writing import Versions
from penstock.services.s3.state import S3State
from penstock.store import Tx


@operation("GetObjectTagging", action=None)
async def get_object_tagging(s3: S3State, call: Call, params: Params) -> Params:
    """Returns the tags of an object version."""
    await authorize_object(s3, call, params, "Get", "Tagging")
    found = await find_object(s3, call, params, "GET")
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


def _put_tags(tx: Tx, files: Files, call: Call, params: Params, tags: dict[str, str], method: str) -> Found:
    found = find(tx, call, params, method)
    meta = found.object.meta
    meta.tags = tags
    cause = Cause.of(call, f"ObjectTagging:{method.capitalize()}")
    Versions(tx, files, found.bucket, cause).put_meta(found.object, meta)
    return found
