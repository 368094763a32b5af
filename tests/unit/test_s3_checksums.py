"""Checksums: announced, verified, combined."""

import hashlib
import zlib
from base64 import b64encode

import pytest

from penstock.errors import AwsError
from penstock.services.s3.objects.checksums import ALGORITHMS, announced, composite, full_object

DATA = bytes(range(256)) * 5

# The check values of https://reveng.sourceforge.io/crc-catalogue/ for "123456789", and of RFC 1321 and FIPS 180.
CHECK_VALUES = {
    "CRC32": "cbf43926",
    "CRC32C": "e3069283",
    "CRC64NVME": "ae8b14860a799888",
    "SHA1": "f7c3bc1d808e04732adf679965ccc34ca7ae3441",
    "MD5": "25f9e794323b453885f5181f1b624d0b",
}


def value(name: str, data: bytes) -> str:
    digest = ALGORITHMS[name].new()
    digest.update(data)
    return b64encode(digest.digest()).decode()


@pytest.mark.parametrize(("name", "expected"), CHECK_VALUES.items())
def test_known_check_values_come_out(name: str, expected: str) -> None:
    assert value(name, b"123456789") == b64encode(bytes.fromhex(expected)).decode()


@pytest.mark.parametrize("name", ALGORITHMS)
def test_a_checksum_does_not_depend_on_how_the_body_arrives(name: str) -> None:
    algorithm = ALGORITHMS[name]
    digest = algorithm.new()
    for start in range(0, len(DATA), 100):
        digest.update(bytearray(DATA[start : start + 100]))
    result = digest.digest()
    assert len(result) == algorithm.size
    assert b64encode(result).decode() == value(name, DATA)


@pytest.mark.parametrize("name", ["CRC32", "CRC32C", "CRC64NVME"])
def test_a_full_object_checksum_is_made_from_parts_without_their_bytes(name: str) -> None:
    parts = [DATA[:700], DATA[700:701], DATA[701:]]
    combined = full_object(ALGORITHMS[name], [(value(name, part), len(part)) for part in parts])
    assert (combined.value, combined.type) == (value(name, DATA), "FULL_OBJECT")


def test_a_composite_checksum_is_the_checksum_of_the_parts_checksums() -> None:
    parts = [hashlib.sha256(part).digest() for part in (b"a", b"b")]
    expected = b64encode(hashlib.sha256(b"".join(parts)).digest()).decode()
    made = composite(ALGORITHMS["SHA256"], [b64encode(part).decode() for part in parts])
    assert (made.value, made.type) == (f"{expected}-2", "COMPOSITE")


def test_a_checksum_given_as_a_header_is_verified() -> None:
    crc = zlib.crc32(b"hello").to_bytes(4)
    sent = announced({"ChecksumCRC32": b64encode(crc).decode()}, {})
    assert sent.verify(crc, {}).value == b64encode(crc).decode()
    with pytest.raises(AwsError) as raised:
        sent.verify(zlib.crc32(b"other").to_bytes(4), {})
    assert raised.value.code == "BadDigest"
    assert raised.value.message == "The CRC32 you specified did not match the calculated checksum."


def test_a_checksum_given_as_a_trailer_is_verified() -> None:
    crc = zlib.crc32(b"hello").to_bytes(4)
    text = b64encode(crc).decode()
    sent = announced({"ChecksumAlgorithm": "CRC32"}, {"x-amz-trailer": "x-amz-checksum-crc32"})
    assert sent.verify(crc, {"x-amz-checksum-crc32": text}).value == text
    for trailers in ({"x-amz-checksum-crc32": "AAAAAA=="}, {}):
        with pytest.raises(AwsError):
            sent.verify(crc, trailers)


def test_without_a_checksum_s3_computes_crc64nvme() -> None:
    sent = announced({}, {})
    assert (sent.algorithm.name, sent.given) == ("CRC64NVME", False)


@pytest.mark.parametrize(
    ("params", "headers", "message"),
    [
        ({"ChecksumCRC32": "AAAAAA==", "ChecksumSHA1": "x"}, {}, "Expecting a single x-amz-checksum- header"),
        ({"ChecksumCRC32": "not base64"}, {}, "Value for x-amz-checksum-crc32 header is invalid."),
        ({"ChecksumCRC32": "AAAA"}, {}, "Value for x-amz-checksum-crc32 header is invalid."),
        ({"ChecksumAlgorithm": "CRC32"}, {}, "no corresponding x-amz-checksum-\\* or x-amz-trailer headers"),
        ({"ChecksumAlgorithm": "MD4"}, {}, "Value for x-amz-sdk-checksum-algorithm header is invalid."),
        (
            {"ChecksumAlgorithm": "SHA1", "ChecksumCRC32": "AAAAAA=="},
            {},
            "Value for x-amz-sdk-checksum-algorithm header is invalid.",
        ),
        ({}, {"x-amz-trailer": "x-amz-meta-a"}, "x-amz-trailer header is not supported"),
    ],
)
def test_a_request_that_contradicts_itself_is_refused(
    params: dict[str, str], headers: dict[str, str], message: str
) -> None:
    with pytest.raises(AwsError, match=message) as raised:
        announced(params, headers)
    assert raised.value.code == "InvalidRequest"
