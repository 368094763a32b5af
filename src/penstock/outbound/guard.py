"""Which addresses a webhook may not reach: those that are nobody's outside of this machine, or the server's own.

Whoever may subscribe names an endpoint that the server then talks to, from where the server stands. So no name and no
redirect may lead to the addresses on which clouds give machines their credentials, nor to the server's control API.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import unquote, urlsplit

from penstock.config import Config
from penstock.errors import PenstockError

_CONTROL = "/_penstock"
_LINK_LOCAL = (
    IPv4Network("169.254.0.0/16"),
    IPv4Network("0.0.0.0/8"),
    IPv4Network("255.255.255.255/32"),
    IPv4Network("224.0.0.0/4"),
    IPv6Network("fe80::/10"),
    IPv6Network("fd00:ec2::/32"),  # the instance metadata of EC2
    IPv6Network("ff00::/8"),
    IPv6Network("::/128"),
)
_EMBEDDED = (IPv6Network("64:ff9b::/96"), IPv6Network("::ffff:0:0:0/96"))

Address = IPv4Address | IPv6Address


class ForbiddenEndpoint(PenstockError):
    """The server does not talk to this endpoint."""


class Guard:
    """What the endpoints of one server may be."""

    def __init__(self, config: Config) -> None:
        self._anywhere = config.webhooks == "anywhere"
        self._loopback = config.host in ("localhost", "::1") or config.host.startswith("127.")

    def check_url(self, url: str) -> None:
        """Returns when the URL, as far as it says, may be talked to; ForbiddenEndpoint."""
        if self._anywhere:
            return
        parts = urlsplit(url)
        path = _plain(parts.path)
        if path == _CONTROL or path.startswith(f"{_CONTROL}/"):
            raise ForbiddenEndpoint(f"{path} is the control API of a server like this one")
        try:
            address = ip_address(parts.hostname or "")
        except ValueError:
            return
        self.check_address(address)

    def check_address(self, address: Address) -> None:
        """Returns when the address may be talked to; ForbiddenEndpoint."""
        if self._anywhere:
            return
        found = _inner(address)
        if any(found in network for network in _LINK_LOCAL if network.version == found.version):
            raise ForbiddenEndpoint(
                f"{address} is a link-local or unspecified address; `--webhooks anywhere` allows it"
            )
        if found.is_loopback and not self._loopback:
            raise ForbiddenEndpoint(
                f"{address} is this machine, and the server listens to others; `--webhooks anywhere` allows it"
            )


def _inner(address: Address) -> Address:
    """Returns the IPv4 address that an IPv6 address stands for, else the address."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address.sixtofour:
        return address.sixtofour
    if any(address in network for network in _EMBEDDED) or (0xFFFF < int(address) < 1 << 32):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _plain(path: str) -> str:
    """Returns the path as a server may read it: decoded, without doubled slashes and steps up."""
    decoded = unquote(unquote(path)).replace("\\", "/").lower()
    steps: list[str] = []
    for step in decoded.split("/"):
        if step == "..":
            del steps[-1:]
        elif step not in ("", "."):
            steps.append(step)
    return "/" + "/".join(steps)
