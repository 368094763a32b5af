"""AWS's Parameters and Secrets extension: secrets and parameters for functions by plain HTTP, remembered for a while.

On AWS it runs beside each function and listens on its loopback. Here one port serves all functions of the machine, and
who asks is told apart by the session token that it has to send anyway: it is one worker's alone, and what the worker's
role may not read is refused as it would be to the function itself.

Sources: https://docs.aws.amazon.com/secretsmanager/latest/userguide/retrieving-secrets_lambda.html,
https://docs.aws.amazon.com/systems-manager/latest/userguide/ps-integration-lambda-extensions.html
"""

import base64
import hmac
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote
from weakref import WeakKeyDictionary

import orjson

from penstock.delivery.stamps import iso_time
from penstock.digits import whole_number
from penstock.errors import AwsError
from penstock.server import Params, Request
from penstock.services.lambda_.runtime.pool import Pool
from penstock.services.lambda_.runtime.worker import Worker
from penstock.services.service import Parts
from penstock.wire import WireResponse, complete

_TOKEN = "x-aws-parameters-secrets-token"
_MAX_TTL_S = 300
_MAX_ENTRIES = 1000
_MAX_CACHE_BYTES = 4 * 1_048_576
_TRUE = ("true", "1", "t")


class Kind(NamedTuple):
    """One path: what it asks, of which service, and which setting says how long its answers are remembered."""

    service: str
    operation: str
    ttl: str
    members: Mapping[str, str]
    needed: str
    shown: Callable[[dict[str, Any]], dict[str, Any]]


def _secret(answer: dict[str, Any]) -> dict[str, Any]:
    created = iso_time(answer["CreatedDate"])
    return {"SecretBinary": None, "SecretString": None, **answer, "CreatedDate": created}


def _parameter(answer: dict[str, Any]) -> dict[str, Any]:
    found = answer["Parameter"]
    modified = iso_time(found["LastModifiedDate"])
    return {"Parameter": {"Selector": None, "SourceResult": None, **found, "LastModifiedDate": modified}}


_KINDS = {
    "/secretsmanager/get": Kind(
        "secretsmanager",
        "GetSecretValue",
        "SECRETS_MANAGER_TTL",
        {"secretId": "SecretId", "versionId": "VersionId", "versionStage": "VersionStage"},
        "secretId",
        _secret,
    ),
    "/systemsmanager/parameters/get": Kind(
        "ssm",
        "GetParameter",
        "SSM_PARAMETER_STORE_TTL",
        {"name": "Name", "version": "Name", "label": "Name", "withDecryption": "WithDecryption"},
        "name",
        _parameter,
    ),
}


@dataclass(slots=True)
class _Cache:
    """What one worker has asked: answers by the question, the longest unused first, each until its time."""

    entries: OrderedDict[tuple[str, ...], tuple[int, bytes]]
    size: int = 0

    def find(self, key: tuple[str, ...], now_ms: int) -> bytes | None:
        ends_ms, found = self.entries.get(key, (0, b""))
        if ends_ms <= now_ms:
            return None
        self.entries.move_to_end(key)
        return found

    def keep(self, key: tuple[str, ...], ends_ms: int, answer: bytes, most: int) -> None:
        self._drop(key)
        self.entries[key] = ends_ms, answer
        self.size += len(answer)
        while len(self.entries) > most or self.size > _MAX_CACHE_BYTES:
            self._drop(next(iter(self.entries)))

    def _drop(self, key: tuple[str, ...]) -> None:
        self.size -= len(self.entries.pop(key, (0, b""))[1])


class Extension:
    """Answers the workers of ``pool``."""

    def __init__(self, parts: Parts, pool: Pool) -> None:
        self._parts = parts
        self._pool = pool
        self._caches: WeakKeyDictionary[Worker, _Cache] = WeakKeyDictionary()

    async def answer(self, request: Request, rest: str) -> WireResponse:
        """Returns the secret or parameter that the path and the query name, as the function's role may read it."""
        kind = _KINDS.get(f"/{unquote(rest)}")
        if kind is None or request.method != "GET":
            return _text(404, "404 page not found")
        worker = self._worker(request.headers.get(_TOKEN, ""))
        if worker is None:
            return _text(
                401, "the X-Aws-Parameters-Secrets-Token header is not the function's AWS_SESSION_TOKEN"
            )
        if not worker.is_initialised:
            return _text(400, "not ready to serve traffic, please wait")
        try:
            params = _params(kind, dict(parse_qsl(request.query, keep_blank_values=True, max_num_fields=16)))
        except ValueError as error:
            return _text(400, str(error))
        try:
            return _json(200, await self._find(worker, kind, params))
        except AwsError as error:
            return _json(error.status or 400, orjson.dumps({"__type": error.code, "message": error.message}))

    def _worker(self, token: str) -> Worker | None:
        sent = token.encode()
        return next(
            (worker for worker in self._pool.workers if hmac.compare_digest(worker.session.encode(), sent)),
            None,
        )

    async def _find(self, worker: Worker, kind: Kind, params: Params) -> bytes:
        now_ms = self._parts.clock.now_ms()
        settings = worker.function.settings.get("Environment", {}).get("Variables", {})
        ttl_ms, most = 1000 * _ttl_s(settings, kind), _most(settings)
        cache = self._caches.setdefault(worker, _Cache(OrderedDict()))
        key = kind.operation, *(f"{name}={value}" for name, value in sorted(params.items()))
        if ttl_ms and (found := cache.find(key, now_ms)):
            return found
        answer = orjson.dumps(
            {**kind.shown(await self._ask(worker, kind, params)), "ResultMetadata": {}}, default=_encoded
        )
        if ttl_ms and most:
            cache.keep(key, now_ms + ttl_ms, answer, most)
        return answer

    async def _ask(self, worker: Worker, kind: Kind, params: Params) -> dict[str, Any]:
        call, env = self._parts.call, worker.plan.spec.env
        principal = await call.identify(env["AWS_ACCESS_KEY_ID"], env["AWS_SESSION_TOKEN"])
        answer: dict[str, Any] = await call(
            kind.service,
            kind.operation,
            params,
            principal=principal,
            account=principal.account,
            region=worker.function.region,
        )
        return answer


def _params(kind: Kind, query: Mapping[str, str]) -> Params:
    """Returns the operation's parameters; ValueError when the query does not say what is wanted."""
    if not query.get(kind.needed):
        raise ValueError(f"{kind.needed} is required")
    params: Params = {}
    for name, member in kind.members.items():
        value = query.get(name)
        if not value:
            continue
        if member == "WithDecryption":
            params[member] = value.lower() in _TRUE
        else:  # a version or a label is part of the parameter's name
            params[member] = f"{params[member]}:{value}" if member in params else value
    return params


def _ttl_s(settings: Mapping[str, str], kind: Kind) -> int:
    if settings.get("PARAMETERS_SECRETS_EXTENSION_CACHE_ENABLED", "true").lower() not in _TRUE:
        return 0
    found = whole_number(settings.get(kind.ttl, ""))
    return _MAX_TTL_S if found is None else min(found, _MAX_TTL_S)


def _most(settings: Mapping[str, str]) -> int:
    found = whole_number(settings.get("PARAMETERS_SECRETS_EXTENSION_CACHE_SIZE", ""))
    return _MAX_ENTRIES if found is None else min(found, _MAX_ENTRIES)


def _encoded(value: object) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(type(value).__name__)


def _text(status: int, text: str) -> WireResponse:
    return complete(status, [(b"content-type", b"text/plain; charset=utf-8")], text.encode())


def _json(status: int, body: bytes) -> WireResponse:
    return complete(status, [(b"content-type", b"application/json")], body)
