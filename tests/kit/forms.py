"""Forms as browsers post them, and their policies, signed with either version."""

import hashlib
import hmac
import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from botocore.config import Config

from penstock.testing import LocalServer

Fields = dict[str, str]

BOUNDARY = "----WebKitFormBoundary7MA4YWxkTrZu0gW"


def presigned(server: LocalServer, bucket: str, key: str, version: str = "s3v4", **options: Any) -> Fields:
    """Returns the fields that boto3 makes for a form; ``options`` go to ``generate_presigned_post``."""
    config = Config(signature_version=version, s3={"addressing_style": "path"})
    client = server.client("s3", config=config)
    fields: Fields = client.generate_presigned_post(bucket, key, **options)["fields"]
    return fields


def signed(fields: Fields, policy: object, secret: str) -> Fields:
    """Returns the form's fields with a policy that is signed as it is, however odd; version 4."""
    text = policy if isinstance(policy, str) else b64encode(json.dumps(policy).encode()).decode()
    date = fields["x-amz-date"][:8]
    made = f"AWS4{secret}".encode()
    for part in (date, "us-east-1", "s3", "aws4_request", text):
        made = hmac.digest(made, part.encode(), hashlib.sha256)
    return {**fields, "policy": text, "x-amz-signature": made.hex()}


def signature_fields(key: str, *, in_s: int = 0) -> Fields:
    """Returns the fields of a signature that is about to be made, or as if it were made in ``in_s`` seconds."""
    now = (datetime.now(UTC) + timedelta(seconds=in_s)).strftime("%Y%m%dT%H%M%SZ")
    return {
        "x-amz-algorithm": "AWS4-HMAC-SHA256",
        "x-amz-credential": f"{key}/{now[:8]}/us-east-1/s3/aws4_request",
        "x-amz-date": now,
    }


def in_an_hour() -> str:
    """Returns the expiration of a policy."""
    return (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def encoded(fields: Fields, file: bytes | None = b"content", filename: str = "a.txt") -> bytes:
    """Returns the body of a form; ``file`` None leaves the file out."""
    found = b""
    for name, value in fields.items():
        found += _part(f'name="{name}"', value.encode())
    if file is not None:
        found += _part(f'name="file"; filename="{filename}"', file)
    return found + f"--{BOUNDARY}--\r\n".encode()


def post(server: LocalServer, path: str, body: bytes, **headers: str) -> httpx.Response:
    """Returns the answer to a form."""
    sent = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", **headers}
    return httpx.post(f"{server.endpoint}{path}", content=body, headers=sent)


def _part(parameters: str, value: bytes) -> bytes:
    head = f"--{BOUNDARY}\r\nContent-Disposition: form-data; {parameters}\r\n\r\n"
    return head.encode() + value + b"\r\n"
