"""A web site of its own origin: it serves a test's page, and hears from it how the uploads went."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

_PAGE = """<!doctype html>
<meta charset="utf-8">
<title>another origin</title>
<body>
<script type="module">
const config = {config};
async function run() {{
{script}
}}
const told = await run().catch((error) => ({{ failed: `${{error.name}}: ${{error.message}}` }}));
if (told !== undefined) await fetch("/told", {{ method: "POST", body: JSON.stringify(told) }});
</script>
"""


class Site:
    """Runs within ``with``. ``told`` gets what the page's script returned, or the query of ``/done``."""

    def __init__(self, bundle: Path | None = None) -> None:
        self.told: Queue[Any] = Queue()
        self._page = ""
        self._bundle = bundle
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.origin = f"http://127.0.0.1:{self._server.server_address[1]}"

    def show(self, script: str, config: dict[str, Any]) -> str:
        """Returns the URL of a page that runs ``script``, the body of an async function that knows ``config``."""
        self._page = _PAGE.format(config=json.dumps(config), script=script)
        return f"{self.origin}/page"

    def __enter__(self) -> "Site":
        Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, path: str, body: bytes) -> tuple[int, str, bytes]:
        url = urlsplit(path)
        if url.path == "/page":
            return 200, "text/html", self._page.encode()
        if url.path == "/sdk.js" and self._bundle:
            return 200, "text/javascript", self._bundle.read_bytes()
        if url.path == "/told":
            self.told.put(json.loads(body))
        elif url.path == "/done":
            self.told.put({name: values[0] for name, values in parse_qs(url.query).items()})
        else:
            return 404, "text/plain", b""
        return 200, "text/plain", b"heard"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                status, kind, body = site._answer(self.path, self.rfile.read(length))
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET

            def log_message(self, format: str, *args: Any) -> None:
                """Says nothing."""

        return Handler
