"""Functions as destinations: an asynchronous invocation is a leased job that ends by AWS's ladder.

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

import hashlib
from dataclasses import replace

from penstock.access import Principal, decide
from penstock.delivery import Attempt, Delivery, DestinationError, Job, Message, Outcome, Source
from penstock.delivery.ladder import LAMBDA_ERROR, LAMBDA_THROTTLE
from penstock.errors import AwsError
from penstock.services.lambda_.errors import RECURSIVE, THROTTLED, throttled
from penstock.services.lambda_.functions.attempt import attempt_of
from penstock.services.lambda_.functions.credentials import SERVICE
from penstock.services.lambda_.functions.function import Function, find_function
from penstock.services.lambda_.functions.invocation import Invocation, Result
from penstock.services.lambda_.functions.invocation_record import dead_letter_attributes, invocation_record
from penstock.services.lambda_.functions.role import may_send
from penstock.services.lambda_.names import FunctionName, named
from penstock.services.lambda_.state import LambdaState
from penstock.store import ReadTx, Tx

_PATIENCE_MS = 1000  # an execution that comes free within the first step of the ladder is used
_MAX_TRIES = len(LAMBDA_ERROR.steps_ms) + 1


class LambdaTarget:
    """Delivery's way into the functions. Lambda's own checks, retries and dead letters are made here."""

    def __init__(self, lambda_: LambdaState, delivery: Delivery) -> None:
        self._lambda = lambda_
        self._delivery = delivery
        self._results: dict[int, Result] = {}
        self._forbidden: dict[int, set[str]] = {}

    def check(self, tx: ReadTx, arn: str, source: Source) -> None:
        """Returns when ``source`` may invoke the function ``arn`` now; else raises DestinationError saying why not."""
        function = _find(tx, _name(arn))
        context: dict[str, str | list[str]] = {
            "aws:SourceArn": source.arn,
            "aws:SourceAccount": source.account,
        }
        principal = Principal.of_service(source.service, source.account)
        decision = decide(
            principal, "lambda:InvokeFunction", function.arn, context, function.policy, function.account
        )
        if not decision.allowed:
            raise DestinationError(
                f"The policy of the function {function.arn} does not let {source.service} invoke it for {source.arn}."
            )

    async def send(self, job: Job) -> Attempt:
        """Invokes the function once and says how it went."""
        request_id = _request_id(job)
        try:
            function = await self._lambda.store.read(_find, _name(job.arn))
        except DestinationError as error:
            return Attempt(
                ok=False, error=str(error), detail={"request_id": request_id, "error_type": "Gone"}
            )
        if _is_switched_off(function) or _is_too_old(function, job, self._lambda.clock.now_ms()):
            await self._check_destinations(job, function, "OnFailure")
            return _unrun(throttled(), request_id)
        try:
            result = await self._run(function, Invocation(request_id, job.payload, job.trace_header, job.arn))
        except AwsError as error:
            await self._check_destinations(job, function, "OnFailure")
            return _unrun(error, request_id)
        self._results[job.id] = result
        await self._check_destinations(job, function, "OnFailure" if result.error else "OnSuccess")
        return attempt_of(result, request_id)

    async def _run(self, function: Function, invocation: Invocation) -> Result:
        due_ms = self._lambda.clock.now_ms() + _PATIENCE_MS
        while True:
            try:
                return await self._lambda.executions.run(function, invocation)
            except AwsError as error:
                if error.code != THROTTLED or not await self._lambda.executions.freed(due_ms):
                    raise

    def outcome(self, tx: Tx, job: Job, attempt: Attempt) -> Outcome:
        """Returns what becomes of the event; sends it to where the function's owner wants to have it."""
        tx.after_commit(lambda: self._forget(job.id))
        name = named(job.arn)
        function = find_function(tx, name.account, name.region, name.name) if name else None
        if function is None:
            return Outcome.dead(attempt.error or f"The function {job.arn} does not exist.", None)
        if attempt.ok:
            self._send_record(tx, function, job, "OnSuccess", "Success")
            return Outcome.delivered()
        tries = job.attempts if attempt.throttled else job.attempts + 1
        delay_ms = _delay_ms(function, job, attempt, tries, tx.now_ms)
        if delay_ms is not None and tx.now_ms + delay_ms <= job.created_ms + _max_age_ms(function):
            return Outcome.retry(tx.now_ms + delay_ms, attempt.error)
        exhausted = delay_ms is None and (not attempt.throttled or _is_looping(attempt))
        condition = "RetriesExhausted" if exhausted or _is_switched_off(function) else "EventAgeExceeded"
        return self._bury(tx, function, job, attempt, condition)

    def _bury(self, tx: Tx, function: Function, job: Job, attempt: Attempt, condition: str) -> Outcome:
        taken: list[str] = []
        refused: list[str] = []
        if arn := function.dead_letter_arn:
            result = self._results.get(job.id)
            attributes = dead_letter_attributes(_request_id(job), result, attempt.error)
            message = Message(job.payload.decode(), job.trace_header, attributes)
            why = self._send(tx, function, job, arn, message)
            (refused if why else taken).append(why or arn)
        if why := self._send_record(tx, function, job, "OnFailure", condition, attempt):
            refused.append(why)
        elif arn := _destination(function, "OnFailure"):
            taken.append(arn)
        reason = "; ".join([f"{condition}: {attempt.error}", *refused])
        return Outcome.dead(reason, taken[0] if taken else None)

    def _send_record(
        self, tx: Tx, function: Function, job: Job, kind: str, condition: str, attempt: Attempt | None = None
    ) -> str:
        arn = _destination(function, kind)
        if not arn:
            return ""
        count = job.attempts + (0 if attempt and attempt.throttled else 1)
        body = invocation_record(
            tx.now_ms,
            _request_id(job),
            function.arn,
            condition,
            count,
            job.payload,
            self._results.get(job.id),
        )
        return self._send(tx, function, job, arn, Message(body, job.trace_header))

    def _send(self, tx: Tx, function: Function, job: Job, arn: str, message: Message) -> str:
        """Returns why the queue did not take the message, or "" when it did."""
        if arn in self._forbidden.get(job.id, ()):
            return f"the role {function.role} may not send to {arn}"
        try:
            self._delivery.send(tx, arn, Source(SERVICE, function.arn, function.account), message)
        except DestinationError as error:
            return str(error)
        return ""

    async def _check_destinations(self, job: Job, function: Function, kind: str) -> None:
        arns = {_destination(function, kind), function.dead_letter_arn if kind == "OnFailure" else ""}
        forbidden = {arn for arn in arns if arn and not await may_send(self._lambda.parts, function, arn)}
        if forbidden:
            self._forbidden[job.id] = forbidden

    def _forget(self, id: int) -> None:
        self._results.pop(id, None)
        self._forbidden.pop(id, None)


def _delay_ms(function: Function, job: Job, attempt: Attempt, tries: int, now_ms: int) -> int | None:
    if attempt.throttled:
        if _is_switched_off(function) or _is_looping(attempt):
            return None  # AWS sends what comes while nothing may run, and what goes round, to the dead letters at once
        # The delay doubles, so it is as long as the event has waited already.
        waited_s = (now_ms - job.created_ms) // 1000
        return LAMBDA_THROTTLE.delay_ms((waited_s + 1).bit_length())
    retries = (function.async_config or {}).get("MaximumRetryAttempts", _MAX_TRIES - 1)
    return LAMBDA_ERROR.delay_ms(tries) if tries <= retries else None


def _max_age_ms(function: Function) -> int:
    seconds = (function.async_config or {}).get("MaximumEventAgeInSeconds")
    return seconds * 1000 if seconds else LAMBDA_ERROR.max_age_ms


def _is_switched_off(function: Function) -> bool:
    return function.reserved == 0


def _is_looping(attempt: Attempt) -> bool:
    return attempt.detail.get("error_type") == RECURSIVE


def _is_too_old(function: Function, job: Job, now_ms: int) -> bool:
    return now_ms > job.created_ms + _max_age_ms(function)


def _unrun(error: AwsError, request_id: str) -> Attempt:
    detail: dict[str, object] = {"request_id": request_id, "error_type": error.code}
    return Attempt(ok=False, error=f"{error.code}: {error.message}", throttled=True, detail=detail)


def _destination(function: Function, kind: str) -> str:
    config = (function.async_config or {}).get("DestinationConfig", {})
    return str(config.get(kind, {}).get("Destination", ""))


def _request_id(job: Job) -> str:
    """Returns the same id for every try of the job."""
    h = hashlib.sha256(f"{job.id}:{job.created_ms}:{job.arn}".encode()).hexdigest()
    return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-a{h[17:20]}-{h[20:32]}"


def _find(tx: ReadTx, name: FunctionName) -> Function:
    function = find_function(tx, name.account, name.region, name.name)
    if function is None:
        raise DestinationError(f"The function {name.arn} does not exist.")
    return function


def _name(arn: str) -> FunctionName:
    name = named(arn)
    if name is None:
        raise DestinationError(f"{arn} is not the ARN of a function.")
    return replace(name, qualifier="")
