"""A request to a function URL: who may send it, the run that it makes, and the response.

Source: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
"""

from penstock.access import Context
from penstock.clock import Ids
from penstock.errors import AwsError
from penstock.server import Call, Request
from penstock.services.lambda_.api.invoke import run_now
from penstock.services.lambda_.api.streaming import StreamedRun
from penstock.services.lambda_.errors import payload_too_large
from penstock.services.lambda_.functions.function import Function
from penstock.services.lambda_.functions.phase import check_invocable
from penstock.services.lambda_.functions.qualified import get_qualified, routed
from penstock.services.lambda_.limits import MAX_SYNC_PAYLOAD
from penstock.services.lambda_.names import FunctionName
from penstock.services.lambda_.state import LambdaState
from penstock.services.lambda_.urls.answer import bad_gateway, function_answer, refusal
from penstock.services.lambda_.urls.cors import preflight_headers, shared_headers
from penstock.services.lambda_.urls.event import request_event
from penstock.services.lambda_.urls.streamed_answer import streamed_answer
from penstock.services.lambda_.urls.url import AuthType, FunctionUrl, InvokeMode, find_url_by_id
from penstock.store import ReadTx
from penstock.wire import WireResponse, complete

_FORBIDDEN = (
    "Forbidden. For troubleshooting Function URL authorization issues, see: "
    "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
)
_MAX_ID = 64


async def answer_url(lambda_: LambdaState, request: Request, rest: str) -> WireResponse:
    """Returns the answer of the function whose URL has the id that ``rest`` begins with; its path follows."""
    url_id, _, path = rest.partition("/")
    url = await lambda_.store.read(find_url_by_id, url_id) if len(url_id) <= _MAX_ID else None
    if url is None:
        return refusal(403, "AccessDeniedException", "Forbidden")
    if request.method == "OPTIONS" and url.cors and "access-control-request-method" in request.headers:
        return complete(200, preflight_headers(url.cors, request.headers), b"")
    response = await _answer(lambda_, url, request, f"/{path}")
    if url.cors:  # the URL's own, in the place of what the function says
        kept = [(name, value) for name, value in response.headers if not name.startswith(b"access-control-")]
        response.headers[:] = kept + shared_headers(url.cors, request.headers)
    return response


async def _answer(lambda_: LambdaState, url: FunctionUrl, request: Request, path: str) -> WireResponse:
    try:
        call = await lambda_.parts.call.visit(
            "lambda",
            request,
            url.name.region,
            is_signed=url.auth_type is AuthType.AWS_IAM,
            max_body=MAX_SYNC_PAYLOAD,
        )
        await _admit(call, url)
        return await _run(lambda_, url, request, path, call)
    except AwsError as error:
        return refusal(error.status or 400, error.code, error.message)


async def _admit(call: Call, url: FunctionUrl) -> None:
    """Raises AwsError unless policies allow the caller both actions, as AWS asks since October 2025."""
    about: Context = {"lambda:FunctionUrlAuthType": url.auth_type.value}
    try:
        await call.authorize("lambda:InvokeFunctionUrl", url.name.qualified_arn, about)
        about = {"lambda:InvokedViaFunctionUrl": "true"}
        await call.authorize("lambda:InvokeFunction", url.name.qualified_arn, about)
    except AwsError:
        raise AwsError("AccessDeniedException", _FORBIDDEN, status=403) from None


async def _run(
    lambda_: LambdaState, url: FunctionUrl, request: Request, path: str, call: Call
) -> WireResponse:
    function = await lambda_.store.read(_function, url.name, lambda_.ids)
    check_invocable(function.phase)
    event = request_event(url, request, path, call.content or b"", call)
    if len(event) > MAX_SYNC_PAYLOAD:
        raise payload_too_large(MAX_SYNC_PAYLOAD)
    if url.invoke_mode is InvokeMode.RESPONSE_STREAM:
        run = StreamedRun(lambda_, function, call, event, url.name.qualified_arn)
        response = await _streamed(run)
        if request.method == "HEAD" or response.status in (204, 304):
            run.stream.abandon()
    else:
        result = await run_now(lambda_, function, call, event, url.name.qualified_arn)
        response = bad_gateway() if result.error else function_answer(result.payload)
    response.headers.append((b"x-amzn-requestid", call.request_id.encode()))
    return response


async def _streamed(run: StreamedRun) -> WireResponse:
    await run.begun()
    if not run.stream.has_begun:
        return bad_gateway()

    async def ending() -> None:
        if (await run.result()).error:  # so that the client sees that the answer is cut short
            raise ConnectionError("the function failed while it answered")

    return await streamed_answer(run.stream, ending)


def _function(tx: ReadTx, name: FunctionName, ids: Ids) -> Function:
    return routed(tx, get_qualified(tx, name), ids)
