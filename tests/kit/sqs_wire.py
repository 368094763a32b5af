"""Requests to SQS as they are on the wire, signed as root: in JSON, and as older clients send them."""

from typing import Any
from urllib.parse import urlencode

import httpx
import orjson
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from penstock.testing import LocalServer
from penstock.testing.server import REGION


def ask(server: LocalServer, action: str, **params: Any) -> httpx.Response:
    """Returns the answer to a request in JSON."""
    headers = {"x-amz-target": f"AmazonSQS.{action}", "content-type": "application/x-amz-json-1.0"}
    return _send(server, "/", orjson.dumps(params), headers)


def query(server: LocalServer, path: str, accept: str = "", **params: str) -> httpx.Response:
    """Returns the answer to a request in the query protocol."""
    headers = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    if accept:
        headers["accept"] = accept
    return _send(server, path, urlencode({"Version": "2012-11-05", **params}).encode(), headers)


def _send(server: LocalServer, path: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
    request = AWSRequest("POST", server.endpoint + path, data=body, headers=headers)
    SigV4Auth(server.session().get_credentials(), "sqs", REGION).add_auth(request)
    return httpx.post(str(request.url), content=body, headers=dict(request.headers), timeout=30)
