"""aws-chunked bodies: however they are cut, they decode the same; whatever is flipped, is refused."""

import hmac
from hashlib import sha256
from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.access import OBJECTS, ChunkDecoder, Signature, sign, signed_request
from penstock.access.sigv4.canonical import signing_key
from penstock.errors import AwsError

SECRET = "secret"
EMPTY = sha256(b"").hexdigest()
SIGNED, SIGNED_TRAILER, UNSIGNED = (
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
    "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
)
KINDS = (SIGNED, SIGNED_TRAILER, UNSIGNED)
CHUNK = 8192


def seed(kind: str) -> Signature:
    headers = sign(
        "PUT", "http://h/b/k", {}, None, payload_hash=kind, access_key_id="AK", secret=SECRET,
        service="s3", region="us-east-1", now_ms=1_800_000_000_000,
    )  # fmt: skip
    signature = signed_request(Sent("PUT", "/b/k", "", headers), OBJECTS)
    assert signature is not None
    return signature


class Sent(NamedTuple):
    method: str
    path: str
    query: str
    headers: dict[str, str]


class Encoder:
    """A client's side of the protocol, written from AWS's description."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.signature = seed(kind)
        self.previous = self.signature.signature

    def _signed(self, algorithm: str, hashes: str) -> str:
        scope, key = self.signature.scope, signing_key(SECRET, self.signature.date, "us-east-1", "s3")
        text = f"{algorithm}\n{self.signature.timestamp}\n{scope}\n{self.previous}\n{hashes}"
        self.previous = hmac.new(key, text.encode(), "sha256").hexdigest()
        return self.previous

    def _head(self, data: bytes) -> bytes:
        if self.kind == UNSIGNED:
            return b"%x\r\n" % len(data)
        signature = self._signed("AWS4-HMAC-SHA256-PAYLOAD", f"{EMPTY}\n{sha256(data).hexdigest()}")
        return b"%x;chunk-signature=%s\r\n" % (len(data), signature.encode())

    def body(self, chunks: list[bytes], trailers: dict[str, str]) -> bytes:
        parts = [self._head(chunk) + chunk + b"\r\n" for chunk in chunks] + [self._head(b"")]
        parts += [f"{name}:{value}\r\n".encode() for name, value in trailers.items()]
        if self.kind == SIGNED_TRAILER:
            text = "".join(f"{name}:{value}\n" for name, value in trailers.items())
            signature = self._signed("AWS4-HMAC-SHA256-TRAILER", sha256(text.encode()).hexdigest())
            parts.append(f"x-amz-trailer-signature:{signature}\r\n".encode())
        return b"".join([*parts, b"\r\n"])

    def decoder(self, length: int, trailers: dict[str, str]) -> ChunkDecoder:
        headers = {"x-amz-decoded-content-length": str(length), "x-amz-trailer": ",".join(trailers)}
        return ChunkDecoder(self.kind, self.signature, SECRET, headers)


def encoded(kind: str, chunks: list[bytes]) -> tuple[Encoder, bytes, dict[str, str]]:
    encoder = Encoder(kind)
    trailers = {} if kind == SIGNED else {"x-amz-checksum-crc32": "AAAAAA=="}
    return encoder, encoder.body(chunks, trailers), trailers


def code(act: object, *args: object) -> str:
    with pytest.raises(AwsError) as caught:
        act(*args)  # type: ignore[operator]
    return caught.value.code


CHUNKS = st.builds(
    lambda sizes, last: [bytes([index % 251]) * (CHUNK + size) for index, size in enumerate(sizes)] + last,
    st.lists(st.integers(0, 50), max_size=3),
    st.lists(st.binary(min_size=1, max_size=40), max_size=1),
)


@given(st.sampled_from(KINDS), CHUNKS, st.lists(st.integers(0, 30_000), max_size=12))
def test_any_split_decodes_to_the_same(kind: str, chunks: list[bytes], cuts: list[int]) -> None:
    encoder, body, trailers = encoded(kind, chunks)
    data = b"".join(chunks)
    decoder = encoder.decoder(len(data), trailers)
    edges = [0, *sorted(cut % (len(body) + 1) for cut in cuts), len(body)]
    found = b"".join(decoder.feed(body[start:end]) for start, end in pairwise(edges))
    assert found == data
    assert decoder.finish() == trailers


@pytest.mark.parametrize("kind", KINDS)
def test_a_body_may_arrive_byte_by_byte(kind: str) -> None:
    encoder, body, trailers = encoded(kind, [b"x" * CHUNK, b"tail"])
    decoder = encoder.decoder(CHUNK + 4, trailers)
    assert b"".join(decoder.feed(body[i : i + 1]) for i in range(len(body))) == b"x" * CHUNK + b"tail"
    assert decoder.finish() == trailers


@given(st.sampled_from([SIGNED, SIGNED_TRAILER]), st.data())
def test_any_flipped_bit_is_refused(kind: str, data: st.DataObject) -> None:
    encoder, body, trailers = encoded(kind, [b"x" * CHUNK, b"tail"])
    place = data.draw(st.integers(0, len(body) - 1))
    bit = 1 << data.draw(st.integers(0, 7))
    broken = body[:place] + bytes([body[place] ^ bit]) + body[place + 1 :]
    decoder = encoder.decoder(CHUNK + 4, trailers)
    try:
        found = decoder.feed(broken)
        assert (found, decoder.finish()) == (b"x" * CHUNK + b"tail", trailers)
    except AwsError as error:
        assert error.code in (
            "SignatureDoesNotMatch",
            "InvalidRequest",
            "IncompleteBody",
            "MalformedTrailerError",
            "InvalidChunkSizeError",
        )
    else:
        # Only framing that means nothing may be bent: white space, and the case of a hex digit or header name.
        assert body[place : place + 1].lower() == broken[place : place + 1].lower() or (
            body[place : place + 1].isspace()
        )


def test_data_are_handed_on_before_their_chunk_has_ended() -> None:
    decoder = ChunkDecoder(UNSIGNED, None, "", {})
    decoder.feed(b"40000000\r\n")
    for _ in range(4):
        assert decoder.feed(b"x" * 65536) == b"x" * 65536


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("length", [3, 5])
def test_more_or_less_than_announced_is_refused(kind: str, length: int) -> None:
    encoder, body, trailers = encoded(kind, [b"data"])
    decoder = encoder.decoder(length, trailers)
    assert code(lambda: (decoder.feed(body), decoder.finish())) == "IncompleteBody"


@pytest.mark.parametrize("kind", KINDS)
def test_a_body_cut_short_is_refused(kind: str) -> None:
    encoder, body, trailers = encoded(kind, [b"x" * CHUNK, b"tail"])
    for length in (0, 3, 200, CHUNK + 12):
        decoder = encoder.decoder(CHUNK + 4, trailers)
        decoder.feed(body[:length])
        assert code(decoder.finish) == "IncompleteBody"


def test_only_the_last_chunk_may_be_small() -> None:
    encoder, body, trailers = encoded(UNSIGNED, [b"small", b"x" * CHUNK])
    assert code(encoder.decoder(CHUNK + 5, trailers).feed, body) == "InvalidChunkSizeError"


def test_an_announced_trailer_must_come() -> None:
    encoder = Encoder(UNSIGNED)
    decoder = encoder.decoder(1, {"x-amz-checksum-crc32": ""})
    decoder.feed(encoder.body([b"x"], {}))
    assert code(decoder.finish) == "MalformedTrailerError"


def test_signed_trailers_need_their_signature() -> None:
    encoder, body, trailers = encoded(SIGNED_TRAILER, [b"data"])
    decoder = encoder.decoder(4, trailers)
    decoder.feed(body[: body.index(b"x-amz-trailer-signature")] + b"\r\n")
    assert code(decoder.finish) == "SignatureDoesNotMatch"


@pytest.mark.parametrize("head", [b"zz\r\n", b"\r\n", b"-1\r\n", b"1" * 17 + b"\r\n", b"a" * 5000, b"5 \r\n"])
def test_a_malformed_chunk_head_is_refused(head: bytes) -> None:
    assert code(ChunkDecoder(UNSIGNED, None, "", {}).feed, head) == "InvalidRequest"


def test_a_signed_chunk_without_signature_is_refused() -> None:
    decoder = ChunkDecoder(SIGNED, seed(SIGNED), SECRET, {})
    assert code(decoder.feed, b"4\r\ndata\r\n") == "InvalidRequest"


def test_trailers_are_bounded() -> None:
    decoder = ChunkDecoder(UNSIGNED, None, "", {})
    decoder.feed(b"0\r\n")
    assert code(decoder.feed, b"x" * 20_000) == "MalformedTrailerError"


def test_the_trailer_form_of_the_documentation_is_read() -> None:
    encoder, body, trailers = encoded(SIGNED_TRAILER, [b"data"])
    bent = body.replace(b"AAAAAA==\r\n", b"AAAAAA==\n\r\n")
    decoder = encoder.decoder(4, trailers)
    assert decoder.feed(bent) == b"data"
    assert decoder.finish() == trailers
