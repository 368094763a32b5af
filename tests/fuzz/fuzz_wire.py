"""Requests as bytes on a socket, and what is wrong with an answer."""

import hashlib
import json
import re
import socket
from base64 import b64encode
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from xml.etree import ElementTree

from penstock.access import sign
from penstock.clock import Clock

_PATIENCE_S = 10.0
_LEAKS = re.compile(rb'Traceback|File "|site-packages|src/penstock|<class \'|object at 0x')
_ALLOWED_5XX = {501: "NotImplemented", 503: "SlowDown"}
_CONTROL_REFERENCE = re.compile(rb"&#(?:[0-8]|1[1-24-9]|2[0-9]|3[01]|x0?[0-8bBcCeEfF]|x1[0-9a-fA-F]);")
_SAFE_TARGET = re.compile(r"[\x00-\x20\x7f#]")


@dataclass
class Request:
    """One request before it is signed. ``service`` names the credential scope; header names are lower-case.

    A header ``x-amz-content-sha256`` is signed as it is, else the body is; ``content-md5: right`` is computed at last.
    """

    service: str
    method: str
    path: str
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def target(self) -> str:
        """Returns path and query as sent; what would end the request line early is percent-encoded."""
        target = f"{self.path}?{self.query}" if self.query else self.path
        return _SAFE_TARGET.sub(lambda found: f"%{ord(found[0]):02X}", target)

    def signed(self, endpoint: str, key: str, secret: str) -> bytes:
        """Returns the bytes to send, signed as they are."""
        headers = dict(self.headers)
        if headers.get("content-md5") == "right":
            headers["content-md5"] = b64encode(hashlib.md5(self.body).digest()).decode()
        headers = sign(
            self.method,
            endpoint + self.target,
            headers,
            self.body,
            access_key_id=key,
            secret=secret,
            service=self.service,
            region="us-east-1",
            now_ms=Clock().now_ms(),
            payload_hash=self.headers.get("x-amz-content-sha256"),
        )
        return self.raw(headers)

    def unsigned(self, endpoint: str) -> bytes:
        """Returns the bytes to send without a signature."""
        return self.raw({"host": urlsplit(endpoint).netloc, **self.headers})

    def raw(self, headers: dict[str, str]) -> bytes:
        """Returns the bytes to send with ``headers``."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if name != "content-length")
        head = f"{self.method} {self.target} HTTP/1.1\r\n{lines}content-length: {len(self.body)}\r\n\r\n"
        return head.encode("latin-1", "replace") + self.body


@dataclass(frozen=True)
class Answer:
    """An answer; ``status`` 0 means that the server closed the connection without one."""

    status: int
    headers: dict[str, str]
    body: bytes


CLOSED = Answer(0, {}, b"")


class Wire:
    """A kept-alive connection that opens itself anew when the server closes it."""

    def __init__(self, endpoint: str) -> None:
        parts = urlsplit(endpoint)
        self._address = (parts.hostname or "", parts.port or 80)
        self._socket: socket.socket | None = None

    def send(self, request: bytes, *, method: str = "", finish: bool = False) -> Answer:
        """Returns the answer to ``request``; with ``finish`` the sending side is closed behind it.

        Raises TimeoutError when the server neither answers nor closes.
        """
        for _ in range(2):
            fresh = self._socket is None
            connection = self._open()
            try:
                connection.sendall(request)
                if finish:
                    connection.shutdown(socket.SHUT_WR)
                answer = _read(connection, method)
            except (ConnectionError, BrokenPipeError):
                answer = CLOSED
            if finish or answer.status == 0 or answer.headers.get("connection") == "close":
                self.close()
            if answer is not CLOSED or fresh:
                return answer
        return CLOSED

    def close(self) -> None:
        """Closes the connection."""
        if self._socket:
            self._socket.close()
        self._socket = None

    def _open(self) -> socket.socket:
        if self._socket is None:
            self._socket = socket.create_connection(self._address, timeout=_PATIENCE_S)
        return self._socket


def _read(connection: socket.socket, method: str) -> Answer:
    with connection.makefile("rb") as stream:
        line = stream.readline()
        if not line:
            return CLOSED
        headers = {}
        while header := stream.readline().strip():
            name, _, value = header.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        status = int(line.split()[1])
        if method == "HEAD" or status in (204, 304):
            return Answer(status, headers, b"")
        if headers.get("transfer-encoding") == "chunked":
            return Answer(status, headers, _read_chunks(stream))
        return Answer(status, headers, stream.read(int(headers.get("content-length", "0"))))


def _read_chunks(stream) -> bytes:
    body = b""
    while size := int(stream.readline(), 16):
        body += stream.read(size + 2)[:-2]
    stream.readline()
    return body


def fault(answer: Answer, method: str) -> str | None:
    """Returns what is wrong with an answer to a request that reached a service, or None."""
    if answer.status == 0:
        return "the connection was closed without an answer"
    if answer.status >= 500 and not _may_be_5xx(answer, method):
        return f"status {answer.status}"
    if leak := _LEAKS.search(answer.body):
        return f"the answer shows the server's insides: {leak[0]!r}"
    if answer.status < 400 or method == "HEAD":
        return None
    return _malformed_error(answer)


def _may_be_5xx(answer: Answer, method: str) -> bool:
    code = _ALLOWED_5XX.get(answer.status)
    said = answer.body.decode(errors="replace") + answer.headers.get("x-amzn-errortype", "")
    return code is not None and (method == "HEAD" or code in said)


def _malformed_error(answer: Answer) -> str | None:
    kind = answer.headers.get("content-type", "")
    if "json" in kind:
        return _malformed_json(answer)
    if "xml" in kind:
        return _malformed_xml(answer)
    return f"an error of content type {kind!r}"


def _malformed_json(answer: Answer) -> str | None:
    try:
        document = json.loads(answer.body)
    except ValueError:
        return "an error that is not JSON"
    if not isinstance(document, dict):
        return "an error that is no JSON object"
    if not (document.get("__type") or answer.headers.get("x-amzn-errortype")):
        return "an error without its type"
    return None if answer.headers.get("x-amzn-requestid") else "an error without a request id"


def _malformed_xml(answer: Answer) -> str | None:
    try:
        # S3 echoes control characters as references that XML 1.0 does not know; its clients allow for that.
        root = ElementTree.fromstring(_CONTROL_REFERENCE.sub(b"?", answer.body))
    except ElementTree.ParseError as error:
        return f"an error that is not XML: {error}"
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    if root.tag == "UnknownOperationException":
        return None  # all that SQS says of a GET that asks for nothing
    if root.tag not in ("Error", "ErrorResponse"):
        return f"an error document named {root.tag}"
    if not root.findtext(".//Code"):
        return "an error without its code"
    return None if root.findtext("RequestId") else "an error without a request id"
