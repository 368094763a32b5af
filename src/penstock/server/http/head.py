"""The head of a request, as it comes in: counted, checked, and made a ``Request``."""

from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from penstock.server.http import refusals
from penstock.server.request import Request

if TYPE_CHECKING:
    from penstock.server.http.exchange import Exchange
    from penstock.server.http.limits import Limits

_NAME_BYTES = 64  # longer names are not remembered: a client could crowd out the others


class Head:
    """One head at a time: ``begin``, ``target``, ``add``, ``finish``; trailers behind the body are counted only."""

    __slots__ = ("_bytes", "_count", "_done", "_headers", "_limits", "_target", "begun")

    def __init__(self, limits: "Limits") -> None:
        self._limits = limits
        self.reset()

    def reset(self) -> None:
        """Makes ready for the next request."""
        self.begun = False
        self._done = False
        self._bytes = 0
        self._count = 0
        self._target = b""
        self._headers: dict[str, str] = {}

    def begin(self) -> None:
        """Notes that bytes of a request have come."""
        self.begun = True

    def count(self, length: int) -> None:
        """Counts bytes that have been read; AwsError when a head has not ended by its bound."""
        if self.begun and not self._done:
            self._bytes += length
            if self._bytes > self._limits.head_bytes:
                raise refusals.large_head()

    def target(self, url: bytes) -> None:
        """Takes (a part of) the request's target."""
        self._target += url
        if len(self._target) > self._limits.head_bytes:
            raise refusals.large_head()

    def add(self, name: bytes, value: bytes) -> None:
        """Takes a header; AwsError past the limits, or for a second Host."""
        self._count += 1
        self._bytes += len(name) + len(value)
        if self._count > self._limits.headers or self._bytes > self._limits.head_bytes:
            raise refusals.large_head()
        if self._done:
            return
        key = _name(name) if len(name) <= _NAME_BYTES else name.decode("latin-1").lower()
        text = value.decode("latin-1")
        headers = self._headers
        if key in headers:
            if key == "host":
                raise refusals.bad_host()
            text = f"{headers[key]},{text}"
        headers[key] = text

    def finish(self, version: str) -> dict[str, str]:
        """Returns the headers; AwsError without a Host, without a path, or for another version of HTTP."""
        self._done = True
        if version not in ("1.1", "1.0"):
            raise refusals.wrong_version()
        if not self._target.startswith((b"/", b"http://", b"https://")):
            if self._target != b"*":
                raise refusals.bad_target()
            self._target = b"/"
        if version == "1.1" and "host" not in self._headers and self._target.startswith(b"/"):
            raise refusals.bad_host()
        return self._headers

    def request(
        self,
        method: str,
        headers: dict[str, str],
        incoming: "Exchange",
        address: str,
        tls_version: str | None,
    ) -> Request:
        """Returns the request; a target that is a whole URL names the host."""
        target = self._target.decode("latin-1")
        if not target.startswith("/"):
            parts = urlsplit(target)
            headers["host"] = parts.netloc
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        path, _, query = target.partition("?")
        return Request(method, path, query, headers, address, incoming, tls_version is not None, tls_version)


@lru_cache(maxsize=1024)
def _name(raw: bytes) -> str:
    return raw.decode("latin-1").lower()
