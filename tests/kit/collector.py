"""An OpenTelemetry collector that keeps what it gets."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Collector:
    """What came, by path; it answers with ``status``, and not before ``open`` is set. ``came`` is set when it has."""

    def __init__(self) -> None:
        self.got: list[tuple[str, Any]] = []
        self.status = 200
        self.open = threading.Event()
        self.open.set()
        self.came = threading.Event()
        self.url = ""

    def spans(self) -> list[dict[str, Any]]:
        """Returns every span that came."""
        return [
            span
            for path, body in self.got
            if path.endswith("/v1/traces")
            for resource in body["resourceSpans"]
            for scope in resource["scopeSpans"]
            for span in scope["spans"]
        ]

    def metrics(self) -> dict[str, dict[str, Any]]:
        """Returns the metrics of the last export, by name."""
        body = [body for path, body in self.got if path.endswith("/v1/metrics")][-1]
        (resource,) = body["resourceMetrics"]
        return {metric["name"]: metric for metric in resource["scopeMetrics"][0]["metrics"]}


@contextmanager
def collector() -> Iterator[Collector]:
    """Runs a collector on a free port."""
    kept = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            kept.open.wait(60)
            if kept.status == 200:
                kept.got.append((self.path, json.loads(body)))
                kept.came.set()
            self.send_response(kept.status)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        kept.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield kept
        finally:
            kept.open.set()
            server.shutdown()
            thread.join()
