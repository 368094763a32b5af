"""Proxies in front of the server: which are believed when they say whose request it is.

Everybody else's ``X-Forwarded-For`` is a header like any other: a client could write into it what it likes.
"""

import ipaddress
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from penstock.errors import StartError

UNIX = "unix"
"""Stands for whoever has connected to the Unix socket."""

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Client(NamedTuple):
    """Where a request comes from. ``tls_version`` is ``1.2`` or ``1.3`` when TLS ends here."""

    address: str
    secure: bool = False
    tls_version: str | None = None


class Proxies:
    """Those named by addresses and networks, separated by commas; StartError when one is none."""

    def __init__(self, named: str = "") -> None:
        names = [name.strip() for name in named.split(",") if name.strip()]
        self._unix = UNIX in names
        self._networks = [_network(name) for name in names if name != UNIX]

    def trusts(self, address: str) -> bool:
        """Returns whether the peer with this address is one of them; UNIX for one without."""
        if address == UNIX:
            return self._unix
        return bool(self._networks) and _is_in(address, tuple(self._networks))

    def client(self, headers: Mapping[str, str], peer: Client) -> Client:
        """Returns who the trusted ``peer`` says has asked: the last in line that is no proxy itself.

        ``X-Forwarded-For`` lists who was seen in front, each appended by the next; ``X-Forwarded-Proto`` how. What is
        no address ends the line: the proxy that passed it on is who is known.
        """
        secure = peer.secure
        if proto := headers.get("x-forwarded-proto"):
            secure = proto.rpartition(",")[2].strip().lower() == "https"
        address = peer.address
        for said in reversed(headers.get("x-forwarded-for", "").split(",")):
            found = _address(said.strip())
            if found is None:
                break
            address = found
            if not self.trusts(address):
                break
        return Client(address, secure, peer.tls_version)


def _network(name: str) -> _Network:
    try:
        return ipaddress.ip_network(name)
    except ValueError:
        raise StartError(f"proxies names {name!r}; it must be addresses, networks or {UNIX}") from None


@lru_cache(maxsize=1024)
def _address(text: str) -> str | None:
    """Returns an address without the port that some proxies add."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return str(getattr(found, "ipv4_mapped", None) or found)


@lru_cache(maxsize=1024)
def _is_in(address: str, networks: tuple[_Network, ...]) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    found = getattr(found, "ipv4_mapped", None) or found
    return any(found in network for network in networks)
