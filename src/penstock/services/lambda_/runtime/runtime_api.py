"""The Lambda Runtime API, as workers call it.

Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import re

import orjson

from penstock.services.lambda_.functions.invocation import Invocation
from penstock.services.lambda_.runtime.worker import Worker

HttpAnswer = tuple[int, list[tuple[bytes, bytes]], bytes]

ERROR_TYPE = "lambda-runtime-function-error-type"
"""The header in which a runtime names an error."""

_PREFIX = "/2018-06-01/runtime/"
_ENDED = re.compile(r"invocation/([0-9a-f-]{36})/(response|error)")
_JSON = [(b"content-type", b"application/json")]


async def answer_worker(
    worker: Worker | None, method: str, path: str, error_type: str, body: bytes
) -> HttpAnswer:
    """Returns status, headers and body for a worker's request; 403 when the token names no worker.

    ``error_type`` is what the header says, for errors whose body says nothing.
    """
    if worker is None:
        return 403, _JSON, b'{"errorType":"InvalidToken","errorMessage":"There is no such worker."}'
    action = path.removeprefix(_PREFIX)
    if (method, action) == ("GET", "invocation/next"):
        found = await worker.next()
        return _invocation(*found) if found else _refused(410, "Exit", "The worker is to end.")
    if method == "POST" and (match := _ENDED.fullmatch(action)):
        request_id, kind = match.groups()
        taken = (
            worker.respond(request_id, body)
            if kind == "response"
            else worker.fail(request_id, _described(error_type, body))
        )
        return _accepted() if taken else _refused(400, "InvalidRequestID", "Invalid request ID")
    if (method, action) == ("POST", "init/error"):
        worker.fail_init(_described(error_type, body))
        return _accepted()
    return _refused(404, "NotFound", f"There is no {method} {path}")


def _described(error_type: str, body: bytes) -> bytes:
    """Returns the error as the runtime has described it, or else as the header names it."""
    try:
        is_object = isinstance(orjson.loads(body), dict)
    except ValueError:
        is_object = False
    if is_object or not error_type:
        return body
    return orjson.dumps({"errorType": error_type, "errorMessage": ""})


def _invocation(invocation: Invocation, deadline_ms: int) -> HttpAnswer:
    headers = [
        (b"content-type", b"application/json"),  # the Runtime Interface Client crashes without it
        (b"lambda-runtime-aws-request-id", invocation.request_id.encode()),
        (b"lambda-runtime-deadline-ms", b"%d" % deadline_ms),
        (b"lambda-runtime-invoked-function-arn", invocation.arn.encode()),
        (b"lambda-runtime-trace-id", invocation.trace.encode()),
    ]
    if invocation.client_context:
        headers.append((b"lambda-runtime-client-context", invocation.client_context.encode()))
    return 200, headers, invocation.payload


def _accepted() -> HttpAnswer:
    return 202, _JSON, b'{"status":"OK"}\n'


def _refused(status: int, error_type: str, message: str) -> HttpAnswer:
    return (
        status,
        _JSON,
        b'{"errorType":"%s","errorMessage":"%s"}\n' % (error_type.encode(), message.encode()),
    )
