"""What a write stores with the object: system headers, user metadata, tags, and what it must refuse.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
"""

import re
from base64 import b64decode, b64encode
from binascii import a2b_qp

from penstock.errors import AwsError
from penstock.server import Params
from penstock.services.s3 import limits
from penstock.services.s3.errors import (
    acl_not_supported,
    invalid_argument,
    invalid_request,
    invalid_storage_class,
    key_too_long,
    metadata_too_large,
    not_implemented,
)
from penstock.services.s3.objects.checksums import ALGORITHMS
from penstock.services.s3.objects.encryption_headers import check_encryption
from penstock.services.s3.objects.object import Meta
from penstock.services.s3.objects.tags import parse_tag_header

_NO_TYPE = "binary/octet-stream"
_SHORT = 256  # far below what all system headers together may have
_ENCODED_WORD = re.compile(r"=\?[Uu][Tt][Ff]-8\?([BbQq])\?([!->@-~]*)\?=")
_PLAIN_HEADERS = (
    "CacheControl",
    "ContentDisposition",
    "ContentLanguage",
    "Expires",
    "WebsiteRedirectLocation",
)
_STORAGE_CLASSES = frozenset(
    ("STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR")
)
_ARCHIVES = frozenset(("GLACIER", "DEEP_ARCHIVE"))
_ACLS_ALLOWED = frozenset(("private", "bucket-owner-full-control"))
_ACLS = frozenset(
    ("public-read", "public-read-write", "authenticated-read", "aws-exec-read", "bucket-owner-read")
)
_PLAIN = {
    "Bucket",
    "Key",
    "ContentLength",
    "ContentType",
    "Metadata",
    "ContentMD5",
    "Body",
    "ChecksumAlgorithm",
}
_PLAIN |= {algorithm.member for algorithm in ALGORITHMS.values()}
"""What needs no look at each header that might have to be refused: most writes bring nothing else."""
_REFUSED = {
    "WriteOffsetBytes": "x-amz-write-offset-bytes",
}


def object_meta(params: Params) -> Meta:
    """Returns what the request stores with the object; AwsError for what cannot be stored or done."""
    if params.keys() <= _PLAIN and len(params.get("ContentType", "")) < _SHORT:
        meta = Meta({"ContentType": params.get("ContentType") or _NO_TYPE})
    else:
        refuse(params)
        meta = Meta(object_headers(params))
    if user := params.get("Metadata"):
        _add_user_metadata(meta, user)
    if tagging := params.get("Tagging"):
        meta.tags = parse_tag_header(tagging)
    return meta


def object_headers(params: Params) -> dict[str, str]:
    """Returns the system headers to store, under AWS's member names."""
    headers = {"ContentType": params.get("ContentType") or _NO_TYPE}
    if encoding := params.get("ContentEncoding"):
        kept = [token for token in encoding.split(",") if token.strip() and token.strip() != "aws-chunked"]
        if kept:
            headers["ContentEncoding"] = ",".join(kept).strip()
    for name in _PLAIN_HEADERS:
        if value := params.get(name):
            headers[name] = value
    if (storage_class := params.get("StorageClass", "STANDARD")) != "STANDARD":
        headers["StorageClass"] = storage_class
    if (size := sum(map(len, headers)) + sum(map(len, headers.values()))) > limits.SYSTEM_METADATA_BYTES:
        raise metadata_too_large(size, limits.SYSTEM_METADATA_BYTES)
    return headers


def refuse(params: Params) -> None:
    """Returns when every header can be honoured; else raises the AwsError that S3 or Penstock has for it."""
    for member, header in _REFUSED.items():
        if params.get(member) is not None:
            raise not_implemented(header)
    if any(member.startswith("ObjectLock") for member in params):
        raise invalid_request("Bucket is missing Object Lock Configuration")
    if any(member.startswith("Grant") for member in params):
        raise acl_not_supported()
    _check_acl(params.get("ACL"))
    check_encryption(params)
    _check_storage_class(params.get("StorageClass"))
    _check_redirect(params.get("WebsiteRedirectLocation"))


def _check_acl(acl: str | None) -> None:
    if acl is None or acl in _ACLS_ALLOWED:
        return
    raise acl_not_supported() if acl in _ACLS else invalid_argument("", "x-amz-acl", acl)


def _check_storage_class(storage_class: str | None) -> None:
    if storage_class is None or storage_class in _STORAGE_CLASSES:
        return
    raise _archive(storage_class) if storage_class in _ARCHIVES else invalid_storage_class(storage_class)


def _archive(storage_class: str) -> AwsError:
    # An archived object is read after RestoreObject, which is not here: it could never be read again.
    return not_implemented("x-amz-storage-class", f"The storage class {storage_class} is not implemented")


def _check_redirect(location: str | None) -> None:
    if location and not location.startswith(("/", "http://", "https://")):
        message = "The website redirect location must have a prefix of 'http://' or 'https://' or '/'."
        raise AwsError("InvalidRedirectLocation", message, status=400)


def _add_user_metadata(meta: Meta, user: dict[str, str]) -> None:
    size = 0
    for name, value in user.items():
        size += len(name.encode()) + len(value.encode())
        shown = encode_value(value)
        if shown is None:
            meta.missing += 1
        else:
            meta.user[name.lower()] = shown
    if size > limits.USER_METADATA_BYTES:
        raise metadata_too_large(size, limits.USER_METADATA_BYTES)


def encode_value(value: str) -> str | None:
    """Returns user metadata as S3 shows it: RFC 2047 outside ASCII, None when it has control characters.

    What comes as a word of RFC 2047 already is shown decoded if it is ASCII, else with the encoding Q.
    S3 reads ``ÄMÄZÕÑ S3``, sent in UTF-8, as Latin-1, and shows ``=?UTF-8?B?w4PChE3Dg8KEWsODwpXDg8KRIFMz?=``.
    """
    if (word := _ENCODED_WORD.fullmatch(value)) and (decoded := _decode_word(*word.groups())) is not None:
        value = decoded
        if not value.isascii():
            return f"=?UTF-8?Q?{_quoted(value)}?="
    if value.isascii():
        return value if value.isprintable() or not value else None
    return f"=?UTF-8?B?{b64encode(value.encode()).decode()}?="


def _decode_word(encoding: str, text: str) -> str | None:
    """Returns what an encoded word of UTF-8 says, or None when it is none."""
    try:
        if encoding in "Bb":
            return b64decode(text, validate=True).decode()
        return a2b_qp(text.encode(), header=True).decode()
    except ValueError:  # binascii's and UnicodeDecodeError are such
        return None


def _quoted(value: str) -> str:
    """Returns the text of an encoded word with the encoding Q: as it is where RFC 2047 lets it."""
    return "".join(_quoted_byte(byte) for byte in value.encode())


def _quoted_byte(byte: int) -> str:
    if byte == ord(" "):
        return "_"
    return chr(byte) if 32 < byte < 127 and chr(byte) not in "=?_" else f"={byte:02X}"


def check_key(key: str) -> None:
    """Returns when the key is short enough; AwsError ``KeyTooLongError``."""
    if len(key) * 4 > limits.KEY_BYTES and (size := len(key.encode())) > limits.KEY_BYTES:
        raise key_too_long(size, limits.KEY_BYTES)
