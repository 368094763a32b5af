"""InvokeWithResponseStream, and what it shares with function URLs whose answers are streamed.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_InvokeWithResponseStream.html
"""

import asyncio
import base64
from collections.abc import Coroutine
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from penstock.server import Call, Params, operation
from penstock.services.lambda_.api.invoke import (
    MAX_BODY,
    client_context,
    invoked,
    payload_of,
    run_now,
)
from penstock.services.lambda_.api.naming import function_name, qualified_arn
from penstock.services.lambda_.errors import invalid
from penstock.services.lambda_.functions.function import Function
from penstock.services.lambda_.functions.invocation import Result
from penstock.services.lambda_.functions.phase import check_invocable
from penstock.services.lambda_.functions.response_stream import ResponseStream
from penstock.services.lambda_.limits import MAX_SYNC_PAYLOAD
from penstock.services.lambda_.names import LATEST
from penstock.services.lambda_.state import LambdaState
from penstock.wire import Events

_JSON = "application/json"


@operation(
    "InvokeWithResponseStream", action="lambda:InvokeFunction", resource=qualified_arn, max_body=MAX_BODY
)
async def invoke_with_response_stream(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns the function's answer as it is written, and at its end how the run went."""
    name = function_name(call, params)
    payload = payload_of(params, MAX_SYNC_PAYLOAD)
    if params.get("TenantId"):
        raise invalid("TenantId is not supported by this server.")
    function = await lambda_.store.read(
        invoked, replace(name, qualifier=name.qualifier or LATEST), lambda_.ids
    )
    check_invocable(function.phase)
    if params.get("InvocationType") == "DryRun":
        return {"StatusCode": 204, "ExecutedVersion": function.version, "EventStream": _nothing()}
    context = client_context(params.get("ClientContext"))
    run = StreamedRun(lambda_, function, call, payload, name.qualified_arn, context)
    await run.begun()
    with_log = params.get("LogType") == "Tail"
    return {
        "StatusCode": 200,
        "ExecutedVersion": function.version,
        "EventStream": _events(run, with_log=with_log),
    }


class StreamedRun:
    """A run whose caller reads along. It goes on to its end, also when nobody reads any more."""

    def __init__(
        self,
        lambda_: LambdaState,
        function: Function,
        call: Call,
        payload: bytes,
        arn: str,
        context: str = "",
    ) -> None:
        self.stream = ResponseStream()
        running = run_now(lambda_, function, call, payload, arn, context, self.stream)
        self._task = asyncio.create_task(self._whole(running))
        self._task.add_done_callback(lambda task: task.cancelled() or task.exception())

    async def begun(self) -> None:
        """Returns when there is something to read, or the run has ended; AwsError when it could not begin."""
        await self.stream.begun()
        if self._task.done() or not self.stream.has_begun:
            await self._task

    async def result(self) -> Result:
        """Returns how it went."""
        return await self._task

    async def _whole(self, running: Coroutine[Any, Any, Result]) -> Result:
        try:
            result = await running
            if not self.stream.has_begun and not result.error:  # the runtime does not stream
                self.stream.begin(_JSON)
                await self.stream.write(result.payload)
            return result
        finally:
            self.stream.end()


async def _nothing() -> Events:
    yield "InvokeComplete", {}


async def _events(run: StreamedRun, *, with_log: bool) -> Events:
    async with aclosing(run.stream.pieces()) as pieces:
        async for piece in pieces:
            yield "PayloadChunk", {"Payload": piece}
    result = await run.result()
    complete: Params = {}
    if result.error:
        complete |= {
            "ErrorCode": result.error_type,
            "ErrorDetails": result.payload.decode("utf-8", "replace"),
        }
    if with_log:
        complete["LogResult"] = base64.b64encode(result.log_tail).decode()
    yield "InvokeComplete", complete
