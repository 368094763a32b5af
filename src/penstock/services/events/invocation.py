"""One try to send an event to the API destination that is a rule's target.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html: five seconds; 401, 407, 409,
429 and 5xx are tried again, the first two with a new token; ``Retry-After`` is heeded.
"""

from typing import NamedTuple

from penstock.delivery import (
    Attempt,
    DestinationError,
    ForbiddenDestination,
    Job,
    MissingDestination,
    Occasion,
    Question,
    Source,
)
from penstock.outbound import (
    Answer,
    ForbiddenEndpoint,
    Outbound,
    OutboundRequest,
    Stopped,
    Unanswered,
)
from penstock.services.events.arns import named
from penstock.services.events.connections.authorizer import Authorizer
from penstock.services.events.connections.connection import (
    AuthorizationType,
    Connection,
    ConnectionState,
    read_auth,
)
from penstock.services.events.connections.oauth import Refused
from penstock.services.events.destinations.destination import Destination, connection_at, destination_at
from penstock.services.events.destinations.pace import Pace
from penstock.services.events.destinations.request import Unfit, request_for, with_token
from penstock.services.events.destinations.retry_after import retry_after_ms
from penstock.services.events.inputs.template import Unrenderable
from penstock.services.events.putting.event import read_event
from penstock.services.events.putting.failure import ErrorCode, Failure, failure_of
from penstock.services.events.putting.parcel import pack
from penstock.services.events.rules.rule_set import active_rule
from penstock.services.events.state import EventsState
from penstock.store import ReadTx

_DEFAULT_RATE = 300
_MAX_SHOWN = 1024
_REFUSES_TOKEN = (401, 407)
_TOO_MANY = 429
_RETRIED = (*_REFUSES_TOKEN, 409)
_UNABLE = "Unable to invoke ApiDestination endpoint: "
_UNAUTHORIZED = (
    "Request failed because the credentials included for the connection are not authorized for the API "
    "destination."
)
_OUTAGES = (ErrorCode.TIMEOUT, ErrorCode.CONNECTION_FAILURE, ErrorCode.ERROR_FROM_TARGET)


class _Parcel(NamedTuple):
    """What is to be sent where; the request still lacks a token when the connection authorises by one."""

    destination: Destination
    connection: Connection
    request: OutboundRequest


class Invoker:
    """One per server."""

    def __init__(self, events: EventsState, outbound: Outbound, authorizer: Authorizer) -> None:
        self._events = events
        self._outbound = outbound
        self._authorizer = authorizer
        self._pace = Pace()
        self._asked = 0

    async def attempt(self, job: Job) -> Attempt:
        """Returns how a try went; of a target that is in the store, which ``finish`` tries, only that it may go on."""
        found = await self._events.store.read(_parcel, self._events, job)
        if found is None:
            return Attempt(ok=True)
        if isinstance(found, Failure):
            return _failed(found, {})
        now_ms = self._events.clock.now_ms()
        rate = found.destination.rate or _DEFAULT_RATE
        turn_ms = self._pace.turn_ms(found.destination.arn, rate, job.id, now_ms)
        if turn_ms > now_ms:
            error = f"{found.destination.arn} is asked {rate} times a second at most"
            return Attempt(ok=False, error=error, throttled=True, detail={"due_ms": turn_ms})
        try:
            return await self._outbound.unless_stopped(self._send(found))
        except Stopped as stopped:
            return Attempt(ok=False, error=str(stopped), throttled=True)

    async def ask(self, arn: str, source: Source, question: Question) -> bytes:
        """Returns what the API destination answers to somebody who waits for it; DestinationError."""
        parcel = await self._events.store.read(_asked, arn, source, question)
        rate = parcel.destination.rate or _DEFAULT_RATE
        self._asked += 1
        turn_ms = self._pace.turn_ms(arn, rate, -self._asked, self._events.clock.now_ms())
        await self._events.clock.wait_until(turn_ms)
        try:
            answer = await self._outbound.unless_stopped(self._exchange(parcel))
        except Stopped as stopped:
            raise DestinationError(str(stopped)) from None
        if isinstance(answer, Failure):
            raise DestinationError(answer.reason)
        if not 200 <= answer.status < 300:
            failure = _failure(parcel.destination, answer, self._events.clock.now_ms())
            raise DestinationError(failure.reason)
        return answer.text.encode()

    async def _send(self, parcel: _Parcel) -> Attempt:
        started_ms = self._events.clock.now_ms()
        detail: dict[str, object] = {"endpoint": parcel.destination.endpoint}
        answer = await self._exchange(parcel)
        if isinstance(answer, Failure):
            return _failed(answer, detail)
        detail |= {
            "status": answer.status,
            "response": answer.text[:_MAX_SHOWN],
            "duration_ms": self._events.clock.now_ms() - started_ms,
        }
        if 200 <= answer.status < 300:
            return Attempt(ok=True, detail=detail)
        return _failed(_failure(parcel.destination, answer, self._events.clock.now_ms()), detail)

    async def _exchange(self, parcel: _Parcel) -> Answer | Failure:
        connection, request, token = parcel.connection, parcel.request, None
        try:
            if connection.kind is AuthorizationType.OAUTH:
                token = await self._authorizer.token(connection.key)
                request = with_token(request, token)
            answer = await self._outbound.send(request)
        except Refused as refused:
            code = ErrorCode.NO_PERMISSIONS if refused.is_final else ErrorCode.CONNECTION_FAILURE
            return Failure(code, f"{_UNABLE}{refused}")
        except ForbiddenEndpoint as forbidden:
            return Failure(ErrorCode.SDK_CLIENT_ERROR, f"{_UNABLE}{forbidden}")
        except Unanswered as unanswered:
            code = ErrorCode.TIMEOUT if unanswered.timed_out else ErrorCode.CONNECTION_FAILURE
            return Failure(code, f"{_UNABLE}{unanswered}")
        if token is not None and answer.status in _REFUSES_TOKEN:
            await self._authorizer.drop(connection.key, token)
        return answer


def failure_in(attempt: Attempt) -> Failure | None:
    """Returns the failure that a try of an API destination ended with; None when it has not been asked."""
    code = attempt.detail.get("error_code")
    if not isinstance(code, str):
        return None
    wait_ms = attempt.detail.get("wait_ms")
    return Failure(ErrorCode(code), attempt.error, wait_ms if isinstance(wait_ms, int) else 0)


def _failed(failure: Failure, detail: dict[str, object]) -> Attempt:
    more: dict[str, object] = {"error_code": failure.code.value}
    if failure.wait_ms:
        more["wait_ms"] = failure.wait_ms
    outage = failure.code in _OUTAGES
    return Attempt(ok=False, error=failure.reason, outage=outage, detail=detail | more)


def _failure(destination: Destination, answer: Answer, now_ms: int) -> Failure:
    status = answer.status
    reason = f"{_UNABLE}{destination.endpoint} answered with status {status}"
    wait_ms = retry_after_ms(answer.headers.get("retry-after"), now_ms)
    if wait_ms < 0:
        return Failure(ErrorCode.SDK_CLIENT_ERROR, f"{reason}, and wants no other try")
    if status == _TOO_MANY:
        return Failure(ErrorCode.THROTTLING, reason, wait_ms)
    if status >= 500 or status in _RETRIED:
        return Failure(ErrorCode.ERROR_FROM_TARGET, reason, wait_ms)
    return Failure(ErrorCode.SDK_CLIENT_ERROR, reason)


def check_destination(tx: ReadTx, arn: str, source: Source) -> tuple[Destination, Connection]:
    """Returns the API destination that ``source`` may invoke now, and its connection; DestinationError."""
    destination = destination_at(tx, arn)
    if destination is None:
        raise MissingDestination(f"The API destination {arn} does not exist.")
    asked = ("events:InvokeApiDestination", arn, None, destination.key[0])
    if not source.may(*asked, Occasion(tx.now_ms, {})).allowed:
        raise ForbiddenDestination(f"The role {source.name} may not invoke {arn}.")
    connection = connection_at(tx, destination.connection)
    if connection is None or connection.state is ConnectionState.DEAUTHORIZED:
        raise ForbiddenDestination(f"{_UNABLE}{_UNAUTHORIZED}")
    return destination, connection


def _asked(tx: ReadTx, arn: str, source: Source, question: Question) -> _Parcel:
    """Returns what is to be sent; DestinationError."""
    destination, connection = check_destination(tx, arn, source)
    try:
        auth = read_auth(tx, connection)
        request = request_for(destination, auth, question.http, question.event, question.body)
    except (Unrenderable, Unfit) as wrong:
        raise DestinationError(f"{_UNABLE}{wrong}") from None
    return _Parcel(destination, connection, request)


def _parcel(tx: ReadTx, events: EventsState, job: Job) -> _Parcel | Failure | None:
    name = named(job.arn)
    rule = active_rule(tx, name.bus, name.rule) if name and name.target else None
    target = rule.target(name.target) if rule and name else None
    if rule is None or target is None or not target.is_outside:
        return None
    event = read_event(job.message.body)
    packed = pack(tx, events, event, job.message, rule, target)
    if isinstance(packed, Failure):
        return packed
    try:
        destination, connection = check_destination(tx, target.arn, packed.source)
        auth, body = read_auth(tx, connection), packed.message.body
        request = request_for(destination, auth, target.http, event.document, body)
    except DestinationError as refused:
        return failure_of(refused)
    except Unrenderable as error:
        return Failure(ErrorCode.INVALID_JSON, str(error))
    except Unfit as unfit:
        return Failure(ErrorCode.INVALID_PARAMETER, f"{_UNABLE}{unfit}")
    return _Parcel(destination, connection, request)
