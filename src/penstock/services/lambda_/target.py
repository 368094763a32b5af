"""Functions as destinations: an asynchronous invocation is a leased job that ends by AWS's ladder.

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

import hashlib
from functools import partial

from penstock.clock import Ids
from penstock.delivery import (
    NO_PRECEDENCE,
    Attempt,
    Dead,
    Delivered,
    Delivery,
    DestinationError,
    ForbiddenDestination,
    Job,
    Ladder,
    Message,
    MissingDestination,
    Occasion,
    Outcome,
    Precedence,
    Retry,
    Source,
    Standing,
    Target,
)
from penstock.errors import AwsError
from penstock.services.lambda_.errors import RECURSIVE, throttled
from penstock.services.lambda_.functions.attempt import attempt_of
from penstock.services.lambda_.functions.function import Function
from penstock.services.lambda_.functions.invocation import Invocation, Result
from penstock.services.lambda_.functions.invocation_record import (
    dead_letter_attributes,
    invocation_record,
    is_bus,
    result_event,
)
from penstock.services.lambda_.functions.qualified import find_qualified, routed
from penstock.services.lambda_.functions.role import role_source
from penstock.services.lambda_.ladders import ERRORS, MAX_AGE_MS, THROTTLES
from penstock.services.lambda_.names import FunctionName, named
from penstock.services.lambda_.sources.feeds import feeds_of
from penstock.services.lambda_.state import LambdaState
from penstock.store import ReadTx, Tx

_PATIENCE_MS = 1000  # an execution that comes free within the first step of the ladder is used


class LambdaTarget(Target):
    """Delivery's way into the functions. Lambda's own checks, retries and dead letters are made here."""

    def __init__(self, lambda_: LambdaState, delivery: Delivery) -> None:
        self._lambda = lambda_
        self._delivery = delivery
        self._results: dict[int, Result] = {}

    def check(self, tx: ReadTx, arn: str, source: Source) -> None:
        """Returns when ``source`` may invoke the function ``arn`` now; else raises DestinationError saying why not."""
        self._invocable(tx, arn, source)

    def _invocable(self, tx: ReadTx, arn: str, source: Source) -> Function:
        function = _find(tx, _name(arn))
        occasion = Occasion(tx.now_ms, function.tag_keys)
        if not source.may(
            "lambda:InvokeFunction", function.qualified_arn, function.policy, function.account, occasion
        ).allowed:
            raise ForbiddenDestination(
                f"The policy of the function {function.qualified_arn} does not let {source.name} invoke it "
                f"for {source.arn}."
            )
        return function

    def accept(self, tx: Tx, arn: str, source: Source, message: Message) -> None:
        """Returns when the function will be invoked; raises DestinationError."""
        tx.after_commit(partial(self._lambda.usage.queued, self._invocable(tx, arn, source)))

    def precedence(self, tx: ReadTx, arn: str) -> Precedence:
        """Returns what the function's tags say."""
        name = named(arn)
        function = find_qualified(tx, name) if name else None
        return Precedence.of_tags(function.tags) if function else NO_PRECEDENCE

    async def attempt(self, job: Job) -> Attempt:
        """Invokes the function once and says how it went."""
        request_id = _request_id(job)
        try:
            function = await self._lambda.store.read(_find_routed, _name(job.arn), self._lambda.ids)
        except DestinationError as error:
            return Attempt(
                ok=False, error=str(error), detail={"request_id": request_id, "error_type": "Gone"}
            )
        now_ms = self._lambda.clock.now_ms()
        self._lambda.usage.waited(function, now_ms - _begun_ms(job))
        if _is_switched_off(function):
            self._lambda.usage.throttled(function)
            return _unrun(throttled(), request_id)
        if _is_too_old(function, job, now_ms):
            return _unrun(throttled(), request_id)
        try:
            result = await self._run(
                function, Invocation(request_id, job.message.body, job.trace_header, job.arn)
            )
        except AwsError as error:
            return _unrun(error, request_id)
        self._results[job.id] = result
        return attempt_of(result, request_id)

    async def _run(self, function: Function, invocation: Invocation) -> Result:
        due_ms = self._lambda.clock.now_ms() + _PATIENCE_MS
        executions = self._lambda.executions
        while executions.is_full(function) and await executions.freed(due_ms):
            pass
        return await executions.run(function, invocation)

    def explain(self, tx: ReadTx, arn: str, source: Source, message: Message, wanted: str) -> Standing:
        """Returns whether ``source`` may invoke the function now, what the policies say, and which queues feed it."""
        found = super().explain(tx, arn, source, message, wanted)
        name = named(arn)
        function = find_qualified(tx, name) if name else None
        if function is None:
            return found
        occasion = Occasion(tx.now_ms, function.tag_keys)
        action = "lambda:InvokeFunction"
        policies = source.weigh(action, function.qualified_arn, function.policy, function.account, occasion)
        return found._replace(policies=policies, feeds=feeds_of(tx, function))

    def finish(self, tx: Tx, job: Job, attempt: Attempt) -> Outcome:
        """Returns what becomes of the event; sends it to where the function's owner wants to have it."""
        tx.after_commit(lambda: self._results.pop(job.id, None))
        name = named(job.arn)
        function = find_qualified(tx, name) if name else None
        if function is None:
            return Dead(attempt.error or f"The function {job.arn} does not exist.")
        if attempt.ok:
            return Delivered(_request_id(job), self._send_record(tx, function, job, "OnSuccess", "Success"))
        ladder, failures = _ladder(function, attempt), _failures(job, attempt, tx.now_ms)
        # AWS sends what comes while nothing may run, and what goes round, to the dead letters at once.
        is_stopped = _is_switched_off(function) or _is_looping(attempt)
        due_ms = ladder.due_ms(failures, _begun_ms(job), tx.now_ms, 0)
        if due_ms is not None and not (is_stopped and attempt.throttled):
            return Retry(due_ms, attempt.error, ladder)
        condition = _condition(function, ladder, failures, is_stopped=is_stopped)
        return self._bury(tx, function, job, attempt, condition)

    def _bury(self, tx: Tx, function: Function, job: Job, attempt: Attempt, condition: str) -> Outcome:
        tx.after_commit(partial(self._lambda.usage.dropped, function))
        taken: list[str] = []
        refused: list[str] = []
        if arn := function.dead_letter_arn:
            result = self._results.get(job.id)
            attributes = dead_letter_attributes(_request_id(job), result, attempt.error)
            message = Message(job.message.body, job.trace_header, attributes)
            if why := self._send(tx, function, arn, message):
                tx.after_commit(partial(self._lambda.usage.not_buried, function))
            (refused if why else taken).append(why or arn)
        if why := self._send_record(tx, function, job, "OnFailure", condition, attempt):
            refused.append(why)
        elif arn := _destination(function, "OnFailure"):
            taken.append(arn)
        reason = "; ".join([f"{condition}: {attempt.error}", *refused])
        return Dead(reason, taken[0] if taken else None)

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
            function.whole_arn,
            condition,
            count,
            job.message.body,
            self._results.get(job.id),
        )
        if is_bus(arn):
            body = result_event(tx, body, kind, function.whole_arn, arn)
        if why := self._send(tx, function, arn, Message(body.encode(), job.trace_header)):
            tx.after_commit(partial(self._lambda.usage.not_sent, function))
        return why

    def _send(self, tx: Tx, function: Function, arn: str, message: Message) -> str:
        """Returns why the destination did not take the message, or "" when it did."""
        source = role_source(tx, self._lambda.parts.identities, function)
        if source is None:
            return f"Lambda may not assume the role {function.role}"
        try:
            self._delivery.offer(tx, arn, source, message)
        except (AwsError, DestinationError) as error:  # AwsError: too much waits for it already
            return str(error)
        return ""


def _ladder(function: Function, attempt: Attempt) -> Ladder:
    """Returns the ladder that the failure is a step of, as the function's owner has cut it."""
    max_age_ms = _max_age_ms(function)
    if attempt.throttled:
        return THROTTLES._replace(max_age_ms=max_age_ms)
    (phase,) = ERRORS.phases
    retries = (function.async_config or {}).get("MaximumRetryAttempts", phase.tries)
    return ERRORS._replace(phases=(phase._replace(tries=retries),), max_age_ms=max_age_ms)


def _condition(function: Function, ladder: Ladder, failures: int, *, is_stopped: bool) -> str:
    """Returns why the event is given up, as AWS calls it."""
    if _is_switched_off(function):
        return "ZeroReservedConcurrency"
    return "RetriesExhausted" if is_stopped or ladder.delay_ms(failures) is None else "EventAgeExceeded"


def _failures(job: Job, attempt: Attempt, now_ms: int) -> int:
    """Returns how many failures on its ladder this one makes."""
    if not attempt.throttled:
        return job.attempts + 1
    # The delay doubles, so it is as long as the event has waited already.
    waited_s = (now_ms - _begun_ms(job)) // 1000
    return (waited_s + 1).bit_length()


def _begun_ms(job: Job) -> int:
    return job.created_ms if job.accepted_ms is None else job.accepted_ms


def _max_age_ms(function: Function) -> int:
    seconds = (function.async_config or {}).get("MaximumEventAgeInSeconds")
    return seconds * 1000 if seconds else MAX_AGE_MS


def _is_switched_off(function: Function) -> bool:
    return function.reserved == 0


def _is_looping(attempt: Attempt) -> bool:
    return attempt.detail.get("error_type") == RECURSIVE


def _is_too_old(function: Function, job: Job, now_ms: int) -> bool:
    return now_ms > _begun_ms(job) + _max_age_ms(function)


def _unrun(error: AwsError, request_id: str) -> Attempt:
    detail: dict[str, object] = {"request_id": request_id, "error_type": error.code}
    return Attempt(ok=False, error=f"{error.code}: {error.message}", throttled=True, detail=detail)


def _destination(function: Function, kind: str) -> str:
    config = (function.async_config or {}).get("DestinationConfig", {})
    return str(config.get(kind, {}).get("Destination", ""))


def _request_id(job: Job) -> str:
    """Returns the same id for every try of the job: what a caller's answer said, else one made of the job."""
    if job.message.request_id:
        return job.message.request_id
    h = hashlib.sha256(f"{job.id}:{job.created_ms}:{job.arn}".encode()).hexdigest()
    return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-a{h[17:20]}-{h[20:32]}"


def _find(tx: ReadTx, name: FunctionName) -> Function:
    function = find_qualified(tx, name)
    if function is None:
        raise MissingDestination(f"The function {name.qualified_arn} does not exist.")
    return function


def _find_routed(tx: ReadTx, name: FunctionName, ids: Ids) -> Function:
    return routed(tx, _find(tx, name), ids)


def _name(arn: str) -> FunctionName:
    name = named(arn)
    if name is None:
        raise DestinationError(f"{arn} is not the ARN of a function.")
    return name
