"""Invoke: now (RequestResponse), later (Event) or only in thought (DryRun)."""

import base64
import json
from dataclasses import replace
from functools import partial

import orjson

from penstock.clock import Ids
from penstock.delivery import Given
from penstock.delivery.trace_header import child_header
from penstock.server import Call, Params, operation
from penstock.services.lambda_.api.naming import function_name, qualified_arn
from penstock.services.lambda_.errors import invalid, not_json, payload_too_large
from penstock.services.lambda_.functions.attempt import attempt_of
from penstock.services.lambda_.functions.function import Function
from penstock.services.lambda_.functions.invocation import Invocation, InvocationType, Result
from penstock.services.lambda_.functions.phase import check_invocable
from penstock.services.lambda_.functions.qualified import get_qualified, routed
from penstock.services.lambda_.functions.response_stream import ResponseStream
from penstock.services.lambda_.limits import MAX_ASYNC_PAYLOAD, MAX_CLIENT_CONTEXT, MAX_SYNC_PAYLOAD
from penstock.services.lambda_.names import LATEST, FunctionName
from penstock.services.lambda_.state import LambdaState
from penstock.store import ReadTx, Tx

MAX_BODY = 16 * 1024 * 1024
"""Past it the gateway refuses without reading on."""


@operation("Invoke", action="lambda:InvokeFunction", resource=qualified_arn, max_body=MAX_BODY)
async def invoke(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns the function's answer, or that the event was taken."""
    name = function_name(call, params)
    kind = params.get("InvocationType", "RequestResponse")
    payload = payload_of(params, MAX_ASYNC_PAYLOAD if kind == "Event" else MAX_SYNC_PAYLOAD)
    for member in ("DurableExecutionName", "TenantId"):
        if params.get(member):
            raise invalid(f"{member} is not supported by this server.")
    function = await lambda_.store.read(
        invoked, replace(name, qualifier=name.qualifier or LATEST), lambda_.ids
    )
    if kind != "Event":
        check_invocable(function.phase)
    if kind == "DryRun":
        return {"StatusCode": 204}
    if kind == "Event":
        await lambda_.store.write(_enqueue, lambda_, function, payload, call)
        return {"StatusCode": 202, "Payload": b""}
    context = client_context(params.get("ClientContext"))
    result = await run_now(lambda_, function, call, payload, name.qualified_arn, context)
    return _answer(result, with_log=params.get("LogType") == "Tail")


async def run_now(
    lambda_: LambdaState,
    function: Function,
    call: Call,
    payload: bytes,
    arn: str,
    context: str = "",
    stream: ResponseStream | None = None,
) -> Result:
    """Returns how a run went that the caller waits for; ``arn`` is what was asked for.

    ``context`` is the client context; ``stream`` takes what the function writes of its answer.
    """
    span = lambda_.ids.hex(16)
    trace = child_header(call.trace, span, now_ms=call.now_ms, ids=lambda_.ids)
    invocation = Invocation(
        call.request_id,
        payload,
        trace,
        arn,
        client_context=context,
        stream=stream,
        kind=InvocationType.REQUEST_RESPONSE,
        gone=call.disconnected,
    )
    result = await lambda_.executions.run(function, invocation)
    lambda_.executions.record(
        function, span, [Given(call.trace)], call.now_ms, attempt_of(result, call.request_id)
    )
    return result


def _answer(result: Result, *, with_log: bool) -> Params:
    found: Params = {"StatusCode": 200, "ExecutedVersion": result.version, "Payload": result.payload}
    if result.error:
        found["FunctionError"] = result.error
    if with_log:
        found["LogResult"] = base64.b64encode(result.log_tail).decode()
    return found


def invoked(tx: ReadTx, name: FunctionName, ids: Ids) -> Function:
    """Returns the version that is to run; AwsError ``ResourceNotFoundException``."""
    return routed(tx, get_qualified(tx, name), ids)


def payload_of(params: Params, limit: int) -> bytes:
    """Returns the event, ``{}`` without one; AwsError when it is no JSON or too long."""
    payload = bytes(params.get("Payload") or b"")
    if len(payload) > limit:
        raise payload_too_large(limit)
    if not payload:
        return b"{}"
    try:
        orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise not_json(str(error)) from None
    return payload


def client_context(header: str | None) -> str:
    """Returns the header's JSON, "" without one; AwsError when it is no object."""
    if not header:
        return ""
    try:
        if len(header) > MAX_CLIENT_CONTEXT:
            raise ValueError("too long")
        found = json.loads(base64.b64decode(header, validate=True))
    except (ValueError, RecursionError):  # the last for brackets in brackets
        found = None
    if not isinstance(found, dict):
        raise invalid("Client context must be a valid Base64-encoded JSON object.")
    return json.dumps(found)  # ASCII only, as it travels in a header


def _enqueue(tx: Tx, lambda_: LambdaState, function: Function, payload: bytes, call: Call) -> int:
    tx.after_commit(partial(lambda_.usage.queued, function))
    return lambda_.delivery.enqueue(
        tx, arn=function.qualified_arn, payload=payload, trace=call.trace, request_id=call.request_id
    )
