"""The HTTP client. It looks at each address that it is about to connect to, whatever name led there.

httpcore and not httpx, which is built on it: httpcore lets the connection be made by somebody else, so the address that
was looked at is the one that is talked to. It follows no redirects and reads no proxy from the environment.
"""

import asyncio
import socket
import ssl
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from pathlib import Path

import httpcore

from penstock.outbound.guard import Guard
from penstock.outbound.request import Answer, OutboundRequest

_MAX_CONNECTIONS = 512
_MAX_KEPT = 64
_KEPT_S = 30
_RESOLVERS = 16
_MAX_ANSWER = 65_536  # a token of some length fits in

ConnectionFailed = (
    httpcore.NetworkError,
    httpcore.TimeoutException,
    httpcore.ProtocolError,
    OSError,
    ssl.SSLError,
)


class Client:
    """One pool of connections, to whichever addresses the guard lets pass."""

    def __init__(self, guard: Guard, ca_bundle: Path | None) -> None:
        context = ssl.create_default_context()
        if ca_bundle:
            context.load_verify_locations(ca_bundle)
        self._backend = _GuardedBackend(guard)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_connections=_MAX_CONNECTIONS,
            max_keepalive_connections=_MAX_KEPT,
            keepalive_expiry=_KEPT_S,
            network_backend=self._backend,
        )

    async def send(self, request: OutboundRequest) -> Answer:
        """Returns the endpoint's answer; one of ``ConnectionFailed``, or ForbiddenEndpoint."""
        waits = dict.fromkeys(("connect", "read", "write", "pool"), float(request.timeout_s))
        async with self._pool.stream(
            request.method,
            request.url,
            headers=request.headers,
            content=request.body,
            extensions={"timeout": waits},
        ) as response:
            text = b""
            async for piece in response.aiter_stream():
                text += piece
                if len(text) >= _MAX_ANSWER:
                    break
            return Answer(response.status, _headers(response.headers), _text(text))

    async def close(self) -> None:
        """Closes all connections."""
        await self._pool.aclose()
        self._backend.close()


class _GuardedBackend(httpcore.AsyncNetworkBackend):
    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._is_closed = False
        self._network = httpcore.AnyIOBackend()
        # Threads of its own: a name server that does not answer must not hold up the store's.
        self._resolvers = ThreadPoolExecutor(_RESOLVERS, thread_name_prefix="outbound-resolve")

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Returns a connection to the first of the host's addresses, none of which may be forbidden."""
        loop = asyncio.get_running_loop()
        if self._is_closed:
            raise httpcore.ConnectError(f"{host} is not asked any more: the server is being stopped")
        try:
            async with asyncio.timeout(timeout):
                found = await loop.run_in_executor(self._resolvers, _addresses, host, port)
        except TimeoutError:
            raise httpcore.ConnectTimeout(f"{host} could not be resolved in time") from None
        except UnicodeError:
            raise httpcore.ConnectError(f"{host} is no name of a host") from None
        except OSError as error:
            raise httpcore.ConnectError(f"{host} cannot be resolved: {error.strerror}") from None
        for address in found:
            self._guard.check_address(ip_address(address.partition("%")[0]))
        return await self._network.connect_tcp(found[0], port, timeout, local_address, socket_options)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Raises: no URL leads to a file."""
        raise httpcore.ConnectError("no endpoint is a file")

    async def sleep(self, seconds: float) -> None:
        """Returns after real seconds."""
        await self._network.sleep(seconds)

    def close(self) -> None:
        """Lets the threads go."""
        self._is_closed = True
        self._resolvers.shutdown(wait=False, cancel_futures=True)


def _addresses(host: str, port: int) -> list[str]:
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _headers(found: list[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in found}


def _text(body: bytes) -> str:
    return body[:_MAX_ANSWER].decode("utf-8", "replace")
