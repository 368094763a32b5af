"""HTTP endpoints that tests own: they keep what they are asked, and answer as they are told."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import Any, NamedTuple

PATIENCE_S = 60


class Asked(NamedTuple):
    """One request: headers by their names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: str

    @property
    def json(self) -> Any:
        """Returns the body, parsed."""
        return json.loads(self.body)


class Reply(NamedTuple):
    """One answer."""

    status: int = 200
    body: str = "ok"
    headers: dict[str, str] = {}


class Endpoint:
    """``replies`` are the next answers, then 200 and ``ok``; each waits until ``held`` is set."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.replies: list[Reply] = []
        self.held = threading.Event()
        self.held.set()
        self._asked: Queue[Asked] = Queue()

    def next(self) -> Asked:
        """Returns the next request, when it has come."""
        return self._asked.get(timeout=PATIENCE_S)

    @property
    def waiting(self) -> int:
        """Returns how many requests have come that nobody has asked for."""
        return self._asked.qsize()

    def take(self, asked: Asked) -> Reply:
        """Keeps a request and returns its answer."""
        self._asked.put(asked)
        reply = self.replies.pop(0) if self.replies else Reply()
        self.held.wait(PATIENCE_S)
        return reply


@contextmanager
def endpoint() -> Iterator[Endpoint]:
    """Yields an endpoint that answers on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = made.take(Asked(self.command, self.path, headers, body))
            self.send_response(reply.status)
            for name, value in {**reply.headers, "Content-Length": str(len(reply.body.encode()))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(reply.body.encode())

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _answer

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = True
    made = Endpoint(f"http://127.0.0.1:{httpd.server_port}")
    thread = threading.Thread(target=httpd.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.held.set()
        httpd.shutdown()
        thread.join()
        httpd.server_close()


@contextmanager
def nobody() -> Iterator[str]:
    """Yields the URL of a port that is taken and on which nobody answers."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"
