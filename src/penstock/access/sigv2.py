"""URLs and forms presigned with signature version 2: what boto3 makes by default for S3, so users have them.

A version 2 Authorization header is refused.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html#RESTAuthenticationQueryStringAuth,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/HTTPPOSTForms.html#HTTPPOSTConstructingPolicySignature
"""

import base64
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha1
from typing import NamedTuple
from urllib.parse import parse_qsl

from penstock.access.wording import REST_XML
from penstock.errors import AwsError

# fmt: off
_SUBRESOURCES = frozenset({
    "accelerate", "acl", "cors", "defaultObjectAcl", "location", "logging", "partNumber", "policy",
    "requestPayment", "torrent", "versioning", "versionId", "versions", "website", "uploads", "uploadId",
    "response-content-type", "response-content-language", "response-expires", "response-cache-control",
    "response-content-disposition", "response-content-encoding", "delete", "lifecycle", "tagging", "restore",
    "storageClass", "notification", "replication", "analytics", "metrics", "inventory", "select", "select-type",
    "object-lock",
})
# Version 2 leaves these out of the signature and AWS takes them. Any other unsigned parameter could turn the URL into
# another operation than the one that was meant, so it is refused.
_UNSIGNED = frozenset({
    "AWSAccessKeyId", "Signature", "Expires", "content-type", "content-md5", "x-id", "prefix", "delimiter",
    "marker", "max-keys", "encoding-type", "list-type", "continuation-token", "start-after", "fetch-owner",
    "key-marker", "version-id-marker", "upload-id-marker", "max-uploads", "part-number-marker", "max-parts",
})
# fmt: on
_HEADERS = frozenset({"content-type", "content-md5"})
_MAX_EXPIRES_DIGITS = 15


@dataclass(frozen=True, slots=True)
class PresignedV2:
    """What a version 2 URL claims. ``query`` are all its parameters, decoded."""

    access_key_id: str
    signature: str
    expires: str
    session_token: str | None
    query: tuple[tuple[str, str], ...]


class SignedTextV2(NamedTuple):
    """The policy of a form, in Base64, and who is said to have signed it; ``verify`` proves it."""

    text: str
    signature: str
    access_key_id: str
    session_token: str | None

    def verify(self, secret: str) -> None:
        """Returns when ``secret`` signed the text; AwsError ``SignatureDoesNotMatch``."""
        if not hmac.compare_digest(_signed(secret, self.text), self.signature.encode()):
            raise REST_XML.mismatch(
                AWSAccessKeyId=self.access_key_id,
                StringToSign=self.text,
                SignatureProvided=self.signature,
                StringToSignBytes=self.text.encode().hex(" "),
            )


def presigned_v2(query: str) -> PresignedV2 | None:
    """Returns the claim of a version 2 URL; None when the query is no such thing. AwsError when half of it is there."""
    if "AWSAccessKeyId=" not in query:
        return None
    pairs = tuple(parse_qsl(query, keep_blank_values=True))
    found = dict(pairs)
    names = [name.lower() for name, _ in pairs if name not in _SUBRESOURCES]
    if len(names) != len(set(names)):
        text = "A query parameter that may be given once was given more than once"
        raise AwsError("AccessDenied", text, status=403)
    try:
        key, signature, expires = found["AWSAccessKeyId"], found["Signature"], found["Expires"]
    except KeyError:
        text = "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters"
        raise AwsError("AccessDenied", text, status=403) from None
    if not expires.isdecimal() or len(expires) > _MAX_EXPIRES_DIGITS:
        raise AwsError("AccessDenied", f"Invalid date (should be seconds since epoch): {expires}", status=403)
    for name in found.keys() - _SUBRESOURCES - _UNSIGNED:
        if not name.lower().startswith("x-amz-"):
            text = "There were query parameters present in the request which were not signed"
            raise AwsError("AccessDenied", text, status=403, ParametersNotSigned=name)
    for name, value in pairs:
        if name not in _UNSIGNED or name.lower() in _HEADERS:
            _check_one_reading(name, value)
    return PresignedV2(key, signature, expires, found.get("x-amz-security-token"), pairs)


def verify_v2(
    claim: PresignedV2, secret: str, method: str, path: str, headers: Mapping[str, str], now_ms: int
) -> None:
    """Returns when the URL is good and in time; AwsError ``SignatureDoesNotMatch`` or ``AccessDenied`` otherwise.

    ``path`` is path-style, as sent.
    """
    expires_ms = int(claim.expires) * 1000
    if now_ms > expires_ms:
        raise REST_XML.expired_v2(expires_ms, now_ms)
    # A bucket without a slash behind it is signed as a resource with one, by whoever signs as boto3 does.
    for signed_path in (path, f"{path}/") if path.count("/") == 1 and path != "/" else (path,):
        text = _string_to_sign(claim, method, signed_path, headers)
        if hmac.compare_digest(_signed(secret, text), claim.signature.encode()):
            return
    raise REST_XML.mismatch(
        AWSAccessKeyId=claim.access_key_id, StringToSign=text, SignatureProvided=claim.signature
    )


def _signed(secret: str, text: str) -> bytes:
    return base64.b64encode(hmac.digest(secret.encode(), text.encode(), sha1))


def _check_one_reading(name: str, value: str) -> None:
    """Returns when what is signed with ``value`` can be read in one way only; else raises AwsError.

    Version 2 signs decoded values on lines of their own: one with a line break in it, or with a further parameter,
    would sign the same text as another request, for another key.
    """
    hidden = name in _SUBRESOURCES and any(
        part.partition("=")[0] in _SUBRESOURCES for part in value.split("&")[1:]
    )
    if hidden or value != value.strip() or any(char < " " or char == "\x7f" for char in name + value):
        text = "The parameter cannot be signed by this version: it could be read in two ways."
        raise AwsError("InvalidArgument", text, status=400, ArgumentName=name, ArgumentValue=value)


def _string_to_sign(claim: PresignedV2, method: str, path: str, headers: Mapping[str, str]) -> str:
    parameters = {name.lower(): value for name, value in claim.query}
    # A header goes before a parameter of its name, here as where it is obeyed: what is signed is what is done.
    amz = {name: value for name, value in {**parameters, **headers}.items() if name.startswith("x-amz-")}
    lines = [
        method,
        headers.get("content-md5") or parameters.get("content-md5", ""),
        headers.get("content-type") or parameters.get("content-type", ""),
        claim.expires,
        *(f"{name}:{amz[name]}" for name in sorted(amz)),
        path + _signed_query(claim),
    ]
    return "\n".join(lines)


def _signed_query(claim: PresignedV2) -> str:
    signed = sorted((name, value) for name, value in claim.query if name in _SUBRESOURCES)
    text = "&".join(f"{name}={value}" if value else name for name, value in signed)
    return f"?{text}" if text else ""
