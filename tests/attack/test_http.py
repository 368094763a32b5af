"""Clients that no library would be: what they send, how slowly, and what they never read."""

import json
import re
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from penstock.server.http import Limits
from penstock.testing import LocalServer

LIMITS = Limits()
HEALTH = b"GET /_penstock/health HTTP/1.1\r\nHost: a\r\n\r\n"


class Raw:
    """One connection, by hand."""

    def __init__(self, server: LocalServer) -> None:
        host, port = server.endpoint.removeprefix("http://").split(":")
        self.socket = socket.create_connection((host, int(port)), timeout=10)
        self.server = server

    def send(self, data: bytes) -> "Raw":
        self.socket.sendall(data)
        return self

    def answers(self) -> list[bytes]:
        """Returns the status lines of everything that comes until the server ends the connection."""
        return re.findall(rb"^HTTP/1.1 [^\r]+", self.rest(), re.MULTILINE)

    def rest(self) -> bytes:
        found = b""
        while True:
            try:
                data = self.socket.recv(65_536)
            except ConnectionResetError:
                return found
            if not data:
                return found
            found += data

    def answer(self) -> bytes:
        """Returns one whole answer with a body of known length."""
        found = b""
        while b"\r\n\r\n" not in found:
            found += self._some()
        head, body = found.split(b"\r\n\r\n", 1)
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        while len(body) < length:
            body += self._some()
        return head + b"\r\n\r\n" + body

    def _some(self) -> bytes:
        data = self.socket.recv(65_536)
        assert data, "the connection ended before the answer"
        return data


@pytest.fixture
def raw(server: LocalServer) -> Iterator[Any]:
    opened: list[Raw] = []

    def connect() -> Raw:
        opened.append(Raw(server))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.socket.close()


def elapse(server: LocalServer, seconds: int) -> None:
    async def step() -> None:
        server.listener.connections.elapse(seconds)

    server.wait(step())


def busy(server: LocalServer) -> bool:
    """Returns whether something of a request is there."""
    return len(server.listener.connections) > len(server.listener.connections._idle)


PUT = b"PUT /b/k HTTP/1.1\r\nHost: a\r\n"
AMBIGUOUS = {
    "length and chunks": PUT + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and length": PUT + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
    "two lengths": PUT + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "a signed length": PUT + b"Content-Length: +3\r\n\r\nabc",
    "chunks that are not last": PUT + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "a bare line feed": b"GET / HTTP/1.1\nHost: a\n\n",
    "a folded header": b"GET / HTTP/1.1\r\nHost: a\r\nX-A: b\r\n c: d\r\n\r\n",
    "a blank before the colon": b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
    "a zero byte": b"GET / HTTP/1.1\r\nHost: a\x00b\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "a target that is no path": b"GET b/k HTTP/1.1\r\nHost: a\r\n\r\n",
    "another method": b"BREW /pot HTTP/1.1\r\nHost: a\r\n\r\n",
    "a chunk of no size": PUT + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
}


@pytest.mark.parametrize("request_bytes", AMBIGUOUS.values(), ids=AMBIGUOUS.keys())
def test_what_could_be_read_in_two_ways_is_refused_and_nothing_behind_it_is_served(
    raw: Any, request_bytes: bytes
) -> None:
    answers = raw().send(request_bytes + HEALTH).answers()
    assert len(answers) == 1
    assert answers[0].split()[1] in (b"400", b"404")


def test_requests_in_a_row_are_answered_in_their_order(raw: Any) -> None:
    missing = b"GET /_penstock/nothing HTTP/1.1\r\nHost: a\r\n\r\n"
    connection = raw().send(HEALTH + missing + HEALTH)
    connection.socket.shutdown(socket.SHUT_WR)
    assert [line.split()[1] for line in connection.answers()] == [b"200", b"403", b"200"]


def test_many_requests_in_a_row_are_all_answered(raw: Any) -> None:
    count = 10 * LIMITS.pipelined
    last = HEALTH.replace(b"Host: a", b"Host: a\r\nConnection: close")
    answers = raw().send(HEALTH * count + last).answers()
    assert answers == [b"HTTP/1.1 200 OK"] * (count + 1)


def test_a_head_that_does_not_end_is_refused_at_its_bound(raw: Any) -> None:
    connection = raw().send(b"GET / HTTP/1.1\r\nHost: a\r\nX-A: " + b"a" * (LIMITS.head_bytes + 65_536))
    assert b"RequestHeaderSectionTooLarge" in connection.rest()


def test_more_headers_than_anybody_needs_are_refused(raw: Any) -> None:
    headers = b"".join(b"X-%d: 1\r\n" % number for number in range(LIMITS.headers + 1))
    connection = raw().send(b"GET / HTTP/1.1\r\nHost: a\r\n" + headers + b"\r\n")
    assert b"RequestHeaderSectionTooLarge" in connection.rest()


def test_a_head_that_comes_too_slowly_ends_the_connection(server: LocalServer, raw: Any) -> None:
    connection = raw().send(b"GET / HTTP/1.1\r\nHost: a\r\n")
    connection.send(b"X-A: 1\r\n")
    _until_seen(server, lambda: busy(server))
    elapse(server, LIMITS.head_s)
    assert b"RequestTimeout" in connection.rest()


def test_a_body_without_progress_is_answered_request_timeout(server: LocalServer, raw: Any) -> None:
    server.client("s3").create_bucket(Bucket="slow-body")
    allow = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::slow-body/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    server.client("s3").delete_public_access_block(Bucket="slow-body")
    server.client("s3").put_bucket_policy(Bucket="slow-body", Policy=policy)
    connection = raw().send(b"PUT /slow-body/k HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nabc")
    _until_seen(server, lambda: busy(server))
    elapse(server, LIMITS.body_s)
    assert b"<Code>RequestTimeout</Code>" in connection.rest()
    assert "Contents" not in server.client("s3").list_objects_v2(Bucket="slow-body")


def test_a_connection_that_idles_is_ended(server: LocalServer, raw: Any) -> None:
    connection = raw().send(HEALTH)
    connection.answer()
    elapse(server, LIMITS.idle_s)
    assert connection.rest() == b""


def test_a_reader_that_stops_reading_holds_no_more_than_the_buffers(server: LocalServer, raw: Any) -> None:
    s3 = server.client("s3")
    s3.create_bucket(Bucket="unread")
    s3.put_object(Bucket="unread", Key="k", Body=bytes(64 * 1024 * 1024))
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "unread", "Key": "k"})
    path = url.removeprefix(server.endpoint)
    host = server.endpoint.removeprefix("http://")
    connection = raw().send(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    assert connection.socket.recv(15) == b"HTTP/1.1 200 OK"
    _until_seen(server, lambda: any(one._drained for one in server.listener.connections._open))
    elapse(server, LIMITS.answer_s)
    assert len(connection.rest()) < 32 * 1024 * 1024


def test_a_client_that_has_sent_everything_and_says_so_gets_its_answer(raw: Any) -> None:
    connection = raw().send(HEALTH)
    connection.socket.shutdown(socket.SHUT_WR)
    assert connection.answers() == [b"HTTP/1.1 200 OK"]


def test_a_whole_url_as_target_names_the_host(raw: Any) -> None:
    connection = raw().send(b"GET http://a:1/_penstock/health HTTP/1.1\r\nHost: other\r\n\r\n")
    assert connection.answer().startswith(b"HTTP/1.1 200")


def test_an_upgrade_is_not_taken_up(raw: Any) -> None:
    upgrade = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
    connection = raw().send(b"GET /_penstock/health HTTP/1.1\r\nHost: a\r\n" + upgrade + b"\r\n")
    assert connection.answers() == [b"HTTP/1.1 200 OK"]


def test_trailers_are_no_headers(server: LocalServer, raw: Any) -> None:
    connection = raw().send(
        b"POST /_penstock/settle HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"0\r\nAuthorization: AWS4-HMAC-SHA256 Credential=a\r\n\r\n"
    )
    assert connection.answer().startswith(b"HTTP/1.1 403")


def test_an_answer_to_head_has_no_body(raw: Any) -> None:
    connection = raw().send(b"HEAD /missing/key HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    head, _, body = connection.rest().partition(b"\r\n\r\n")
    assert (head.split()[1], body) == (b"404", b"")


def test_five_hundred_idle_connections_leave_room_for_one_more(server: LocalServer, raw: Any) -> None:
    for _ in range(500):
        raw()
    assert raw().send(HEALTH).answer().startswith(b"HTTP/1.1 200")


def _until_seen(server: LocalServer, seen: Any) -> None:
    """Returns when the server's loop sees it: what was sent has arrived."""

    async def look() -> bool:
        return bool(seen())

    while not server.wait(look()):
        pass
