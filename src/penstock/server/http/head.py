"""The head of a request, as it comes in: counted, checked, and made a ``Request``."""

from functools import lru_cache
from urllib.parse import urlsplit

from penstock.server.http import refusals
from penstock.server.http.limits import Limits
from penstock.server.http.proxies import Client
from penstock.server.request import Incoming, Request, large_headers

_NAME_BYTES = 64  # longer names are not remembered: a client could crowd out the others
_MANY = 32  # headers; of more the names are not remembered either


class Head:
    """One head at a time: ``begin``, ``target``, ``add``, ``finish``; trailers behind the body are counted only."""

    __slots__ = ("_bytes", "_limits", "_names", "_target", "_values", "begun", "done")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.reset()

    def reset(self) -> None:
        """Makes ready for the next request."""
        self.begun = False
        self.done = False
        self._target = b""
        self._names: list[bytes] = []
        self._values: list[bytes] = []
        self._bytes = 0

    def target(self, url: bytes) -> None:
        """Takes (a part of) the request's target."""
        self._target += url

    def add(self, name: bytes, value: bytes) -> None:
        """Takes a header; AwsError when there are too many."""
        self._names.append(name)
        self._values.append(value)
        if len(self._names) > self._limits.headers:
            raise large_headers()

    def finish(self, version: str) -> dict[str, str]:
        """Returns the headers; AwsError without one Host, without a path, or for another version of HTTP."""
        self.done = True
        if version not in ("1.1", "1.0"):
            raise refusals.wrong_version()
        if not self._target.startswith((b"/", b"http://", b"https://")):
            if self._target != b"*":
                raise refusals.bad_target()
            self._target = b"/"
        headers = self._read()
        if version == "1.1" and "host" not in headers and self._target.startswith(b"/"):
            raise refusals.bad_host()
        return headers

    def _read(self) -> dict[str, str]:
        known = _known(tuple(self._names)) if 0 < len(self._names) <= _MANY else None
        if known is None:
            return self._read_each()
        names, name_bytes = known
        values = b"\n".join(self._values)  # none has a line feed: to decode them together takes half as long
        self._bytes = name_bytes + len(values) - len(names) + 1
        return dict(zip(names, values.decode("latin-1").split("\n"), strict=True))

    def _read_each(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        for raw_name, raw_value in zip(self._names, self._values, strict=True):
            name = _name(raw_name) if len(raw_name) <= _NAME_BYTES else raw_name.decode("latin-1").lower()
            value = raw_value.decode("latin-1")
            if name in headers:
                if name == "host":
                    raise refusals.bad_host()
                value = f"{headers[name]},{value}"
            headers[name] = value
        self._bytes = sum(map(len, headers)) + sum(map(len, headers.values()))
        return headers

    def request(
        self,
        method: str,
        headers: dict[str, str],
        incoming: Incoming,
        client: Client,
    ) -> Request:
        """Returns the request; a target that is a whole URL names the host. AwsError when it is none."""
        target = self._target.decode("latin-1")
        if not target.startswith("/"):
            headers["host"], target = _split(target)
        path, _, query = target.partition("?")
        return Request(
            method,
            path,
            query,
            headers,
            self._bytes,
            client.address,
            incoming,
            client.secure,
            client.tls_version,
        )


@lru_cache(maxsize=1024)
def _name(raw: bytes) -> str:
    return raw.decode("latin-1").lower()


@lru_cache(maxsize=1024)
def _known(raw: tuple[bytes, ...]) -> tuple[tuple[str, ...], int] | None:
    """Returns the names of a request's headers, and how many bytes they have; None when one is there twice, or long."""
    if any(len(name) > _NAME_BYTES for name in raw):
        return None
    names = tuple(map(_name, raw))
    return (names, sum(map(len, names))) if len(set(names)) == len(names) else None


def _split(url: str) -> tuple[str, str]:
    """Returns the host of a whole URL, and what would be the target without it."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise refusals.bad_target() from None
    return parts.netloc, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
