"""The server's own API, asked as root."""

import json
import urllib.error
import urllib.request
from typing import Any

from penstock.access import sign
from penstock.testing import LocalServer
from penstock.testing.server import ACCESS_KEY_ID, REGION, SECRET


def ask(
    server: LocalServer, method: str, path: str, body: bytes = b"", secret: str | None = SECRET
) -> tuple[int, Any]:
    """Returns status and answer; without ``secret`` nobody signs."""
    url = server.endpoint + path
    headers: dict[str, str] = {}
    if secret:
        # The machine's time: clients know nothing of a moved clock.
        now_ms = server.clock.__class__().now_ms()
        headers = sign(
            method, url, {}, body, access_key_id=ACCESS_KEY_ID, secret=secret,
            service="penstock", region=REGION, now_ms=now_ms,
        )  # fmt: skip
    request = urllib.request.Request(url, body or None, headers, method=method)
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, json.loads(response.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def scrubbed(server: LocalServer) -> dict[str, Any]:
    """Returns the report of one pass."""
    report = ask(server, "POST", "/_penstock/scrub")[1]
    while report["running"]:
        report = ask(server, "GET", "/_penstock/scrub")[1]
    found: dict[str, Any] = report
    return found
