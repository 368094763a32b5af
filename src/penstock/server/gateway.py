"""From a request to its answer: identify, authenticate, parse, authorise, call, serialise."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any, NoReturn

from penstock.access import (
    ANONYMOUS,
    Context,
    Policy,
    Principal,
    SignedText,
    SignedTextV2,
    decide,
)
from penstock.clock import Clock, Ids
from penstock.errors import AwsError, NoRoom, StoreUnavailable
from penstock.server.absent import absent
from penstock.server.auditing import Auditing
from penstock.server.authenticate import Authenticated, Authenticator
from penstock.server.call import Call, Params
from penstock.server.circumstances import Circumstances, Lookup
from penstock.server.compression import inflated
from penstock.server.directory import Directory, Scope
from penstock.server.front import Front, front_of
from penstock.server.marks import Marks, marks_of
from penstock.server.operation import LONG_BODY_BYTES, Operation
from penstock.server.request import BodyTooLarge, Notes, Request
from penstock.server.service import Callee, Headers, Observation, Resource, Served
from penstock.server.strangers import body_of_stranger
from penstock.store import Disk, Store
from penstock.wire import (
    NOTHING,
    Codec,
    Route,
    UnreadableDocument,
    WireRequest,
    WireResponse,
    plain_reader,
    validation_errors,
)

log = logging.getLogger(__name__)

_MAX_TRACE = 1024  # it is stored with each event, and AWS's are not half as long
_QUERY_BODY_BYTES = 4 * 1024 * 1024  # a message of 1 MiB, each byte of which may be written as three
_UNKNOWN = Resource()


class Gateway:
    """The services of one server, over HTTP (``handle``) and in process (called itself).

    ``read_trace`` returns what a trace header is worth that an account has sent.
    """

    def __init__(
        self,
        store: Store,
        disk: Disk,
        clock: Clock,
        ids: Ids,
        default_region: str,
        endpoint: str,
        read_trace: Callable[[str, str], str],
        auditing: Auditing,
    ) -> None:
        self._store = store
        self._disk = disk
        self._clock = clock
        self._ids = ids
        self._region = default_region
        self._fronts: dict[str, Front] = {}
        self._by_sdk_name: dict[str, Front] = {}
        self._directory = Directory(())
        self._authenticator: Authenticator | None = None
        self.endpoint = endpoint
        self.requests: Counter[tuple[str, str, int]] = Counter()
        """Requests over HTTP by service, operation and status; "" for what is not served."""
        self._read_trace = read_trace
        self._auditing = auditing

    def serve(self, services: Iterable[Served], authenticator: Authenticator) -> None:
        """Takes the services on."""
        self._authenticator = authenticator
        self._fronts = {service.name: front_of(service) for service in services}
        self._by_sdk_name = {front.model.sdk_name: front for front in self._fronts.values()}
        self._directory = Directory(self._fronts.values())
        self._auditing.serve(self._fronts.values())

    def handle(self, request: Request) -> Awaitable[WireResponse]:
        """Returns the answer to ``request``; every failure is an answer in AWS's shape."""
        front, scope = self._directory.find(request)
        if front is None:
            return self._refuse_absent(request, scope.service)
        protocol = front.only or front.codec(request)
        marks = marks_of(protocol, self._ids)
        if request.notes is not None:
            request.notes.request_id, request.notes.service = marks.request_id, front.name
        if front.service.observer is None:
            return self._respond(request, front, protocol, scope, marks)
        return self._observed(request, front, protocol, scope, marks)

    async def _refuse_absent(self, request: Request, service: str) -> WireResponse:
        assert self._authenticator is not None
        response = await absent(request, service, self._ids.uuid(), self._authenticator.names_a_key)
        self.requests["", "", response.status] += 1
        return response

    async def _observed(
        self, request: Request, front: Front, protocol: Codec, scope: Scope, marks: Marks
    ) -> WireResponse:
        observation = await _observation(front, request)
        response = await self._respond(request, front, protocol, scope, marks)
        if observation is not None:
            await observation.answered(marks.declared.name if marks.declared else "", response)
        return response

    async def _respond(
        self, request: Request, front: Front, protocol: Codec, scope: Scope, marks: Marks
    ) -> WireResponse:
        shared: Headers = ()
        try:
            if request.method == "OPTIONS":
                if (allowed := await front.service.preflight(front.wire_request(request))) is not None:
                    response = protocol.serialize(NOTHING, None, marks.request_id, host_id=marks.host_id)
                    response.headers.extend(allowed)
                    self.requests[front.name, marks.operation, response.status] += 1
                    return response
            elif "origin" in request.headers:
                shared = await front.service.cross_origin(front.wire_request(request))
            response = await self._answer(request, front, protocol, scope, marks)
            response.headers.extend(shared)
            self.requests[front.name, marks.operation, response.status] += 1
            return response
        except BodyTooLarge as error:
            answer = (marks.declared and front.service.body_too_large(marks.declared)) or error
        except AwsError as error:
            answer = error
        except NoRoom as error:
            log.warning("request %s: %s", marks.request_id, error)
            answer = front.words.no_room()
        except StoreUnavailable:
            log.exception("request %s", marks.request_id)
            answer = front.words.unavailable()
        except Exception:
            log.exception("request %s %s %s", marks.request_id, request.method, request.path)
            answer = front.words.internal()
        refusal = protocol.serialize_error(None, answer, marks.request_id, host_id=marks.host_id)
        refusal.headers.extend(shared)
        self.requests[front.name, marks.operation, refusal.status] += 1
        return refusal

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
        via: str = "",
    ) -> dict[str, Any]:
        """Returns the operation's result, validated and authorised as over HTTP; raises AwsError."""
        front = self._fronts[service]
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
            via=via,
        )
        shape, declared = front.model.operations[operation].input, front.service.operations[operation]
        return await self._perform(front, declared, call, shape, params) or {}

    def find(self, sdk_name: str, action: str) -> Callee | None:
        """Returns the operation of the service that SDKs call so; None when it cannot be called here."""
        front = self._by_sdk_name.get(sdk_name.lower())
        if front is None:
            return None
        wanted = action.lower()
        for name, operation in front.service.operations.items():
            shape = front.model.operations[name].input
            if name.lower() == wanted and not operation.streams and shape is not None:
                return Callee(front.name, name, plain_reader(shape))
        return None

    async def identify(self, access_key_id: str, session_token: str | None) -> Principal:
        """Returns whose credentials these are; AwsError when they are unknown or over."""
        assert self._authenticator is not None
        return await self._authenticator.principal(access_key_id, session_token)

    async def visit(
        self, service: str, request: Request, region: str, *, is_signed: bool, max_body: int
    ) -> Call:
        """Returns the call that a request makes for a page of ``service`` which is in ``region``.

        Whoever did not sign is anonymous, and so is everybody where it is not asked for (``is_signed``).
        AwsError when a signature is wrong, or the body longer than ``max_body``.
        """
        assert self._authenticator is not None
        front = self._fronts[service]
        principal, signing = ANONYMOUS, None
        if is_signed:
            scope = Scope(front.model.signing_name, region)
            caller = await self._authenticator.authenticate(
                request, scope, front.style, request.path, max_body
            )
            principal, signing = caller.principal, caller.signing
            content = caller.content if caller.content is not None else await caller.body.read()
        else:
            content = await request.read(max_body)
        return Call(
            service=service,
            operation="",
            account=principal.account,
            region=region,
            principal=principal,
            request_id=self._ids.uuid(),
            now_ms=self._clock.now_ms(),
            source_ip=request.source_ip,
            endpoint=self.endpoint,
            trace=self._trace(request, principal),
            headers=request.headers,
            content=content,
            authorizer=self._authorize,
            signing=signing,
            tls_version=request.tls_version,
            disconnected=request.disconnected,
            notes=request.notes,
        )

    async def signer(self, signed: SignedText | SignedTextV2) -> Principal:
        """Returns who signed the text; AwsError in S3's words when nobody did."""
        assert self._authenticator is not None
        return await self._authenticator.signer(signed)

    async def _answer(
        self, request: Request, front: Front, protocol: Codec, scope: Scope, marks: Marks
    ) -> WireResponse:
        assert self._authenticator is not None
        operations = front.service.operations
        wire = front.wire_request(request)
        # The query protocol names its operation in the body, if there is one; the others name it before.
        route = None if protocol.protocol == "query" and request.has_body() else protocol.route(wire)
        operation = marks.declared = operations.get(route.operation.name) if route else None
        max_body = operation.max_body if operation else _QUERY_BODY_BYTES
        caller = await self._authenticator.authenticate(request, scope, front.style, wire.path, max_body)
        if caller.principal is ANONYMOUS:
            caller.body = await body_of_stranger(self._store, front, request, wire, operation, caller.body)
        if route is None or not (operation and operation.streams):
            content = caller.content if caller.content is not None else caller.body.whole()
            wire.body = content if content is not None else await caller.body.read()
            if front.takes_compressed and (encoding := wire.headers.get("content-encoding")):
                wire.body = await asyncio.to_thread(inflated, wire.body, encoding)
            route = route or await _route(protocol, wire)
        operation = operations.get(route.operation.name) or _lacks(front, route.operation.name)
        marks.operation = operation.name
        if self._disk.full and operation.grows:
            raise front.words.no_room()
        call = self._call(request, front, scope, marks, caller)
        call.headers = wire.headers
        call.content = None if operation.streams else wire.body
        call.has_long_body = len(wire.body) > operation.long_body
        try:
            if call.has_long_body:
                params = await asyncio.to_thread(protocol.parse, route, wire)
            else:
                params = protocol.parse(route, wire)
        except UnreadableDocument as error:
            await self._ask(front, operation, call, error.params)
            await front.service.check_named(call, error.params)
            raise
        result = await self._perform(front, operation, call, route.operation.input, params)
        if operation.long_answer or call.has_long_answer:
            return await asyncio.to_thread(
                protocol.serialize, route.operation, result, marks.request_id, host_id=marks.host_id
            )
        return protocol.serialize(route.operation, result, marks.request_id, host_id=marks.host_id)

    def _call(
        self, request: Request, front: Front, scope: Scope, marks: Marks, caller: Authenticated
    ) -> Call:
        principal = caller.principal
        call = Call(
            front.name,
            marks.operation,
            principal.account,
            scope.region or self._region,
            principal,
            marks.request_id,
            self._clock.now_ms(),
            request.source_ip,
            f"{'https' if request.secure else 'http'}://{request.headers.get('host', '')}",
        )
        # One after the other: a class that is called with names takes three times as long.
        call.host_id = marks.host_id
        call.trace = self._trace(request, principal)
        call.body = caller.body
        call.authorizer = self._authorize
        call.signing = caller.signing
        call.tls_version = request.tls_version
        call.disconnected = request.disconnected
        call.notes = request.notes
        call.access_key_id = caller.access_key_id
        if call.notes is not None:
            _note(call.notes, call)
        return call

    def _trace(self, request: Request, sender: Principal) -> str | None:
        header = request.headers.get("x-amzn-trace-id")
        if not header or len(header) > _MAX_TRACE:
            return None
        return self._read_trace(header, sender.account)

    async def _perform(
        self, front: Front, operation: Operation, call: Call, shape: Any, params: Params
    ) -> Params | None:
        """Returns what the operation returns; a record is made of the call if the audit trail wants one."""
        plan = front.audited[operation.name]
        if plan is None:
            await self._admit(front, operation, call, shape, params)
            return await operation.handler(front.service.state, call, params)
        async with self._auditing.entry(front, plan, call, params) as entry:
            await self._admit(front, operation, call, shape, params)
            entry.result = await operation.handler(front.service.state, call, params)
        return entry.result

    async def _admit(
        self, front: Front, operation: Operation, call: Call, shape: Any, params: Params
    ) -> None:
        """Returns when ``params`` are what the operation takes, and the caller may do it."""
        service = front.service
        if operation.check:
            operation.check(params)
        if service.validation_code and shape:
            if call.has_long_body:
                errors = await asyncio.to_thread(validation_errors, shape, params)
            else:
                errors = validation_errors(shape, params)
            if errors:
                count = f"{len(errors)} validation error{'s' if len(errors) > 1 else ''} detected: "
                raise AwsError(service.validation_code, count + "; ".join(errors), status=400)
        await self._ask(front, operation, call, params)

    def _ask(self, front: Front, operation: Operation, call: Call, params: Params) -> Awaitable[None]:
        """Returns when the caller may do what the operation declares; others authorise by themselves."""
        service = front.service
        if operation.action is None:
            if call.principal is ANONYMOUS and not front.lets_in(operation.name):
                raise front.words.missing_authentication()
            return _asks_by_itself()
        resource = operation.resource(service.state, call, params) if operation.resource else "*"
        asked = partial(operation.context, service.state, call, params) if operation.context else None
        return self._authorize(call, operation.action, resource, asked)

    async def _authorize(
        self,
        call: Call,
        action: str,
        resource: str,
        asked: Callable[[], Context] | None = None,
        lookup: Lookup | None = None,
    ) -> None:
        if call.notes is not None and not call.notes.resource:
            call.notes.resource = resource
        front, account = self._owner_of(resource)
        about = _UNKNOWN
        if front is not None:
            about = await self._store.read(front.service.resource, resource)
            if about.name is not None:
                call.seen.setdefault(about.name, about.identity)
        policy, account = about.policy, account or about.account or call.account
        if call.touch is not None:
            call.touch(resource, account)
        principal = call.principal
        admits_root = policy is None or policy.admits_root
        if admits_root and principal.kind == "root" and principal.account == account:
            return
        called = self._fronts[call.service]
        # The owner can always get back in: a policy cannot lock the account's root user out of itself.
        if principal.kind == "root" and principal.account == account and action in called.service.root_keeps:
            return
        context = Circumstances(call, called.service.condition_keys, about.keys, asked)
        if lookup is not None and _asks(principal, policy, lookup.prefix):
            context = context._replace(found=await self._store.read(lookup.find))
        decision = decide(principal, action, resource, context, policy, account)
        if not decision.allowed:
            if principal is ANONYMOUS:
                raise _absence(front, action, about) or called.words.missing_authentication()
            raise called.words.access_denied(decision)

    def _owner_of(self, resource: str) -> tuple[Front | None, str]:
        """Returns the front of the service that has the resource, and the account, as far as the ARN says."""
        parts = resource.split(":", 5)
        if len(parts) < 6 or parts[0] != "arn":
            return None, ""
        return self._fronts.get(parts[2]), parts[4]


def _note(notes: Notes, call: Call) -> None:
    principal = call.principal
    notes.operation = call.operation
    notes.caller = principal.arn or principal.service or principal.kind


async def _observation(front: Front, request: Request) -> Observation | None:
    assert front.service.observer is not None
    try:
        return await front.service.observer(request, front.wire_request(request).path)
    except (AwsError, StoreUnavailable):  # told in the answer
        return None


async def _asks_by_itself() -> None:
    """Returns at once: the handler asks."""


async def _route(protocol: Codec, wire: WireRequest) -> Route:
    if len(wire.body) > LONG_BODY_BYTES:
        return await asyncio.to_thread(protocol.route, wire)
    return protocol.route(wire)


def _asks(principal: Principal, policy: Policy | None, prefix: str) -> bool:
    """Returns whether a policy that will be weighed names a condition key that begins so."""
    return principal.asks(prefix) or (policy is not None and policy.asks(prefix))


def _absence(front: Front | None, action: str, resource: Resource) -> AwsError | None:
    return front.service.absence(action, resource) if front else None


def _lacks(front: Front, operation: str) -> NoReturn:
    raise front.words.not_implemented(front.name, operation, front.service.lacks.get(operation, ""))
