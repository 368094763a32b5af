"""What a write says of its encryption, and what of that contradicts itself.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/specifying-kms-encryption.html
"""

import binascii
from base64 import b64decode

import orjson

from penstock.errors import AwsError
from penstock.server import Params
from penstock.services.s3.errors import invalid_argument, not_implemented
from penstock.services.s3.objects.customer_key import customer_key
from penstock.services.s3.objects.encryption import MANAGED, Kind

_HEADER = "x-amz-server-side-encryption"
_CONTEXT_BYTES = 8192


def check_encryption(params: Params) -> None:
    """Returns when the request's headers go together, and are such as can be done; AwsError."""
    algorithm = params.get("ServerSideEncryption")
    if algorithm is not None and algorithm not in (MANAGED, Kind.KMS):
        if algorithm.startswith("aws:"):
            raise not_implemented(_HEADER)
        raise invalid_argument("The encryption method specified is not supported", _HEADER, algorithm)
    if customer_key(params) is not None and algorithm is not None:
        message = (
            "Server Side Encryption with Customer provided key is incompatible with the encryption method "
            "specified"
        )
        raise invalid_argument(message, _HEADER, algorithm)
    if algorithm == Kind.KMS:
        own_context(params)
    elif "SSEKMSKeyId" in params or "SSEKMSEncryptionContext" in params:
        raise invalid_argument(
            "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : "
            "aws:kms",
            _HEADER,
            algorithm,
        )


def own_context(params: Params) -> dict[str, str]:
    """Returns the encryption context that the client gives, to which S3 adds the object; AwsError."""
    text = params.get("SSEKMSEncryptionContext")
    if text is None:
        return {}
    try:
        context = orjson.loads(b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        raise _no_context(text) from None
    if len(text) > _CONTEXT_BYTES or not _is_context(context):
        raise _no_context(text)
    return dict(context)


def _is_context(context: object) -> bool:
    return isinstance(context, dict) and all(isinstance(value, str) for value in context.values())


def _no_context(text: str) -> AwsError:
    message = (
        "The header 'x-amz-server-side-encryption-context' shall be Base64-encoded UTF-8 string holding JSON which "
        "represents a string-string map"
    )
    return invalid_argument(message, f"{_HEADER}-context", text)
