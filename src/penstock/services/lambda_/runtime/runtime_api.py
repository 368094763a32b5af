"""The Lambda Runtime API, as workers call it.

Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import re

import orjson

from penstock.errors import AwsError
from penstock.server import Request
from penstock.services.lambda_.functions.invocation import Invocation
from penstock.services.lambda_.functions.response_stream import TooLong
from penstock.services.lambda_.limits import MAX_STREAMED_RESPONSE
from penstock.services.lambda_.runtime.worker import Worker

HttpAnswer = tuple[int, list[tuple[bytes, bytes]], bytes]

_ERROR_TYPE = "lambda-runtime-function-error-type"
_MODE = "lambda-runtime-function-response-mode"
_PREFIX = "/2018-06-01/runtime/"
_ENDED = re.compile(r"invocation/([0-9a-f-]{36})/(response|error)")
_MAX_BODY = 8 * 1024 * 1024
_TOO_LONG = orjson.dumps(
    {
        "errorType": "Function.ResponseSizeTooLarge",
        "errorMessage": f"Response payload size exceeded maximum allowed payload size ({MAX_STREAMED_RESPONSE} bytes).",
    }
)
_JSON = [(b"content-type", b"application/json")]


async def answer_worker(worker: Worker | None, request: Request, path: str) -> HttpAnswer:
    """Returns status, headers and body for a worker's request; 403 when the token names no worker."""
    if worker is None:
        return 403, _JSON, b'{"errorType":"InvalidToken","errorMessage":"There is no such worker."}'
    method, action = request.method, path.removeprefix(_PREFIX)
    if (method, action) == ("GET", "invocation/next"):
        found = await worker.next()
        return _invocation(*found) if found else _refused(410, "Exit", "The worker is to end.")
    if method == "POST" and (match := _ENDED.fullmatch(action)):
        taken = await _ended(worker, request, *match.groups())
        return _accepted() if taken else _refused(400, "InvalidRequestID", "Invalid request ID")
    if (method, action) == ("POST", "init/error"):
        worker.fail_init(_described(request, await _body(request)))
        return _accepted()
    return _refused(404, "NotFound", f"There is no {method} {path}")


async def _ended(worker: Worker, request: Request, request_id: str, kind: str) -> bool:
    """Takes an answer or an error; returns False when it is of no run of the worker's."""
    if kind == "error":
        return worker.fail(request_id, _described(request, await _body(request)))
    stream = worker.stream_of(request_id)
    if stream is None or request.headers.get(_MODE) != "streaming":
        return worker.respond(request_id, await _body(request))
    stream.begin(request.headers.get("content-type", ""))
    try:
        async for piece in request.chunks():
            await stream.write(piece)
    except TooLong:
        return worker.fail(request_id, _TOO_LONG)
    except AwsError:  # the connection ended before the answer did
        worker.truncate()
        raise
    return worker.respond(request_id, stream.head)


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.chunks():
        # One that is longer is too large for Lambda, which says so itself.
        if len(body) <= _MAX_BODY:
            body += chunk
    return bytes(body)


def _described(request: Request, body: bytes) -> bytes:
    """Returns the error as the runtime has described it, or else as the header names it."""
    error_type = request.headers.get(_ERROR_TYPE, "")
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
