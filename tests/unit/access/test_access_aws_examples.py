"""The worked examples of AWS's documentation.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html,
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html,
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html,
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
"""

from typing import NamedTuple

from penstock.access import OBJECTS, ChunkDecoder, Signature, signed_request, verify

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
CREDENTIAL = "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request"
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
DATA = b"a" * 66_560


class Sent(NamedTuple):
    method: str
    path: str
    query: str
    headers: dict[str, str]


def verified(method: str, path: str, query: str, headers: dict[str, str]) -> Signature:
    request = Sent(method, path, query, headers)
    signature = signed_request(request, OBJECTS)
    assert signature is not None
    verify(signature, OBJECTS, SECRET, request, signature.payload_hash or "")
    return signature


def authorization(signed_headers: str, signature: str) -> str:
    return f"AWS4-HMAC-SHA256 Credential={CREDENTIAL},SignedHeaders={signed_headers},Signature={signature}"


def test_get_object() -> None:
    headers = {
        "host": "examplebucket.s3.amazonaws.com",
        "range": "bytes=0-9",
        "x-amz-content-sha256": EMPTY,
        "x-amz-date": "20130524T000000Z",
    }
    headers["authorization"] = authorization(
        "host;range;x-amz-content-sha256;x-amz-date",
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    )
    verified("GET", "/test.txt", "", headers)


def test_put_object_with_a_date_header_and_a_key_sent_bare() -> None:
    headers = {
        "host": "examplebucket.s3.amazonaws.com",
        "date": "Fri, 24 May 2013 00:00:00 GMT",
        "x-amz-content-sha256": "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
        "x-amz-date": "20130524T000000Z",
        "x-amz-storage-class": "REDUCED_REDUNDANCY",
    }
    headers["authorization"] = authorization(
        "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
    )
    verified("PUT", "/test$file.text", "", headers)


def test_get_bucket_lifecycle_and_list_objects() -> None:
    headers = {
        "host": "examplebucket.s3.amazonaws.com",
        "x-amz-content-sha256": EMPTY,
        "x-amz-date": "20130524T000000Z",
    }
    names = "host;x-amz-content-sha256;x-amz-date"
    lifecycle = "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
    verified("GET", "/", "lifecycle", headers | {"authorization": authorization(names, lifecycle)})
    listing = "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
    verified("GET", "/", "max-keys=2&prefix=J", headers | {"authorization": authorization(names, listing)})


def test_a_presigned_url() -> None:
    query = (
        "X-Amz-Algorithm=AWS4-HMAC-SHA256"
        "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
        "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
        "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    )
    verified("GET", "/test.txt", query, {"host": "examplebucket.s3.amazonaws.com"})


STREAMED = {
    "host": "s3.amazonaws.com",
    "content-encoding": "aws-chunked",
    "x-amz-date": "20130524T000000Z",
    "x-amz-decoded-content-length": "66560",
    "x-amz-storage-class": "REDUCED_REDUNDANCY",
}


def body(signatures: list[str]) -> bytes:
    chunks = zip((b"a" * 65_536, b"a" * 1024, b""), signatures, strict=True)
    parts = [b"%x;chunk-signature=%s\r\n%s\r\n" % (len(data), s.encode(), data) for data, s in chunks]
    return b"".join(parts)


def test_signed_chunks() -> None:
    headers = STREAMED | {
        "content-length": "66824",
        "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    }
    headers["authorization"] = authorization(
        "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;"
        "x-amz-storage-class",
        "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
    )
    signature = verified("PUT", "/examplebucket/chunkObject.txt", "", headers)
    decoder = ChunkDecoder(signature.payload_hash or "", signature, SECRET, headers)
    encoded = body(
        [
            "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
            "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
            "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
        ]
    )
    assert len(encoded) == 66_824
    assert decoder.feed(encoded) == DATA
    assert decoder.finish() == {}


def test_signed_chunks_with_a_signed_trailer() -> None:
    headers = STREAMED | {
        "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
        "x-amz-trailer": "x-amz-checksum-crc32c",
    }
    headers["authorization"] = authorization(
        "content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class;"
        "x-amz-trailer",
        "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
    )
    signature = verified("PUT", "/examplebucket/chunkObject.txt", "", headers)
    decoder = ChunkDecoder(signature.payload_hash or "", signature, SECRET, headers)
    encoded = body(
        [
            "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
            "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
            "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
        ]
    ).removesuffix(b"\r\n")
    encoded += b"x-amz-checksum-crc32c:sOO8/Q==\n\r\n"
    encoded += (
        b"x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n"
    )
    assert decoder.feed(encoded) == DATA
    assert decoder.finish() == {"x-amz-checksum-crc32c": "sOO8/Q=="}
