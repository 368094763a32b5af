"""One run of a function: what goes in, how it ended, what comes out."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import Enum

import orjson

from penstock.services.lambda_.functions.response_stream import ResponseStream
from penstock.services.lambda_.limits import MAX_RESPONSE
from penstock.services.lambda_.names import LATEST


class InvocationType(Enum):
    """AWS's: whether a caller waits on the line for the answer, or nobody does."""

    REQUEST_RESPONSE = "RequestResponse"
    EVENT = "Event"


@dataclass(frozen=True, slots=True)
class Invocation:
    """What a worker is given, and how it was asked for.

    ``trace`` is the ``X-Amzn-Trace-Id`` for the handler; ``client_context`` JSON or "". ``gone()`` returns when the
    caller has gone, None when nobody can tell; ``stream`` takes the answer while it is written, when somebody reads
    along.
    """

    request_id: str
    payload: bytes
    trace: str
    arn: str
    client_context: str = ""
    kind: InvocationType = InvocationType.EVENT
    gone: Callable[[], Awaitable[None]] | None = None
    stream: ResponseStream | None = None


class End(Enum):
    """How a run can end."""

    RESPONSE = "response"
    """The runtime has answered."""

    ERROR = "error"
    """The runtime has answered with the handler's error."""

    INIT = "init"
    """The function failed to start, and said why."""

    TIMEOUT = "timeout"
    MEMORY = "memory"
    EXIT = "exit"
    """The process ended."""

    ENTRYPOINT = "entrypoint"
    """There was no process, because the function's ``bootstrap`` is missing or no program; ``body`` says which."""

    LOST = "lost"
    """The process ended before it had taken the invocation, which can therefore run elsewhere."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended: ``body`` is the runtime's own answer, ``code`` the process's return code."""

    kind: End
    body: bytes = b""
    code: int = 0


@dataclass(frozen=True, slots=True)
class Result:
    """What the caller gets: ``error`` is empty or the value of ``FunctionError``; ``error_type`` what AWS calls it.

    ``version`` is the one that has run. ``note`` says what may be behind an error, or "".
    """

    payload: bytes
    error: str
    error_type: str
    error_message: str
    duration_ms: float
    log_group: str
    log_stream: str
    log_tail: bytes = field(repr=False, default=b"")
    version: str = LATEST
    note: str = ""


def answer(ending: Ending, request_id: str, timeout_s: int) -> tuple[bytes, str, str]:
    """Returns payload, error type and error message of a run; both are empty for a success.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html and recorded answers.
    """
    match ending.kind:
        case End.RESPONSE:
            if len(ending.body) <= MAX_RESPONSE:
                return ending.body, "", ""
            message = f"Response payload size exceeded maximum allowed payload size ({MAX_RESPONSE} bytes)."
            return _error("Function.ResponseSizeTooLarge", message)
        case End.ERROR | End.INIT:
            return ending.body, *_described(ending.body)
        case End.ENTRYPOINT:
            return _error(
                "Runtime.InvalidEntrypoint", f"RequestId: {request_id} Error: {ending.body.decode()}"
            )
        case End.TIMEOUT:
            return _error(
                "Sandbox.Timedout",
                f"RequestId: {request_id} Error: Task timed out after {timeout_s:.2f} seconds",
            )
        case End.MEMORY:
            return _error(
                "Runtime.ExitError",
                f"RequestId: {request_id} Error: Runtime exited with error: signal: killed",
            )
        case _:
            return _error("Runtime.ExitError", f"RequestId: {request_id} Error: {exit_text(ending.code)}")


def exit_text(code: int) -> str:
    """Returns AWS's sentence for a runtime that ended with ``code``; negative is a signal's number."""
    if code == 0:
        return "Runtime exited without providing a reason"
    if code > 0:
        return f"Runtime exited with error: exit status {code}"
    return f"Runtime exited with error: signal: {_SIGNALS.get(-code, f'signal {-code}')}"


# As Go's syscall package, in which AWS's supervisor is written, names them.
_SIGNALS = {
    1: "hangup",
    2: "interrupt",
    3: "quit",
    4: "illegal instruction",
    6: "aborted",
    7: "bus error",
    8: "floating point exception",
    9: "killed",
    11: "segmentation fault",
    13: "broken pipe",
    14: "alarm clock",
    15: "terminated",
}


def _error(error_type: str, message: str) -> tuple[bytes, str, str]:
    return orjson.dumps({"errorType": error_type, "errorMessage": message}), error_type, message


def _described(body: bytes) -> tuple[str, str]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        return "Runtime.Unknown", "The runtime reported an error that is no JSON object"
    return str(found.get("errorType") or "Runtime.Unknown"), str(found.get("errorMessage") or "")
