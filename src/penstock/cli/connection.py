"""How commands reach a running server: its address, the root credentials, signed requests."""

import http.client
import os
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson

from penstock.access import RootCredential, sign
from penstock.app.accounts import DEFAULT_ACCOUNT, root_credentials, stored_credential
from penstock.clock import Clock, Ids
from penstock.config import Config
from penstock.errors import StartError

_PATIENCE_S = 60


@dataclass(frozen=True, slots=True)
class Connection:
    """An endpoint and who asks there."""

    endpoint: str
    credential: RootCredential
    region: str
    ca_bundle: Path | None
    """Whom to trust there: the data directory's own authority besides the machine's, None when it has none."""

    @classmethod
    def find(cls, config: Config) -> "Connection":
        """Returns the server that the settings, the environment or the data directory point to.

        Credentials: the setting ``accounts``, else the data directory's, else AWS's own environment variables.
        """
        endpoint = _endpoint(config)
        bundle = config.data_dir() / "tls" / "bundle.pem"
        trusted = bundle if endpoint.startswith("https:") and bundle.exists() else None
        return cls(endpoint, _credential(config), config.region, trusted)

    def ask(self, method: str, name: str, args: dict[str, str]) -> dict[str, Any]:
        """Returns the server's answer to a command under ``/_penstock/``; StartError when there is none."""
        url = f"{self.endpoint}/_penstock/{name}?{urlencode(args)}"
        headers = sign(
            method,
            url,
            {},
            b"",
            access_key_id=self.credential.access_key_id,
            secret=self.credential.secret,
            service="penstock",
            region=self.region,
            now_ms=Clock().now_ms(),
        )
        parts = urlsplit(url)
        connection = self._connect(parts.netloc)
        try:
            connection.request(method, f"{parts.path}?{parts.query}", headers=headers)
            response = connection.getresponse()
            answer: dict[str, Any] = orjson.loads(response.read())
        except (OSError, http.client.HTTPException, orjson.JSONDecodeError) as error:
            raise StartError(f"no Penstock answers at {self.endpoint} ({error}); is it up?") from None
        finally:
            connection.close()
        if response.status != 200:
            raise StartError(f"{answer.get('code')}: {answer.get('message')}")
        return answer

    def _connect(self, netloc: str) -> http.client.HTTPConnection:
        if not self.endpoint.startswith("https:"):
            return http.client.HTTPConnection(netloc, timeout=_PATIENCE_S)
        trusted = self.ca_bundle or os.environ.get("AWS_CA_BUNDLE")
        context = ssl.create_default_context(cafile=trusted)
        return http.client.HTTPSConnection(netloc, timeout=_PATIENCE_S, context=context)


def _endpoint(config: Config) -> str:
    if url := os.environ.get("AWS_ENDPOINT_URL"):
        return url.rstrip("/")
    noted = config.data_dir() / "endpoint"
    return noted.read_text().strip() if noted.exists() else f"http://{config.host}:{config.port}"


def _credential(config: Config) -> RootCredential:
    if config.accounts:
        return root_credentials(config.accounts, config.data_dir(), Ids())[0]
    if stored := stored_credential(config.data_dir()):
        return stored
    key, secret = os.environ.get("AWS_ACCESS_KEY_ID"), os.environ.get("AWS_SECRET_ACCESS_KEY")
    if key and secret:
        return RootCredential(account=DEFAULT_ACCOUNT, access_key_id=key, secret=secret)
    raise StartError(f"no root credentials in {config.data_dir()}; start the server once with `penstock up`")
