"""What answers on the loopback without TLS when the server's own port speaks it: the Runtime API, and nothing else.

AWS's Runtime Interface Client has no TLS. Who asks is told apart by a token that only one worker has.
"""

from penstock.server import Request
from penstock.server.asgi import CONTROL_PREFIX, Handler
from penstock.wire import WireResponse, complete

_RUNTIME = f"{CONTROL_PREFIX}runtime/"


async def nothing_here(request: Request) -> WireResponse:
    """Returns 404."""
    return complete(404, [(b"content-type", b"text/plain")], b"Only the Runtime API is here.\n")


def runtime_alone(control: Handler) -> Handler:
    """Returns a handler that passes on what goes to the Runtime API."""

    async def handle(request: Request) -> WireResponse:
        return await (control if request.path.startswith(_RUNTIME) else nothing_here)(request)

    return handle
