"""Who may touch an object: actions by version, condition keys.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
"""

from collections.abc import Mapping

from penstock.errors import AwsError
from penstock.server import Call, Params
from penstock.services.s3.buckets.bucket import find_bucket
from penstock.services.s3.objects.object import current_object, find_version
from penstock.services.s3.objects.tags import parse_tag_header
from penstock.services.s3.state import S3State
from penstock.store import ReadTx

Context = dict[str, str | list[str]]

_WRITE_KEYS = (
    ("ACL", "s3:x-amz-acl"),
    ("StorageClass", "s3:x-amz-storage-class"),
    ("ServerSideEncryption", "s3:x-amz-server-side-encryption"),
    ("CopySource", "s3:x-amz-copy-source"),
    ("MetadataDirective", "s3:x-amz-metadata-directive"),
    ("IfNoneMatch", "s3:if-none-match"),
    ("IfMatch", "s3:if-match"),
)
_WRITE_MEMBERS = {"Tagging", *(member for member, _ in _WRITE_KEYS)}


def arn_of(bucket: str, key: str) -> str:
    """Returns the ARN of an object."""
    return f"arn:aws:s3:::{bucket}/{key}"


def write_context(s3: S3State, call: Call, params: Params) -> Context:
    """Returns the condition keys of a write."""
    if params.keys().isdisjoint(_WRITE_MEMBERS):
        return {}
    context: Context = {key: params[member] for member, key in _WRITE_KEYS if member in params}
    if tagging := params.get("Tagging"):
        context |= requested_tags(parse_tag_header(tagging))
    return context


def requested_tags(tags: Mapping[str, str]) -> Context:
    """Returns the condition keys of tags that a request would set."""
    context: Context = {f"s3:RequestObjectTag/{key}": value for key, value in tags.items()}
    return context | {"s3:RequestObjectTagKeys": list(tags)}


async def authorize_object(
    s3: S3State, call: Call, params: Params, verb: str, noun: str = "", asked: Context | None = None
) -> None:
    """Returns when the caller may ``s3:{verb}Object{noun}``, or ``…ObjectVersion…`` of a named version.

    ``asked`` are the condition keys of what the request would do with it.
    """
    version = params.get("VersionId")
    context = await s3.store.read(_existing_tags, call, params)
    if asked:
        context |= asked
    if version is not None:
        context["s3:VersionId"] = version
    subject = "Object" if version is None else "ObjectVersion"
    await call.authorize(f"s3:{verb}{subject}{noun}", arn_of(params["Bucket"], params["Key"]), context)


async def authorize_tags(call: Call, params: Params, tags: Mapping[str, str]) -> None:
    """Returns when the caller may set ``tags``, which are some, with the object that it writes."""
    arn = arn_of(params["Bucket"], params["Key"])
    await call.authorize("s3:PutObjectTagging", arn, requested_tags(tags))


def _existing_tags(tx: ReadTx, call: Call, params: Params) -> Context:
    bucket = find_bucket(tx, params["Bucket"])
    if bucket is not None:
        call.seen.setdefault(bucket.name, bucket.identity)  # whose tags these are is part of the decision
    if bucket is None or (bucket.policy is None and call.principal.kind == "root"):
        return {}  # no policy will ask
    key, version = params["Key"], params.get("VersionId")
    if version is None:
        found = current_object(tx, bucket.id, key)
    else:
        found = find_version(tx, bucket.id, key, version)
    tags = found.meta.tags if found else {}
    return {f"s3:ExistingObjectTag/{name}": value for name, value in tags.items()}


async def hide_missing(call: Call, bucket: str, error: AwsError) -> AwsError:
    """Returns ``error`` when the caller may know that the key is missing, which takes ``s3:ListBucket``.

    Without that AWS answers AccessDenied, as does this.
    """
    if error.code in ("NoSuchKey", "NoSuchVersion"):
        await call.authorize("s3:ListBucket", f"arn:aws:s3:::{bucket}")
    return error
