"""Who may touch an object: actions by version, condition keys.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
"""

from typing import TYPE_CHECKING

from penstock.errors import AwsError
from penstock.server import Call, Params
from penstock.services.s3.tags import parse_tag_header

if TYPE_CHECKING:
    from penstock.services.s3.service import S3

_WRITE_KEYS = (
    ("ACL", "s3:x-amz-acl"),
    ("StorageClass", "s3:x-amz-storage-class"),
    ("ServerSideEncryption", "s3:x-amz-server-side-encryption"),
    ("CopySource", "s3:x-amz-copy-source"),
    ("MetadataDirective", "s3:x-amz-metadata-directive"),
    ("IfNoneMatch", "s3:if-none-match"),
    ("IfMatch", "s3:if-match"),
)


def arn_of(bucket: str, key: str) -> str:
    """Returns the ARN of an object."""
    return f"arn:aws:s3:::{bucket}/{key}"


def write_context(s3: "S3", call: Call, params: Params) -> dict[str, str]:
    """Returns the condition keys of a write."""
    context = {key: params[member] for member, key in _WRITE_KEYS if member in params}
    if tagging := params.get("Tagging"):
        tags = parse_tag_header(tagging)
        context |= {f"s3:RequestObjectTag/{key}": value for key, value in tags.items()}
    return context


async def authorize_object(call: Call, params: Params, verb: str, noun: str = "") -> None:
    """Returns when the caller may ``s3:{verb}Object{noun}``, or ``…ObjectVersion…`` of a named version."""
    version = params.get("VersionId")
    arn = arn_of(params["Bucket"], params["Key"])
    if version is None:
        await call.authorize(f"s3:{verb}Object{noun}", arn)
    else:
        await call.authorize(f"s3:{verb}ObjectVersion{noun}", arn, {"s3:VersionId": version})


async def hide_missing(call: Call, bucket: str, error: AwsError) -> AwsError:
    """Returns ``error`` when the caller may know that the key is missing, which takes ``s3:ListBucket``.

    Without that AWS answers AccessDenied, as does this.
    """
    if error.code in ("NoSuchKey", "NoSuchVersion"):
        await call.authorize("s3:ListBucket", f"arn:aws:s3:::{bucket}")
    return error
