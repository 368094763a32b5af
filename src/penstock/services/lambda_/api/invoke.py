"""Invoke: now (RequestResponse), later (Event) or only in thought (DryRun)."""

import base64
import binascii
import json
from typing import TYPE_CHECKING

import orjson

from penstock.delivery import Attempt
from penstock.delivery.trace_header import child_header
from penstock.server import Call, Params, operation
from penstock.services.lambda_.api.functions import function_arn, function_name
from penstock.services.lambda_.errors import invalid, not_json, payload_too_large
from penstock.services.lambda_.functions.function import Function, get_function
from penstock.services.lambda_.functions.invocation import Invocation, Result
from penstock.services.lambda_.limits import MAX_ASYNC_PAYLOAD, MAX_SYNC_PAYLOAD
from penstock.services.lambda_.names import LATEST
from penstock.store import Tx

if TYPE_CHECKING:
    from penstock.services.lambda_.service import Lambda

_MAX_BODY = 16 * 1024 * 1024  # past it the gateway refuses without reading on
_SHOWN_RESPONSE = 2048


@operation("Invoke", action="lambda:InvokeFunction", resource=function_arn, max_body=_MAX_BODY)
async def invoke(lambda_: "Lambda", call: Call, params: Params) -> Params:
    """Returns the function's answer, or that the event was taken."""
    name = function_name(call, params)
    kind = params.get("InvocationType", "RequestResponse")
    payload = _payload(params, MAX_ASYNC_PAYLOAD if kind == "Event" else MAX_SYNC_PAYLOAD)
    for member in ("DurableExecutionName", "TenantId"):
        if params.get(member):
            raise invalid(f"{member} is not supported by this server.")
    function = await lambda_.store.read(get_function, name)
    if kind == "DryRun":
        return {"StatusCode": 204}
    if kind == "Event":
        await lambda_.store.write(_enqueue, lambda_, function, payload, call.trace)
        return {"StatusCode": 202, "Payload": b""}
    context = _client_context(params.get("ClientContext"))
    span = lambda_.parts.ids.hex(16)
    trace = child_header(call.trace, span, now_ms=call.now_ms, ids=lambda_.parts.ids)
    arn = f"{function.arn}:{name.qualifier}" if name.qualifier else function.arn
    result = await lambda_.run(function, Invocation(call.request_id, payload, trace, arn, context))
    causes = [call.trace] if call.trace else []
    lambda_.record(function, span, causes, call.now_ms, attempt_of(result, call.request_id))
    return _answer(result, with_log=params.get("LogType") == "Tail")


def attempt_of(result: Result, request_id: str) -> Attempt:
    """Returns what the ledger keeps of a run."""
    detail: dict[str, object] = {
        "request_id": request_id,
        "duration_ms": round(result.duration_ms, 2),
        "log_group": result.log_group,
        "log_stream": result.log_stream,
        "response": result.payload[:_SHOWN_RESPONSE].decode("utf-8", "replace"),
    }
    if not result.error:
        return Attempt(ok=True, detail=detail)
    error = f"{result.error_type}: {result.error_message}" if result.error_message else result.error_type
    return Attempt(ok=False, error=error, detail={**detail, "error_type": result.error_type})


def _answer(result: Result, *, with_log: bool) -> Params:
    found: Params = {"StatusCode": 200, "ExecutedVersion": LATEST, "Payload": result.payload}
    if result.error:
        found["FunctionError"] = result.error
    if with_log:
        found["LogResult"] = base64.b64encode(result.log_tail).decode()
    return found


def _payload(params: Params, limit: int) -> bytes:
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


def _client_context(header: str | None) -> str:
    if not header:
        return ""
    try:
        found = json.loads(base64.b64decode(header, validate=True))
    except (binascii.Error, ValueError):
        found = None
    if not isinstance(found, dict):
        raise invalid("Client context must be a valid Base64-encoded JSON object.")
    return json.dumps(found)  # ASCII only, as it travels in a header


def _enqueue(tx: Tx, lambda_: "Lambda", function: Function, payload: bytes, trace: str | None) -> int:
    return lambda_.delivery.enqueue(
        tx, arn=function.arn, account=function.account, payload=payload, trace=trace
    )
