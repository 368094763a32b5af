"""What differs between services in how their clients sign, and in whose words they are refused."""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from urllib.parse import quote, unquote_to_bytes

from penstock.access.sigv4.canonical import EMPTY_SHA256, UNSIGNED, normalised
from penstock.access.wording import REST_XML, Wording
from penstock.errors import AwsError

STREAMING_SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
STREAMING_SIGNED_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
STREAMING_UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"

_STREAMING = (STREAMING_UNSIGNED_TRAILER, STREAMING_SIGNED, STREAMING_SIGNED_TRAILER)
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


class Style(ABC):
    """One way of signing with version 4.

    ``states_payload``: the request states the hash of its body, which can therefore be read and checked later.
    """

    states_payload: bool
    needs_expiry: bool
    presigned_payload: str

    def __init__(self, words: Wording) -> None:
        self.words = words

    @abstractmethod
    def sent_path(self, path: str) -> str:
        """Returns the canonical URI of a client that signs the path as it sends it."""

    @abstractmethod
    def encoded_path(self, path: str) -> str:
        """Returns the canonical URI of a client that signs the path encoded AWS's way, however it sends it."""

    @abstractmethod
    def stated_hash(self, headers: Mapping[str, str]) -> str | None:
        """Returns the ``x-amz-content-sha256`` of a signed request; AwsError when one is needed and is none."""

    @abstractmethod
    def presigned_hash(self, headers: Mapping[str, str], parameters: Mapping[str, str]) -> str | None:
        """Returns the same of a presigned request, whose URL may state it."""


class V4(Style):
    """Most services: the path encoded once more, and the hash of the body itself."""

    states_payload = False
    needs_expiry = False
    presigned_payload = EMPTY_SHA256

    def sent_path(self, path: str) -> str:
        return path if path == "/" else quote(normalised(path), safe="/~")

    def encoded_path(self, path: str) -> str:
        return quote(quote(unquote_to_bytes(normalised(path)), safe="/~"), safe="/~")

    def stated_hash(self, headers: Mapping[str, str]) -> str | None:
        return headers.get("x-amz-content-sha256")

    def presigned_hash(self, headers: Mapping[str, str], parameters: Mapping[str, str]) -> str | None:
        return headers.get("x-amz-content-sha256") or parameters.get("X-Amz-Content-Sha256")


class S3V4(Style):
    """Object storage: the path as it is, whatever its segments, and a hash that the client states."""

    states_payload = True
    needs_expiry = True
    presigned_payload = UNSIGNED

    def sent_path(self, path: str) -> str:
        return path or "/"

    def encoded_path(self, path: str) -> str:
        return quote(unquote_to_bytes(path or "/"), safe="/~")

    def stated_hash(self, headers: Mapping[str, str]) -> str | None:
        value = headers.get("x-amz-content-sha256")
        return value if value is not None and _SHA256.fullmatch(value) else _checked(value)

    def presigned_hash(self, headers: Mapping[str, str], parameters: Mapping[str, str]) -> str | None:
        stated = headers.get("x-amz-content-sha256") or parameters.get("X-Amz-Content-Sha256")
        return _checked(stated or UNSIGNED)


OBJECTS = S3V4(REST_XML)
"""Amazon S3's style."""


def style_of(signature_version: str, words: Wording) -> Style:
    """Returns the style of a service by the ``signatureVersion`` of its model."""
    return S3V4(words) if signature_version in ("s3", "s3v4") else V4(words)


def _checked(value: str | None) -> str:
    if value is None:
        text = "Missing required header for this request: x-amz-content-sha256"
        raise AwsError("InvalidRequest", text, status=400)
    if value == UNSIGNED or value in _STREAMING or _SHA256.fullmatch(value):
        return value
    text = f"x-amz-content-sha256 must be {', '.join((UNSIGNED, *_STREAMING))} or a valid sha256 value."
    raise AwsError(
        "InvalidArgument", text, status=400, ArgumentName="x-amz-content-sha256", ArgumentValue=value
    )
