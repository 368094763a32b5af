"""The head of an answer, as bytes."""

from http import HTTPStatus

from penstock.wire import WireResponse

_STATUS_LINES = {
    status.value: b"HTTP/1.1 %d %s\r\n" % (status.value, status.phrase.encode()) for status in HTTPStatus
}


def answer_head(response: WireResponse, date: bytes, *, keep_alive: bool, chunked: bool = False) -> bytes:
    """Returns status line and headers with the empty line behind them; ``date`` is the whole line."""
    lines = [_STATUS_LINES.get(response.status) or b"HTTP/1.1 %d \r\n" % response.status, date]
    lines += [b"%b: %b\r\n" % header for header in response.headers]
    if chunked:
        lines.append(b"transfer-encoding: chunked\r\n")
    lines.append(b"\r\n" if keep_alive else b"connection: close\r\n\r\n")
    return b"".join(lines)
