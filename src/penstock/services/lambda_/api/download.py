"""Where ``Code.Location`` leads: a package, for who has the URL, for ten minutes.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html
"""

import asyncio
import hmac
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from urllib.parse import parse_qs

from penstock.errors import AwsError, BodyDamaged
from penstock.sealed import Sealer
from penstock.server import Request
from penstock.services.lambda_.state import LambdaState
from penstock.store import CheckedFile, ReadTx
from penstock.wire import WireResponse

PAGE = "package"
"""Its name under the server's own paths."""

_LASTS_S = 600
_DATE = "%Y%m%dT%H%M%SZ"
_CHUNK_BYTES = 1024 * 1024


def location(tx: ReadTx, endpoint: str, code: str, now_ms: int) -> str:
    """Returns a URL at ``endpoint`` that gives the package ``code`` to whoever asks within ten minutes."""
    date = datetime.fromtimestamp(now_ms // 1000, UTC).strftime(_DATE)
    signature = _signature(tx.sealer, code, date)
    query = f"X-Amz-Date={date}&X-Amz-Expires={_LASTS_S}&X-Amz-Signature={signature}"
    return f"{endpoint}/_penstock/{PAGE}/{code}?{query}"


async def download(lambda_: LambdaState, request: Request, code: str) -> WireResponse:
    """Returns the package; AwsError ``AccessDenied`` unless the URL is one that ``location`` gave, and not too old."""
    if request.method not in ("GET", "HEAD"):
        raise AwsError("MethodNotAllowed", "The specified method is not allowed.", status=405)
    query = {name: values[0] for name, values in parse_qs(request.query).items()}
    date = query.get("X-Amz-Date", "")
    expected = await lambda_.store.read(_expected, code, date)
    if not hmac.compare_digest(expected.encode(), query.get("X-Amz-Signature", "").encode()):
        raise AwsError("AccessDenied", "Access Denied", status=403)
    made = datetime.strptime(date, _DATE).replace(tzinfo=UTC)  # as ``location`` wrote it: it is signed
    if lambda_.clock.now().timestamp() > made.timestamp() + _LASTS_S:
        raise AwsError("AccessDenied", "Request has expired", status=403)
    try:
        file = await asyncio.to_thread(lambda_.packages.bodies.open, code)
    except BodyDamaged:
        raise AwsError("NoSuchKey", "The specified key does not exist.", status=404) from None
    headers = [(b"content-type", b"application/octet-stream"), (b"content-length", b"%d" % file.length)]
    if request.method == "HEAD":
        file.close()
        return WireResponse(200, headers, b"")
    return WireResponse(200, headers, _chunks(file))


async def _chunks(file: CheckedFile) -> AsyncIterator[bytes]:
    with file:
        while chunk := await asyncio.to_thread(file.read, _CHUNK_BYTES):
            yield chunk


def _expected(tx: ReadTx, code: str, date: str) -> str:
    return _signature(tx.sealer, code, date)


def _signature(sealer: Sealer, code: str, date: str) -> str:
    key = sealer.derived_key("package URLs")
    return hmac.digest(key, f"{code} {date}".encode("utf-8", "surrogatepass"), "sha256").hex()
