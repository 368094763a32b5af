"""The head of an answer, as bytes."""

from http import HTTPStatus

from penstock.wire import WireResponse

_STATUS_LINES = {
    status.value: b"HTTP/1.1 %d %s\r\n" % (status.value, status.phrase.encode()) for status in HTTPStatus
}


def answer_head(response: WireResponse, date: bytes, *, keep_alive: bool, chunked: bool = False) -> bytes:
    """Returns status line and headers with the empty line behind them; ``date`` is the whole line."""
    status = _STATUS_LINES.get(response.status) or b"HTTP/1.1 %d \r\n" % response.status
    lines = list(map(b": ".join, response.headers))
    if chunked:
        lines.append(b"transfer-encoding: chunked")
    if not keep_alive:
        lines.append(b"connection: close")
    lines.append(b"\r\n")
    return status + date + b"\r\n".join(lines)
