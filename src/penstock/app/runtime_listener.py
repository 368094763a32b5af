"""What answers on the loopback without TLS when the server's own port speaks it: the Runtime API, and nothing else.

AWS's Runtime Interface Client has no TLS. Who asks is told apart by a token that only one worker has.
"""

from penstock.server import Handler, Request
from penstock.server.control import CONTROL_PREFIX
from penstock.wire import WireResponse, complete

_RUNTIME = f"{CONTROL_PREFIX}runtime/"


def runtime_alone(control: Handler) -> Handler:
    """Returns a handler that passes on what goes to the Runtime API."""

    async def handle(request: Request) -> WireResponse:
        return await (control if request.path.startswith(_RUNTIME) else _nothing_here)(request)

    return handle


async def _nothing_here(request: Request) -> WireResponse:
    """Returns 404."""
    return complete(404, [(b"content-type", b"text/plain")], b"Only the Runtime API is here.\n")
