"""Requests that boto3 would not send, signed as root, and answers as they are on the wire."""

import httpx
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest

from penstock.testing import LocalServer
from penstock.testing.server import REGION


def send(
    server: LocalServer, method: str, path: str, body: bytes = b"", *, region: str = REGION, **headers: str
) -> httpx.Response:
    """Returns S3's answer; an underscore in a header's name stands for a hyphen."""
    request = AWSRequest(method, server.endpoint + path, data=body, headers=_named(headers))
    S3SigV4Auth(server.session().get_credentials(), "s3", region).add_auth(request)
    return httpx.request(method, request.url, content=body, headers=dict(request.prepare().headers))


def send_presigned(
    server: LocalServer, method: str, path: str, body: bytes = b"", **query: str
) -> httpx.Response:
    """Returns S3's answer to a URL that has ``query`` among what is signed."""
    request = AWSRequest(method, server.endpoint + path, params=_named(query))
    S3SigV4QueryAuth(server.session().get_credentials(), "s3", REGION, expires=600).add_auth(request)
    return httpx.request(method, str(request.prepare().url), content=body)


def refusal(answer: httpx.Response) -> tuple[int, str, str]:
    """Returns status, code and message of an error document."""
    return answer.status_code, between(answer.text, "Code"), between(answer.text, "Message")


def between(text: str, tag: str) -> str:
    """Returns what stands in the first element ``tag``; "" when there is none."""
    found = text.partition(f"<{tag}>")[2].partition(f"</{tag}>")[0]
    return found.replace("&quot;", '"').replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _named(fields: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in fields.items()}
