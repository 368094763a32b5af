"""What a client hears from a service that is not there: in the protocol it speaks, by name."""

from collections.abc import Awaitable, Callable

from penstock.errors import AwsError
from penstock.server.front import is_form
from penstock.server.request import Request
from penstock.wire import WireResponse, bare_codec, form

_MAX_BODY = 256 * 1024
_MAX_SHOWN = 128


Knows = Callable[[Request], Awaitable[bool]]
"""Returns whether a request names an access key that there is."""


async def absent(request: Request, service: str, request_id: str, knows: Knows) -> WireResponse:
    """Returns the answer ``NotImplemented``, status 501, that names the service and the operation.

    Forms name their operation in the body, which is read of somebody only whom the server ``knows``.
    """
    protocol = _protocol(request)
    try:
        reads = protocol == "query" and await knows(request)
        operation = _operation(request, protocol, await request.read(_MAX_BODY) if reads else b"")
        text = f"This server has no service {service[:_MAX_SHOWN]} ({operation[:_MAX_SHOWN]})."
        error = AwsError("NotImplemented", text, status=501)
    except AwsError as refusal:
        error = refusal
    return bare_codec(protocol).serialize_error(None, error, request_id)


def _protocol(request: Request) -> str:
    if "smithy-protocol" in request.headers:
        return "smithy-rpc-v2-cbor"
    if "x-amz-target" in request.headers:
        return "json"
    if is_form(request) or "Action=" in request.query:
        return "query"
    # Of AWS's services with URIs of their own all but four speak JSON.
    return "rest-json" if "authorization" in request.headers else "rest-xml"


def _operation(request: Request, protocol: str, body: bytes) -> str:
    match protocol:
        case "smithy-rpc-v2-cbor":
            return request.path.rpartition("/")[2]
        case "json":
            return request.headers["x-amz-target"].rpartition(".")[2]
        case "query":
            fields = form(request.query) | form(body)
            return fields.get("Action", "no Action")
    return f"{request.method} {request.path}"
