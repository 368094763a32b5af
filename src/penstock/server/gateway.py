"""From a request to its answer: identify, authenticate, parse, authorise, call, serialise."""

import logging
from binascii import b2a_base64
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from penstock.access import ANONYMOUS, Principal, decide
from penstock.access.sigv4_errors import access_denied, missing_authentication
from penstock.clock import Clock, Ids
from penstock.errors import AwsError, StoreUnavailable
from penstock.server.authenticate import Authenticator
from penstock.server.call import Call, Params
from penstock.server.identify import Scope, identify, path_style, protocol_of
from penstock.server.operation import Operation
from penstock.server.presigned import stated_headers
from penstock.server.request import Request
from penstock.server.service import Served
from penstock.store import Store
from penstock.wire import Codec, WireRequest, WireResponse, codec, load_model, validation_errors

log = logging.getLogger(__name__)

_HOST_ID_BYTES = 57  # x-amz-id-2 is an opaque base64 text of about this length
_QUERY_BODY_BYTES = 2 * 1024 * 1024


class _Marks(NamedTuple):
    """What an answer is known by: S3 gives a host id too, the others leave it empty."""

    request_id: str
    host_id: str


class Gateway:
    """The services of one server, over HTTP (``handle``) and in process (called itself)."""

    def __init__(self, store: Store, clock: Clock, ids: Ids, default_region: str, endpoint: str) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._region = default_region
        self._services: dict[str, Served] = {}
        self._authenticator: Authenticator | None = None
        self.endpoint = endpoint

    def serve(self, services: Iterable[Served], authenticator: Authenticator) -> None:
        """Takes the services on."""
        self._authenticator = authenticator
        self._services = {service.name: service for service in services}

    def check_models(self) -> None:
        """Raises ValueError when a service declares an operation that AWS's model has not."""
        for service in self._services.values():
            if unknown := service.operations.keys() - load_model(service.model).operations.keys():
                raise ValueError(f"{service.name} declares what AWS has not: {', '.join(sorted(unknown))}")

    async def handle(self, request: Request) -> WireResponse:
        """Returns the answer to ``request``; every failure is an answer in AWS's shape."""
        scope = identify(request)
        service = self._services.get(scope.service)
        if service is None:
            return self._no_such_service(scope.service, request)
        model = load_model(service.model)
        protocol = codec(model, protocol_of(request, model.protocols, service.name))
        marks = self._marks(service)
        try:
            return await self._answer(request, service, protocol, scope, marks)
        except AwsError as error:
            answer = error
        except StoreUnavailable:
            log.exception("request %s", marks.request_id)
            answer = AwsError("ServiceUnavailable", "The store cannot write at the moment.", status=503)
        except Exception:
            log.exception("request %s %s %s", marks.request_id, request.method, request.path)
            answer = _internal(service)
        return protocol.serialize_error(None, answer, marks.request_id, request.path, host_id=marks.host_id)

    async def __call__(
        self,
        service: str,
        operation: str,
        params: dict[str, Any],
        *,
        principal: Principal,
        account: str,
        region: str,
        trace: str | None = None,
    ) -> dict[str, Any]:
        """Returns the operation's result, validated and authorised as over HTTP; raises AwsError."""
        serving = self._services[service]
        call = Call(
            service=service,
            operation=operation,
            account=account,
            region=region,
            principal=principal,
            request_id=self._ids.uuid(),
            host_id="",
            now_ms=self._clock.now_ms(),
            source_ip="127.0.0.1",
            endpoint=self.endpoint,
            trace=trace,
            authorizer=self._authorize,
        )
        shape = load_model(serving.model).operations[operation].input
        return await self._perform(serving, serving.operations[operation], call, shape, params) or {}

    async def identify(self, access_key_id: str, session_token: str | None) -> Principal:
        """Returns whose credentials these are; AwsError when they are unknown or over."""
        assert self._authenticator is not None
        return await self._authenticator.principal(access_key_id, session_token)

    async def _answer(
        self, request: Request, service: Served, protocol: Codec, scope: Scope, marks: "_Marks"
    ) -> WireResponse:
        assert self._authenticator is not None
        s3 = service.name == "s3"
        path = path_style(request) if s3 else request.path
        headers = stated_headers(request) if s3 else request.headers
        wire = WireRequest(request.method, path, request.query, headers, b"")
        # The query protocol names its operation in the body; the others name it before.
        route = protocol.route(wire) if protocol.protocol != "query" else None
        operation = service.operations.get(route.operation.name) if route else None
        max_body = operation.max_body if operation else _QUERY_BODY_BYTES
        caller = await self._authenticator.authenticate(request, scope, max_body)
        if route is None or not (operation and operation.streams):
            wire.body = caller.content if caller.content is not None else await caller.body.read()
            route = route or protocol.route(wire)
        operation = service.operations.get(route.operation.name)
        if operation is None:
            raise _not_implemented(service, route.operation.name)
        call = Call(
            service=service.name,
            operation=operation.name,
            account=caller.principal.account,
            region=scope.region or self._region,
            principal=caller.principal,
            request_id=marks.request_id,
            host_id=marks.host_id,
            now_ms=self._clock.now_ms(),
            source_ip=request.source_ip,
            endpoint=f"{'https' if request.secure else 'http'}://{request.headers.get('host', '')}",
            trace=request.headers.get("x-amzn-trace-id"),
            headers=headers,
            body=caller.body,
            content=None if operation.streams else wire.body,
            authorizer=self._authorize,
            signing=caller.signing,
            tls_version=request.tls_version,
            disconnected=request.disconnected,
        )
        result = await self._perform(
            service, operation, call, route.operation.input, protocol.parse(route, wire)
        )
        response = protocol.serialize(route.operation, result, marks.request_id)
        if result and "ContentRange" in result:
            response.status = 206  # S3's model knows only the 200 of a whole object
        if call.host_id:
            response.headers.append((b"x-amz-id-2", call.host_id.encode()))
        return response

    async def _perform(
        self, service: Served, operation: Operation, call: Call, shape: Any, params: Params
    ) -> Params | None:
        if service.validation_code and shape and (errors := validation_errors(shape, params)):
            count = f"{len(errors)} validation error{'s' if len(errors) > 1 else ''} detected: "
            raise AwsError(service.validation_code, count + "; ".join(errors), status=400)
        if operation.action is None and call.principal is ANONYMOUS and service.name != "s3":
            raise missing_authentication(service.name)
        if operation.action:
            resource = operation.resource(service.state, call, params) if operation.resource else "*"
            context = operation.context(service.state, call, params) if operation.context else None
            await self._authorize(call, operation.action, resource, context)
        return await operation.handler(service.state, call, params)

    async def _authorize(
        self, call: Call, action: str, resource: str, context: Mapping[str, str | list[str]] | None = None
    ) -> None:
        service, account = self._owner_of(resource)
        policy = None
        if service is not None:
            found = await self._store.read(service.resource, resource)
            policy, account = found.policy, account or found.account or ""
            if found.name is not None:
                call.seen.setdefault(found.name, found.identity)
        account = account or call.account
        principal = call.principal
        if policy is None and principal.kind == "root" and principal.account == account:
            return
        decision = decide(principal, action, resource, self._context(call, context), policy, account)
        if not decision.allowed:
            if principal is ANONYMOUS:
                raise missing_authentication(call.service)
            raise access_denied(call.service, decision.reason)

    def _context(self, call: Call, extra: Mapping[str, str | list[str]] | None) -> dict[str, str | list[str]]:
        """Returns the global condition keys of the call; those of its principal are the policies' own to know.

        Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
        """
        context: dict[str, str | list[str]] = {
            "aws:SourceIp": call.source_ip,
            "aws:SecureTransport": "true" if call.endpoint.startswith("https") else "false",
            "aws:CurrentTime": datetime.fromtimestamp(call.now_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "aws:EpochTime": str(call.now_ms // 1000),
            "aws:RequestedRegion": call.region,
        }
        for key, header in (("aws:UserAgent", "user-agent"), ("aws:Referer", "referer")):
            if value := call.headers.get(header):
                context[key] = value
        context.update(self._services[call.service].condition_keys(call))
        if extra:
            context.update(extra)
        return context

    def _owner_of(self, resource: str) -> tuple[Served | None, str]:
        """Returns the service that has the resource, and the account, as far as the ARN says."""
        if not resource.startswith("arn:") or resource.count(":") < 5:
            return None, ""
        _, _, name, _, account, _ = resource.split(":", 5)
        return self._services.get(name), account

    def _marks(self, service: Served) -> "_Marks":
        if service.name != "s3":
            return _Marks(self._ids.uuid(), "")
        host_id = b2a_base64(self._ids.bytes(_HOST_ID_BYTES), newline=False).decode()
        return _Marks(self._ids.hex(16).upper(), host_id)

    def _no_such_service(self, name: str, request: Request) -> WireResponse:
        s3 = self._services["s3"]
        error = AwsError("NotImplemented", f"This server has no service named {name!r}.", status=501)
        protocol = codec(load_model(s3.model), "rest-xml")
        return protocol.serialize_error(None, error, self._ids.hex(16).upper(), request.path)


def _not_implemented(service: Served, operation: str) -> AwsError:
    return AwsError(
        "NotImplemented", f"{service.name}:{operation} is not implemented by this server.", status=501
    )


def _internal(service: Served) -> AwsError:
    code = "InternalError" if service.name == "s3" else "InternalFailure"
    return AwsError(code, "We encountered an internal error. Please try again.", status=500)
