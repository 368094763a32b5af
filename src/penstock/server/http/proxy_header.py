"""The PROXY protocol: what a balancer that passes bytes on says of a connection before the first of them.

Source: https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt, sections 2.1 and 2.2. The library for it on PyPI
calls itself an alpha.
"""

import ipaddress
import struct

from penstock.server.http import refusals

_LINE = b"PROXY "
_LONGEST_LINE = 107
_BINARY = b"\r\n\r\n\x00\r\nQUIT\n"
_BINARY_HEAD = 16
_LONGEST_BINARY = 4096  # addresses with what is said about them; the protocol's own bound is 64 KiB
_LOCAL, _PROXY = 0x20, 0x21
_IPV4_STREAM, _IPV6_STREAM = 0x11, 0x21


def begins(data: bytes) -> bool:
    """Returns whether ``data``, the first bytes of a connection, may be such a header (or the first bytes of one)."""
    return any(mark.startswith(data[: len(mark)]) for mark in (_LINE, _BINARY))


def read(data: bytes) -> tuple[int, str | None] | None:
    """Returns the header's length and the client's address (None: the proxy speaks for itself); None to wait for more.

    AwsError when it is none.
    """
    return _read_binary(data) if data.startswith(_BINARY) else _read_line(data)


def _read_line(data: bytes) -> tuple[int, str | None] | None:
    end = data.find(b"\r\n", 0, _LONGEST_LINE)
    if end < 0:
        if len(data) >= _LONGEST_LINE:
            raise refusals.malformed()
        return None
    words = data[:end].split(b" ")
    if words[1:2] == [b"UNKNOWN"]:
        return end + 2, None
    if len(words) != 6 or words[1] not in (b"TCP4", b"TCP6"):
        raise refusals.malformed()
    return end + 2, _address(words[2].decode("latin-1"))


def _read_binary(data: bytes) -> tuple[int, str | None] | None:
    if len(data) < _BINARY_HEAD:
        return None
    command, family, length = struct.unpack_from("!BBH", data, len(_BINARY))
    if command not in (_LOCAL, _PROXY) or length > _LONGEST_BINARY:
        raise refusals.malformed()
    whole = _BINARY_HEAD + length
    if len(data) < whole:
        return None
    size = {_IPV4_STREAM: 4, _IPV6_STREAM: 16}.get(family)
    if command == _LOCAL or size is None:
        return whole, None
    if length < 2 * size + 4:
        raise refusals.malformed()
    return whole, str(ipaddress.ip_address(data[_BINARY_HEAD : _BINARY_HEAD + size]))


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise refusals.malformed() from None
