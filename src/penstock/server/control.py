"""The server's own API under ``/_penstock/``: health for everybody, the rest for the default account's root."""

import logging
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import orjson

from penstock.access import REST_JSON, V4
from penstock.errors import AwsError
from penstock.server.authenticate import Authenticator
from penstock.server.directory import Scope, signed_scope
from penstock.server.request import Request
from penstock.server.service import Answer, Command, Page
from penstock.wire import WireResponse, complete

log = logging.getLogger(__name__)


CONTROL_PREFIX = "/_penstock/"

_MAX_BODY = 64 * 1024
_SIGNED_AS = "penstock"
_STYLE = V4(REST_JSON)


class Control:
    """Routes ``/_penstock/…``. ``commands`` are by method and name, ``("POST", "clock")``; ``pages`` by name."""

    def __init__(
        self,
        health: Callable[[], Answer],
        commands: Mapping[tuple[str, str], Command],
        pages: Mapping[str, Page],
        authenticator: Authenticator,
        account: str,
    ) -> None:
        self._health = health
        self._commands = commands
        self._pages = pages
        self._authenticator = authenticator
        self._account = account

    async def handle(self, request: Request) -> WireResponse:
        """Returns the answer; errors are ``{"code", "message"}``."""
        name, _, rest = request.path[len(CONTROL_PREFIX) :].partition("/")
        return await self.show(request, name, rest)

    async def show(self, request: Request, name: str, rest: str) -> WireResponse:
        """Returns what there is by that name, whatever the request's own path is."""
        try:
            if page := self._pages.get(name):
                return await page(request, rest)
            if (request.method, name, rest) == ("GET", "health", ""):
                return _json(200, self._health())
            return _json(200, await self._command(request, name, rest))
        except AwsError as error:
            return _json(error.status or 400, {"code": error.code, "message": error.message})
        except Exception:
            log.exception("%s %s", request.method, request.path)
            return _json(500, {"code": "InternalFailure", "message": "The server failed; its log says why."})

    async def _command(self, request: Request, name: str, rest: str) -> Answer:
        signed = signed_scope(request)
        scope = Scope(_SIGNED_AS, signed.region if signed else None)
        caller = await self._authenticator.authenticate(request, scope, _STYLE, request.path, _MAX_BODY)
        if caller.principal.kind != "root" or caller.principal.account != self._account:
            raise AwsError("AccessDenied", "Only the default account's root user may do this.", status=403)
        command = self._commands.get((request.method, name))
        if command is None or rest:
            raise AwsError("NotFound", f"There is no {request.method} {request.path}.", status=404)
        return await command({**dict(parse_qsl(request.query)), **_object(caller.content or b"")})


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(body) if body else {}
    except orjson.JSONDecodeError as error:
        raise AwsError("MalformedJson", str(error), status=400) from None
    if not isinstance(found, dict):
        raise AwsError("MalformedJson", "The body must be a JSON object.", status=400)
    return found


def _json(status: int, answer: Answer) -> WireResponse:
    return complete(status, [(b"content-type", b"application/json")], orjson.dumps(answer) + b"\n")
