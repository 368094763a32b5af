"""SigV4 by hand: requests are signed before the watch starts, so that the generator costs as little as possible."""

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import UTC, datetime

ACCESS_KEY = "AKIDBENCH00000000000"
SECRET_KEY = "bench-secret-key-that-guards-nothing"
ACCOUNT = "000000000000"
REGION = "us-east-1"


@dataclass
class Signer:
    """Makes complete HTTP/1.1 requests for one ``host`` (``127.0.0.1:4566``) and service."""

    host: str
    service: str
    access_key: str = ACCESS_KEY
    secret_key: str = SECRET_KEY
    region: str = REGION
    _now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __post_init__(self) -> None:
        self._stamp = self._now.strftime("%Y%m%dT%H%M%SZ")
        self._scope = f"{self._stamp[:8]}/{self.region}/{self.service}/aws4_request"
        key = f"AWS4{self.secret_key}".encode()
        for part in self._scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        self._key = key

    def head(
        self,
        method: str,
        path: str,
        *,
        payload_hash: str,
        length: int,
        query: str = "",
        headers: dict[str, str] | None = None,
    ) -> bytes:
        """Returns the request up to and with the empty line; ``path`` and ``query`` are encoded and sorted."""
        signed = {
            "host": self.host,
            "x-amz-content-sha256": payload_hash,
            "x-amz-date": self._stamp,
            **(headers or {}),
        }
        names = sorted(signed)
        lines = "".join(f"{name}:{signed[name]}\n" for name in names)
        canonical = f"{method}\n{path}\n{query}\n{lines}\n{';'.join(names)}\n{payload_hash}"
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        text = f"AWS4-HMAC-SHA256\n{self._stamp}\n{self._scope}\n{digest}"
        signature = hmac.digest(self._key, text.encode(), "sha256").hex()
        target = f"{path}?{query}" if query else path
        sent = "".join(f"{name}: {signed[name]}\r\n" for name in names)
        return (
            f"{method} {target} HTTP/1.1\r\n{sent}content-length: {length}\r\n"
            f"authorization: AWS4-HMAC-SHA256 Credential={self.access_key}/{self._scope}, "
            f"SignedHeaders={';'.join(names)}, Signature={signature}\r\n\r\n"
        ).encode()

    def request(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        query: str = "",
        headers: dict[str, str] | None = None,
    ) -> bytes:
        """Returns head and body of a request whose body is signed too."""
        digest = hashlib.sha256(body).hexdigest()
        head = self.head(method, path, payload_hash=digest, length=len(body), query=query, headers=headers)
        return head + body
