"""Who has asked, behind proxies and without: only those that are named are believed."""

import socket
import struct
from pathlib import Path

import pytest

from penstock.errors import StartError
from penstock.server.http import Limits, Proxies
from penstock.server.request import Request
from penstock.testing import LocalServer
from penstock.wire import WireResponse
from tests.kit.front import Client, run, serving, until

LIMITS = Limits()
NAMED = "127.0.0.1, 10.0.0.0/8, ::1"
BINARY = b"\r\n\r\n\x00\r\nQUIT\n"


async def who(request: Request) -> WireResponse:
    said = f"{request.source_ip} {request.secure}".encode()
    return WireResponse(200, [(b"content-length", b"%d" % len(said))], said)


def get(*headers: str) -> bytes:
    return "\r\n".join(["GET / HTTP/1.1", "Host: a", *headers, "\r\n"]).encode()


def asked(*pieces: bytes, proxies: str = NAMED) -> str:
    """Returns what the handler was told of a connection on which ``pieces`` are sent."""
    found = ""

    async def scenario() -> None:
        nonlocal found
        async with serving(who, LIMITS, proxies=proxies) as front:
            client = await front.connect()
            for piece in pieces:
                await client.send(piece)
            found = await answered(client)

    run(scenario)
    return found


async def answered(client: Client) -> str:
    head, _, body = (await client.some()).partition(b"\r\n\r\n")
    return body.decode() if head.startswith(b"HTTP/1.1 200") else head.split(b"\r\n")[0].decode()


def binary(family: int, addresses: bytes, command: int = 0x21) -> bytes:
    return BINARY + struct.pack("!BBH", command, family, len(addresses)) + addresses


IPV4 = binary(0x11, bytes([192, 0, 2, 1, 127, 0, 0, 1]) + struct.pack("!HH", 5000, 80))
IPV6 = binary(0x21, socket.inet_pton(socket.AF_INET6, "2001:db8::1") * 2 + struct.pack("!HH", 5000, 80))


@pytest.mark.parametrize(
    ("headers", "client"),
    [
        ([], "127.0.0.1 False"),
        (["X-Forwarded-For: 192.0.2.1"], "192.0.2.1 False"),
        (["X-Forwarded-For: 192.0.2.1", "X-Forwarded-Proto: https"], "192.0.2.1 True"),
        (["X-Forwarded-For: 203.0.113.9, 192.0.2.1, 10.1.2.3"], "192.0.2.1 False"),
        (["X-Forwarded-For: 203.0.113.9", "X-Forwarded-For: 192.0.2.1"], "192.0.2.1 False"),
        (["X-Forwarded-For: 10.1.1.1, 10.2.2.2"], "10.1.1.1 False"),
        (["X-Forwarded-For: 192.0.2.1:4711"], "192.0.2.1 False"),
        (["X-Forwarded-For: [2001:db8::1]:4711"], "2001:db8::1 False"),
        (["X-Forwarded-For: 192.0.2.1, not-an-address"], "127.0.0.1 False"),
        (["X-Forwarded-For: 192.0.2.1, not-an-address, 10.0.0.1"], "10.0.0.1 False"),
        (["X-Forwarded-For: "], "127.0.0.1 False"),
        (["X-Forwarded-Proto: https, http"], "127.0.0.1 False"),
    ],
)
def test_a_named_proxy_says_who_has_asked(headers: list[str], client: str) -> None:
    assert asked(get(*headers)) == client


def test_who_is_not_named_is_not_believed() -> None:
    headers = ["X-Forwarded-For: 192.0.2.1", "X-Forwarded-Proto: https"]
    assert asked(get(*headers), proxies="") == "127.0.0.1 False"
    assert asked(get(*headers), proxies="10.0.0.0/8") == "127.0.0.1 False"
    assert asked(b"PROXY TCP4 192.0.2.1 127.0.0.1 5000 80\r\n" + get(), proxies="").startswith("HTTP/1.1 400")
    assert asked(IPV4 + get(), proxies="").startswith("HTTP/1.1 400")


@pytest.mark.parametrize(
    ("header", "client"),
    [
        (b"PROXY TCP4 192.0.2.1 127.0.0.1 5000 80\r\n", "192.0.2.1"),
        (b"PROXY TCP6 2001:db8::1 ::1 5000 80\r\n", "2001:db8::1"),
        (b"PROXY UNKNOWN\r\n", "127.0.0.1"),
        (b"PROXY UNKNOWN any thing at all\r\n", "127.0.0.1"),
        (IPV4, "192.0.2.1"),
        (IPV6, "2001:db8::1"),
        (binary(0x11, IPV4[16:], command=0x20), "127.0.0.1"),
        (binary(0x00, b""), "127.0.0.1"),
        (binary(0x11, IPV4[16:] + b"\x03\x00\x04abcd"), "192.0.2.1"),
    ],
)
def test_a_balancer_says_it_before_the_first_request(header: bytes, client: str) -> None:
    assert asked(header + get()) == f"{client} False"
    assert asked(*(bytes([byte]) for byte in header + get())) == f"{client} False"


@pytest.mark.parametrize(
    "header",
    [
        b"PROXY TCP4 192.0.2.1 127.0.0.1 5000\r\n",
        b"PROXY TCP4 192.0.2.999 127.0.0.1 5000 80\r\n",
        b"PROXY TCP9 192.0.2.1 127.0.0.1 5000 80\r\n",
        b"PROXY " + b"a" * 200,
        BINARY + struct.pack("!BBH", 0x21, 0x11, 60_000),
        BINARY + struct.pack("!BBH", 0x21, 0x11, 4) + b"abcd",
        BINARY + struct.pack("!BBH", 0x33, 0x11, 12) + IPV4[16:],
    ],
)
def test_a_header_that_is_none_is_refused(header: bytes) -> None:
    assert asked(header + get()).startswith("HTTP/1.1 400")


def test_half_a_header_has_the_time_of_a_head() -> None:
    async def scenario() -> None:
        async with serving(who, LIMITS, proxies=NAMED) as front:
            client = await front.connect()
            await client.send(IPV4[:14])
            await until(lambda: front.one._opening)
            front.elapse(LIMITS.head_s)
            assert await client.rest() == b""

    run(scenario)


def test_many_clients_may_stand_behind_one_proxy() -> None:
    async def scenario() -> None:
        few = Limits(connections=10, connections_per_address=2)
        async with serving(who, few, proxies=NAMED) as front:
            clients = [await front.connect() for _ in range(5)]
            for client in clients:
                await client.send(get())
                assert await answered(client) == "127.0.0.1 False"

    run(scenario)


def test_a_setting_that_names_no_address_is_refused() -> None:
    with pytest.raises(StartError, match="proxies names 'nginx'"):
        Proxies("127.0.0.1, nginx")


def test_a_server_answers_on_its_unix_socket_and_leaves_none_behind(tmp_path: Path) -> None:
    path = tmp_path / "penstock.sock"
    with LocalServer(socket=path, proxies="unix"):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(10)
            client.connect(str(path))
            client.sendall(b"GET /_penstock/health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            assert client.recv(15) == b"HTTP/1.1 200 OK"
        assert path.stat().st_mode & 0o777 == 0o660
        with pytest.raises(StartError, match="cannot listen"), LocalServer(socket=path):
            pass
    assert not path.exists()


def test_a_socket_that_a_killed_server_left_is_replaced_and_a_file_is_not(tmp_path: Path) -> None:
    left, file = tmp_path / "left.sock", tmp_path / "file"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(left))
    with LocalServer(socket=left):
        pass
    file.write_text("somebody's")
    with pytest.raises(StartError, match="cannot listen"), LocalServer(socket=file):
        pass
    assert file.read_text() == "somebody's"
