"""Bodies that clients have compressed, where the model says that they may.

Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-compression.html
"""

import zlib

from penstock.errors import AwsError
from penstock.server.request import too_large

_MAX_BYTES = 8 * 1024 * 1024
_GZIP = zlib.MAX_WBITS | 16


def inflated(body: bytes, encoding: str) -> bytes:
    """Returns the body as it was before it was compressed; AwsError, also beyond 8 MiB."""
    if encoding.strip().lower() != "gzip":
        return body
    stream = zlib.decompressobj(_GZIP)
    try:
        found = stream.decompress(body, _MAX_BYTES)
    except zlib.error:
        raise _unreadable() from None
    if stream.unconsumed_tail:
        raise too_large()
    if not stream.eof or stream.unused_data:
        raise _unreadable()
    return found


def _unreadable() -> AwsError:
    return AwsError("SerializationException", "The body is not what its Content-Encoding says", status=400)
