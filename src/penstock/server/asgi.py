"""The ASGI application: the only place that speaks to the HTTP server."""

from collections.abc import Awaitable, Callable
from typing import Any

from penstock.server.request import Request
from penstock.wire import WireResponse

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, object]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Handler = Callable[[Request], Awaitable[WireResponse]]

CONTROL_PREFIX = "/_penstock/"

_TLS_VERSIONS = {0x0301: "1.0", 0x0302: "1.1", 0x0303: "1.2", 0x0304: "1.3"}


class AsgiApp:
    """AWS's services at every path but ``/_penstock/``, which is the server's own."""

    def __init__(self, aws: Handler, control: Handler) -> None:
        self._aws = aws
        self._control = control

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one HTTP request."""
        if scope["type"] != "http":
            return
        request = _request(scope, receive)
        handler = self._control if request.path.startswith(CONTROL_PREFIX) else self._aws
        response = await handler(request)
        if "expect" in request.headers and not request.asked:
            # The client holds its body back and will not send it now: what it sends next must not be taken for it.
            response.headers.append((b"connection", b"close"))
        await _send(response, request.method == "HEAD", send)


def _request(scope: Scope, receive: Receive) -> Request:
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    return Request(
        method=scope["method"],
        path=scope["raw_path"].decode("latin-1"),
        query=scope["query_string"].decode("latin-1"),
        headers=headers,
        source_ip=scope["client"][0] if scope.get("client") else "127.0.0.1",
        receive=receive,
        secure=scope["scheme"] == "https",
        tls_version=_tls_version(scope) if scope["scheme"] == "https" else None,
    )


def _tls_version(scope: Scope) -> str | None:
    """Returns ``1.3``; None when the front does not say.

    Source: https://asgi.readthedocs.io/en/latest/specs/tls.html
    """
    tls = scope.get("extensions", {}).get("tls") or {}
    return _TLS_VERSIONS.get(tls.get("tls_version", 0))


async def _send(response: WireResponse, head: bool, send: Send) -> None:
    body = response.body
    await send({"type": "http.response.start", "status": response.status, "headers": response.headers})
    if head or isinstance(body, bytes):
        await send({"type": "http.response.body", "body": b"" if head else body})
        return
    async for chunk in body:
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
