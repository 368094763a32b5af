"""Bodies in ``aws-chunked`` encoding, decoded and verified while they arrive.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html,
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
"""

from collections.abc import Mapping
from hashlib import sha256
from hmac import compare_digest

from penstock.access.sigv4.canonical import EMPTY_SHA256, hex_hmac, octets, signing_key
from penstock.access.sigv4.signature import Signature
from penstock.access.sigv4.style import STREAMING_SIGNED, STREAMING_SIGNED_TRAILER, STREAMING_UNSIGNED_TRAILER
from penstock.access.wording import REST_XML
from penstock.digits import whole_number
from penstock.errors import AwsError

KINDS = frozenset({STREAMING_SIGNED, STREAMING_SIGNED_TRAILER, STREAMING_UNSIGNED_TRAILER})
MIN_CHUNK_BYTES = 8192  # every chunk but the last, as AWS demands
_MAX_LINE_BYTES = 4096  # of a chunk's head; AWS's own are under 100
_MAX_TRAILER_BYTES = 16 * 1024
_HEX = frozenset(b"0123456789abcdefABCDEF")


class ChunkDecoder:
    """Turns the encoded body into the object's bytes, in whatever pieces it arrives.

    ``kind`` is the ``x-amz-content-sha256`` value. ``signature`` must be verified already; it seeds the chain
    of chunk signatures (the unsigned kind needs neither it nor ``secret``). Of ``headers``,
    ``x-amz-decoded-content-length`` and ``x-amz-trailer`` say what to expect.

    A chunk's bytes are handed on before its signature has been checked, so that memory stays flat: nothing
    may be kept for good before ``finish`` has returned. Raises AwsError ``SignatureDoesNotMatch``,
    ``IncompleteBody``, ``InvalidChunkSizeError``, ``MalformedTrailerError``, ``InvalidRequest``.
    """

    def __init__(
        self,
        kind: str,
        signature: Signature | None,
        secret: str,
        headers: Mapping[str, str],
    ) -> None:
        if kind not in KINDS:
            raise ValueError(f"not a streaming payload: {kind}")
        self._chain = None
        if kind != STREAMING_UNSIGNED_TRAILER:
            if signature is None:
                raise ValueError("a signed payload needs the signature that seeds it")
            self._chain = _Chain(signature, secret)
        self._signed_trailer = kind == STREAMING_SIGNED_TRAILER
        announced = headers.get("x-amz-trailer", "").lower().split(",")
        self._announced = [name.strip() for name in announced if name.strip()]
        self._expected = whole_number(headers.get("x-amz-decoded-content-length", ""))
        self._decoded = 0
        self._size = MIN_CHUNK_BYTES
        self._left = 0
        self._line = bytearray()
        self._read = self._head

    def feed(self, data: bytes) -> bytes:
        """Returns the decoded bytes that ``data`` brought."""
        out: list[bytes] = []
        position, end = 0, len(data)
        while position < end:
            position = self._read(data, position, out)
        return out[0] if len(out) == 1 else b"".join(out)

    def finish(self) -> dict[str, str]:
        """Returns the trailing headers, lower-case, when the body was whole and every signature good."""
        if self._read != self._trailer or self._expected not in (None, self._decoded):
            raise REST_XML.incomplete_body()
        trailers = _trailers(bytes(self._line))
        signature = trailers.pop("x-amz-trailer-signature", "")
        if self._signed_trailer and self._chain:
            self._chain.check_trailer(trailers, signature)
        if any(name not in trailers for name in self._announced):
            raise _malformed_trailer()
        return trailers

    # Each state reads from data[position:] and returns where it stopped.

    def _head(self, data: bytes, position: int, out: list[bytes]) -> int:
        stop = data.find(b"\n", position)
        end = stop if stop >= 0 else len(data)
        if len(self._line) + end - position > _MAX_LINE_BYTES:
            raise _malformed_chunk()
        self._line += data[position:end]
        if stop < 0:
            return end
        self._begin(bytes(self._line).removesuffix(b"\r"))
        self._line.clear()
        return stop + 1

    def _begin(self, head: bytes) -> None:
        digits, _, extension = head.partition(b";")
        if not 0 < len(digits) <= 16 or not _HEX.issuperset(digits):
            raise _malformed_chunk()
        size = int(digits, 16)
        if size and self._size < MIN_CHUNK_BYTES:
            text = "Only the last chunk is allowed to have a size less than 8192 bytes"
            raise AwsError("InvalidChunkSizeError", text, status=403)
        self._size = self._left = size
        self._decoded += size
        if self._expected is not None and self._decoded > self._expected:
            raise REST_XML.incomplete_body()
        if self._chain:
            self._chain.begin(_chunk_signature(extension))
        if size:
            self._read = self._data
        else:
            if self._chain:
                self._chain.end()
            self._read = self._trailer

    def _data(self, data: bytes, position: int, out: list[bytes]) -> int:
        piece = data[position : position + self._left]
        out.append(piece)
        self._left -= len(piece)
        if self._chain:
            self._chain.update(piece)
        if not self._left:
            if self._chain:
                self._chain.end()
            self._read = self._line_end
        return position + len(piece)

    def _line_end(self, data: bytes, position: int, out: list[bytes]) -> int:
        self._line += data[position : position + 1]
        if self._line == b"\r\n":
            self._line.clear()
            self._read = self._head
        elif self._line != b"\r":
            raise _malformed_chunk()
        return position + 1

    def _trailer(self, data: bytes, position: int, out: list[bytes]) -> int:
        self._line += data[position:]
        if len(self._line) > _MAX_TRAILER_BYTES:
            raise _malformed_trailer()
        return len(data)


class _Chain:
    """Chunk signatures: each signs the one before it."""

    __slots__ = ("_claimed", "_digest", "_key", "_preamble", "_previous")

    def __init__(self, signature: Signature, secret: str) -> None:
        self._key = signing_key(secret, signature.date, signature.region, signature.service)
        self._preamble = f"{signature.timestamp}\n{signature.scope}"
        self._previous = signature.signature
        self._claimed = ""
        self._digest = sha256()

    def begin(self, claimed: str) -> None:
        self._claimed = claimed
        self._digest = sha256()

    def update(self, piece: bytes) -> None:
        self._digest.update(piece)

    def end(self) -> None:
        hashes = f"{EMPTY_SHA256}\n{self._digest.hexdigest()}"
        self._check("AWS4-HMAC-SHA256-PAYLOAD", hashes, self._claimed)

    def check_trailer(self, trailers: dict[str, str], claimed: str) -> None:
        text = "".join(f"{name}:{value}\n" for name, value in trailers.items())
        self._check("AWS4-HMAC-SHA256-TRAILER", sha256(octets(text)).hexdigest(), claimed)

    def _check(self, algorithm: str, hashes: str, claimed: str) -> None:
        text = f"{algorithm}\n{self._preamble}\n{self._previous}\n{hashes}"
        computed = hex_hmac(self._key, text)
        if not compare_digest(computed.encode(), octets(claimed)):
            raise REST_XML.mismatch(StringToSign=text, SignatureProvided=claimed)
        self._previous = computed


def _chunk_signature(extension: bytes) -> str:
    name, _, value = extension.strip().partition(b"=")
    if name != b"chunk-signature":
        raise _malformed_chunk()
    return value.decode("latin-1")


def _trailers(block: bytes) -> dict[str, str]:
    trailers = {}
    for line in block.decode("latin-1").split("\n"):
        if text := line.strip():
            name, colon, value = text.partition(":")
            if not colon:
                raise _malformed_trailer()
            trailers[name.strip().lower()] = value.strip()
    return trailers


def _malformed_chunk() -> AwsError:
    text = "The request body is not well-formed aws-chunked data."
    return AwsError("InvalidRequest", text, status=400)


def _malformed_trailer() -> AwsError:
    text = (
        "The request contained trailing data that was not well-formed "
        "or did not conform to our published schema."
    )
    return AwsError("MalformedTrailerError", text, status=400)
