"""How commands reach a running server: its address, the root credentials, signed requests."""

import http.client
import os
import ssl
from collections.abc import Mapping
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

_HEALTH_S = 5
_COMMAND_S = 60
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A base URL, where it comes from, and whom to trust there besides the machine's authorities."""

    url: str
    source: str
    ca_bundle: Path | None = None

    def send(
        self, method: str, path: str, headers: dict[str, str], body: bytes, timeout_s: float
    ) -> tuple[int, dict[str, Any]]:
        """Returns status and answer of one request; StartError when no Penstock answers."""
        parts = urlsplit(self.url)
        connection = self._connect(parts.netloc, timeout_s)
        try:
            connection.request(method, f"{parts.path}{path}", body or None, headers)
            response = connection.getresponse()
            answer = orjson.loads(response.read())
        except (OSError, http.client.HTTPException, orjson.JSONDecodeError) as error:
            raise StartError(
                f"no Penstock answers at {self.url}, which is {self.source} ({error}); start one with `penstock up`"
            ) from None
        finally:
            connection.close()
        return response.status, answer if isinstance(answer, dict) else {}

    def _connect(self, netloc: str, timeout_s: float) -> http.client.HTTPConnection:
        if not self.url.startswith("https:"):
            return http.client.HTTPConnection(netloc, timeout=timeout_s)
        context = ssl.create_default_context(cafile=self.ca_bundle or os.environ.get("AWS_CA_BUNDLE"))
        return http.client.HTTPSConnection(netloc, timeout=timeout_s, context=context)


@dataclass(frozen=True, slots=True)
class Connection:
    """A server and who asks there."""

    endpoint: Endpoint
    credential: RootCredential
    region: str

    @classmethod
    def find(cls, flags: Mapping[str, object]) -> "Connection":
        """Returns the server and the keys that the help of the commands tells; StartError when there are none."""
        config = Config.load(flags)
        endpoint = _endpoint(config, flags)
        return cls(endpoint, _credential(config, endpoint), config.region)

    def check(self) -> None:
        """Returns when a Penstock answers; else raises StartError."""
        _, answer = self.endpoint.send("GET", "/_penstock/health", {}, b"", _HEALTH_S)
        if "state" not in answer:
            raise StartError(
                f"what answers at {self.endpoint.url}, which is {self.endpoint.source}, is no Penstock"
            )

    def ask(self, name: str, args: dict[str, str]) -> dict[str, Any]:
        """Returns the server's answer to a question under ``/_penstock/``; StartError when there is none."""
        return self._send("GET", f"/_penstock/{name}?{urlencode(args)}", b"")

    def tell(self, name: str, args: Mapping[str, object]) -> dict[str, Any]:
        """Returns the server's answer to a command under ``/_penstock/``; StartError when it refuses."""
        return self._send("POST", f"/_penstock/{name}", orjson.dumps(args))

    def _send(self, method: str, path: str, body: bytes) -> dict[str, Any]:
        headers = sign(
            method,
            self.endpoint.url + path,
            {},
            body,
            access_key_id=self.credential.access_key_id,
            secret=self.credential.secret,
            service="penstock",
            region=self.region,
            now_ms=Clock().now_ms(),
        )
        status, answer = self.endpoint.send(method, path, headers, body, _COMMAND_S)
        if status != 200:
            raise StartError(f"{answer.get('code')}: {answer.get('message')}")
        return answer


def _endpoint(config: Config, flags: Mapping[str, object]) -> Endpoint:
    if flags.get("host") is not None or flags.get("port") is not None:
        return _trusted(_url(config), "--host and --port", config)
    noted = config.data_dir() / "endpoint"
    if flags.get("data") is not None and not noted.exists():
        raise StartError(f"no server runs on {config.data_dir()}; start one with `penstock up`")
    if flags.get("data") is None:
        if url := os.environ.get("AWS_ENDPOINT_URL"):
            return Endpoint(url.rstrip("/"), "AWS_ENDPOINT_URL")
        if config.port and os.environ.keys() & {"PENSTOCK_HOST", "PENSTOCK_PORT"}:
            return _trusted(_url(config), "PENSTOCK_HOST and PENSTOCK_PORT", config)
    if noted.exists():
        return _trusted(
            noted.read_text().strip(), f"where the server on {config.data_dir()} was last", config
        )
    return _trusted(_url(Config()), f"the usual address, for no server runs on {config.data_dir()}", config)


def _trusted(url: str, source: str, config: Config) -> Endpoint:
    bundle = config.data_dir() / "tls" / "bundle.pem"
    return Endpoint(url, source, bundle if url.startswith("https:") and bundle.exists() else None)


def _url(config: Config) -> str:
    host = _EVERYWHERE.get(config.host, config.host)
    scheme = "https" if config.tls != "off" or config.tls_cert else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{config.port}"


def _credential(config: Config, endpoint: Endpoint) -> RootCredential:
    if config.accounts:
        return root_credentials(config.accounts, config.data_dir(), Ids())[0]
    key, secret = os.environ.get("AWS_ACCESS_KEY_ID"), os.environ.get("AWS_SECRET_ACCESS_KEY")
    if key and secret and endpoint.source == "AWS_ENDPOINT_URL":
        return RootCredential(account=DEFAULT_ACCOUNT, access_key_id=key, secret=secret)
    if stored := stored_credential(config.data_dir()):
        return stored
    raise StartError(f"no root keys in {config.data_dir()}; name the server's data directory with --data")
