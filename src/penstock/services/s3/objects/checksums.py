"""Checksums of bodies: the ten algorithms that S3 knows, given as a header, as a trailer, or computed here.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
"""

import binascii
import hashlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, Protocol

from awscrt import checksums as crt

from penstock.errors import AwsError
from penstock.server import Params
from penstock.services.s3.errors import bad_checksum, invalid_request

FULL_OBJECT = "FULL_OBJECT"
COMPOSITE = "COMPOSITE"


class Digest(Protocol):
    """A checksum being computed."""

    def update(self, data: bytes | bytearray, /) -> None:
        """Takes more of the body."""

    def digest(self) -> bytes:
        """Returns the checksum of what was taken; call it once."""


@dataclass(frozen=True, slots=True)
class Algorithm:
    """``name`` as in ChecksumAlgorithm; ``size`` in bytes; ``combine`` joins two parts' values."""

    name: str
    size: int
    new: Callable[[], Digest]
    combine: Callable[[int, int, int], int] | None = None

    @property
    def member(self) -> str:
        """Returns the member of requests and answers: ``ChecksumCRC32``."""
        return f"Checksum{self.name}"

    @property
    def header(self) -> str:
        """Returns the header or trailer: ``x-amz-checksum-crc32``."""
        return f"x-amz-checksum-{self.name.lower()}"


class Checksum(NamedTuple):
    """A stored checksum: the algorithm's name, the Base64 value (``…-N`` when composite) and its type."""

    algorithm: str
    value: str
    type: str = FULL_OBJECT

    def members(self) -> dict[str, str]:
        """Returns what answers show of it."""
        return {f"Checksum{self.algorithm}": self.value, "ChecksumType": self.type}


class _Crc:
    """A ``Digest`` over one of awscrt's functions."""

    __slots__ = ("_function", "_size", "_value")

    def __init__(self, function: Callable[[bytes | bytearray, int], int], size: int) -> None:
        self._function = function
        self._size = size
        self._value = 0

    def update(self, data: bytes | bytearray, /) -> None:
        self._value = self._function(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(self._size)


class _XxHash:
    """A ``Digest`` over awscrt's XXHash."""

    __slots__ = ("_hash",)

    def __init__(self, new: Callable[[], crt.XXHash]) -> None:
        self._hash = new()

    def update(self, data: bytes | bytearray, /) -> None:
        self._hash.update(bytes(data))  # it takes no bytearray

    def digest(self) -> bytes:
        return bytes(self._hash.finalize())


def _md5() -> Digest:
    return hashlib.md5(usedforsecurity=False)


def _sha1() -> Digest:
    return hashlib.sha1(usedforsecurity=False)


ALGORITHMS: dict[str, Algorithm] = {
    algorithm.name: algorithm
    for algorithm in (
        Algorithm("CRC64NVME", 8, partial(_Crc, crt.crc64nvme, 8), crt.combine_crc64nvme),
        Algorithm("CRC32", 4, partial(_Crc, crt.crc32, 4), crt.combine_crc32),
        Algorithm("CRC32C", 4, partial(_Crc, crt.crc32c, 4), crt.combine_crc32c),
        Algorithm("SHA1", 20, _sha1),
        Algorithm("SHA256", 32, hashlib.sha256),
        Algorithm("SHA512", 64, hashlib.sha512),
        Algorithm("MD5", 16, _md5),
        Algorithm("XXHASH64", 8, partial(_XxHash, crt.XXHash.new_xxhash64)),
        Algorithm("XXHASH3", 8, partial(_XxHash, crt.XXHash.new_xxhash3_64)),
        Algorithm("XXHASH128", 16, partial(_XxHash, crt.XXHash.new_xxhash3_128)),
    )
}
DEFAULT = ALGORITHMS["CRC64NVME"]
"""What S3 computes when the client sends none."""

_BY_MEMBER = {algorithm.member: algorithm for algorithm in ALGORITHMS.values()}
_BY_HEADER = {algorithm.header: algorithm for algorithm in ALGORITHMS.values()}


class Announced(NamedTuple):
    """What the request says about its body's checksum; ``value`` is well-formed, None when it comes as a trailer.

    ``given`` False: the request says nothing, the algorithm is S3's default.
    """

    algorithm: Algorithm
    value: str | None = None
    given: bool = False

    def verify(self, digest: bytes, trailers: Mapping[str, str]) -> Checksum:
        """Returns the checksum to store; AwsError ``BadDigest`` when the announced one differs."""
        calculated = b64encode(digest).decode()
        if self.given:
            expected = self._trailer(trailers) if self.value is None else self.value
            if expected != calculated:
                raise bad_checksum(self.algorithm.name)
        return Checksum(self.algorithm.name, calculated)

    def _trailer(self, trailers: Mapping[str, str]) -> str:
        value = trailers.get(self.algorithm.header)
        if value is None or not _well_formed(self.algorithm, value):
            raise _invalid_header(self.algorithm.header)
        return value


_NOTHING = Announced(DEFAULT)


def announced(params: Params, headers: Mapping[str, str]) -> Announced:
    """Returns which checksum the request brings or will bring; AwsError ``InvalidRequest`` for nonsense."""
    trailer = headers.get("x-amz-trailer")
    sdk_algorithm = params.get("ChecksumAlgorithm")
    if trailer is None and sdk_algorithm is None and _BY_MEMBER.keys().isdisjoint(params):
        return _NOTHING
    given = _BY_MEMBER.keys() & params.keys()
    found = _by_header(params, given) if given else _by_trailer(trailer)
    if sdk_algorithm is not None and (found is None or sdk_algorithm != found.algorithm.name):
        _check_sdk_algorithm(sdk_algorithm, found)
    return found or _NOTHING


def _by_header(params: Params, given: set[str]) -> Announced:
    if len(given) > 1:
        raise invalid_request(
            "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
        )
    (member,) = given
    algorithm, value = _BY_MEMBER[member], params[member]
    if not _well_formed(algorithm, value):
        raise _invalid_header(algorithm.header)
    return Announced(algorithm, value, True)


def _by_trailer(trailer: str | None) -> Announced | None:
    if trailer is None:
        return None
    algorithm = _BY_HEADER.get(trailer.strip().lower())
    if algorithm is None:
        raise invalid_request("The value specified in the x-amz-trailer header is not supported")
    return Announced(algorithm, None, True)


def _check_sdk_algorithm(name: str, found: Announced | None) -> None:
    if name.upper() not in ALGORITHMS:
        raise _invalid_header("x-amz-sdk-checksum-algorithm")
    if found is None:
        raise invalid_request(
            "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* "
            "or x-amz-trailer headers were found."
        )
    if name.upper() != found.algorithm.name:
        raise _invalid_header("x-amz-sdk-checksum-algorithm")


def composite(algorithm: Algorithm, parts: list[str]) -> Checksum:
    """Returns the checksum of the parts' checksums, ``…-N``."""
    digest = algorithm.new()
    digest.update(b"".join(b64decode(part) for part in parts))
    return Checksum(algorithm.name, f"{b64encode(digest.digest()).decode()}-{len(parts)}", COMPOSITE)


def full_object(algorithm: Algorithm, parts: list[tuple[str, int]]) -> Checksum:
    """Returns the checksum of the whole from each part's checksum and size, without reading the bytes."""
    assert algorithm.combine is not None
    total = 0
    for value, size in parts:
        total = algorithm.combine(total, int.from_bytes(b64decode(value)), size)
    return Checksum(algorithm.name, b64encode(total.to_bytes(algorithm.size)).decode())


def _well_formed(algorithm: Algorithm, value: str) -> bool:
    try:
        return len(b64decode(value, validate=True)) == algorithm.size
    except (binascii.Error, ValueError):
        return False


def _invalid_header(header: str) -> AwsError:
    return invalid_request(f"Value for {header} header is invalid.")
