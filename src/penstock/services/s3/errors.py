"""S3's error answers.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from base64 import b64encode
from typing import Any

from penstock.errors import AwsError


def no_such_bucket(name: str) -> AwsError:
    """The bucket is not there."""
    return AwsError("NoSuchBucket", "The specified bucket does not exist", status=404, BucketName=name)


def invalid_owner(expected: str) -> AwsError:
    """The expected owner of a bucket is no account's number."""
    message = f"The value of the expected bucket owner parameter must be an AWS Account ID... [{expected}]"
    return AwsError("InvalidBucketOwnerAWSAccountID", message, status=400)


def no_such_key(key: str, headers: dict[str, str] | None = None) -> AwsError:
    """The object is not there; ``headers`` tell when a delete marker hides it."""
    return AwsError("NoSuchKey", "The specified key does not exist.", status=404, headers=headers, Key=key)


def no_such_version(key: str, version: str) -> AwsError:
    """That version of the object is not there."""
    return AwsError(
        "NoSuchVersion", "The specified version does not exist.", status=404, Key=key, VersionId=version
    )


def invalid_version_id(version: str) -> AwsError:
    """The text is no version id that S3 could have given."""
    if not version:
        return invalid_argument("Version id cannot be the empty string", "versionId", "")
    return invalid_argument("Invalid version id specified", "versionId", version)


def marker_not_allowed(method: str, headers: dict[str, str]) -> AwsError:
    """A delete marker has nothing to read."""
    return AwsError(
        "MethodNotAllowed",
        "The specified method is not allowed against this resource.",
        status=405,
        headers=headers,
        Method=method,
        ResourceType="DeleteMarker",
    )


def invalid_argument(message: str, name: str, value: object, **fields: Any) -> AwsError:
    """An argument cannot be used; ``name`` and ``value`` tell which. Of some S3 does not show the value (None)."""
    if value is not None:
        fields = {"ArgumentValue": str(value), **fields}
    return AwsError("InvalidArgument", message, status=400, ArgumentName=name, **fields)


def invalid_request(message: str) -> AwsError:
    """The request contradicts itself or the bucket's settings."""
    return AwsError("InvalidRequest", message, status=400)


def access_denied(message: str = "Access Denied") -> AwsError:
    """The caller may not do it."""
    return AwsError("AccessDenied", message, status=403)


def key_refused(refusal: AwsError) -> AwsError:
    """KMS did not let the object's key be used."""
    if refusal.code == "AccessDeniedException":
        return access_denied(refusal.message)
    return AwsError(f"KMS.{refusal.code}", refusal.message, status=400)


def unsupported_algorithm() -> AwsError:
    """There is no such checksum algorithm."""
    return invalid_request(
        "Checksum algorithm provided is unsupported. Please try again with any of the valid types: "
        "[CRC32, CRC32C, CRC64NVME, SHA1, SHA256]"
    )


def not_implemented(header: str, message: str = "", **fields: Any) -> AwsError:
    """A header asks for something that is not here."""
    text = message or "A header you provided implies functionality that is not implemented"
    return AwsError("NotImplemented", text, status=501, Header=header, **fields)


def key_too_long(size: int, limit: int) -> AwsError:
    """The key has more bytes than S3 takes."""
    return AwsError("KeyTooLongError", "Your key is too long", status=400, Size=size, MaxSizeAllowed=limit)


def entity_too_large(size: int, limit: int) -> AwsError:
    """The body is announced larger than one request may carry."""
    message = "Your proposed upload exceeds the maximum allowed size"
    return AwsError("EntityTooLarge", message, status=400, ProposedSize=size, MaxSizeAllowed=limit)


def missing_content_length() -> AwsError:
    """The client did not say how much it sends."""
    message = "You must provide the Content-Length HTTP header."
    return AwsError("MissingContentLength", message, status=411)


def metadata_too_large(size: int, limit: int) -> AwsError:
    """User or system metadata, names and values together, are too large."""
    message = "Your metadata headers exceed the maximum allowed metadata size"
    return AwsError("MetadataTooLarge", message, status=400, Size=size, MaxSizeAllowed=limit)


def invalid_digest(value: str) -> AwsError:
    """Content-MD5 is not the Base64 of 16 bytes."""
    field: dict[str, Any] = {"Content-MD5": value}
    return AwsError("InvalidDigest", "The Content-MD5 you specified was invalid.", status=400, **field)


def bad_md5(expected: bytes, calculated: bytes) -> AwsError:
    """The body that arrived is not the one that was announced; S3 shows only that digest in hexadecimal."""
    message = "The Content-MD5 you specified did not match what we received."
    shown = b64encode(calculated).decode()
    return AwsError("BadDigest", message, status=400, ExpectedDigest=expected.hex(), CalculatedDigest=shown)


def bad_checksum(algorithm: str) -> AwsError:
    """The body that arrived does not have the checksum that came with it."""
    message = f"The {algorithm} you specified did not match the calculated checksum."
    return AwsError("BadDigest", message, status=400)


def bad_part_checksum(algorithm: str, number: int) -> AwsError:
    """A part comes with a checksum of another algorithm than the upload's."""
    message = f"The {algorithm} you specified for part {number} did not match what we received."
    return AwsError("BadDigest", message, status=400)


def precondition_failed(condition: str) -> AwsError:
    """A condition of the request does not hold; ``condition`` is the header."""
    message = "At least one of the pre-conditions you specified did not hold"
    return AwsError("PreconditionFailed", message, status=412, Condition=condition)


def write_conflict(condition: str, key: str) -> AwsError:
    """The key has changed since the upload began, so that the condition ``condition`` cannot be judged."""
    message = "The conditional request cannot succeed due to a conflicting operation against this resource."
    return AwsError("ConditionalRequestConflict", message, status=409, Condition=condition, Key=key)


def not_modified(headers: dict[str, str]) -> AwsError:
    """The caller's copy is still good."""
    return AwsError("NotModified", "Not Modified", status=304, headers=headers)


def invalid_range(requested: str, size: int) -> AwsError:
    """The range starts past the end."""
    message = "The requested range is not satisfiable"
    headers = {"Content-Range": f"bytes */{size}"}
    return AwsError(
        "InvalidRange", message, status=416, headers=headers, RangeRequested=requested, ActualObjectSize=size
    )


def invalid_part_number(number: int, count: int) -> AwsError:
    """The object has fewer parts."""
    message = "The requested partnumber is not satisfiable"
    return AwsError(
        "InvalidPartNumber", message, status=416, PartNumberRequested=number, ActualPartCount=count
    )


def invalid_storage_class(requested: str) -> AwsError:
    """There is no such storage class here."""
    message = "The storage class you specified is not valid"
    return AwsError("InvalidStorageClass", message, status=400, StorageClassRequested=requested)


def acl_not_supported() -> AwsError:
    """Buckets own their objects, so access control lists are off."""
    return AwsError("AccessControlListNotSupported", "The bucket does not allow ACLs", status=400)


def malformed_xml() -> AwsError:
    """The document breaks the published schema."""
    message = "The XML you provided was not well-formed or did not validate against our published schema"
    return AwsError("MalformedXML", message, status=400)


def invalid_tag(message: str, **fields: Any) -> AwsError:
    """A tag cannot be used."""
    return AwsError("InvalidTag", message, status=400, **fields)


def no_such_upload(upload: str) -> AwsError:
    """The multipart upload is not there, or no more."""
    message = (
        "The specified upload does not exist. The upload ID may be invalid, "
        "or the upload may have been aborted or completed."
    )
    return AwsError("NoSuchUpload", message, status=404, UploadId=upload)


def invalid_part(upload: str, number: int, etag: str) -> AwsError:
    """A part that the caller lists was not uploaded so."""
    message = (
        "One or more of the specified parts could not be found.  The part may not have been uploaded, "
        "or the specified entity tag may not match the part's entity tag."
    )
    return AwsError("InvalidPart", message, status=400, UploadId=upload, PartNumber=number, ETag=etag)


def invalid_part_order(upload: str) -> AwsError:
    """The caller's list of parts does not ascend."""
    message = "The list of parts was not in ascending order. Parts must be ordered by part number."
    return AwsError("InvalidPartOrder", message, status=400, UploadId=upload)


def entity_too_small(size: int, limit: int, number: int, etag: str) -> AwsError:
    """A part other than the last is too small."""
    message = "Your proposed upload is smaller than the minimum allowed size"
    return AwsError(
        "EntityTooSmall",
        message,
        status=400,
        ProposedSize=size,
        MinSizeAllowed=limit,
        PartNumber=number,
        ETag=etag,
    )
