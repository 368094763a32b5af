"""What answers function workers on the loopback, at ports that have nothing else.

AWS's Runtime Interface Client has no TLS, so it has a port of its own when the server's speaks that. The extension that
gives functions secrets and parameters is called at a port of its own on AWS, too. Who asks is told apart by tokens that
only one worker has.
"""

from dataclasses import replace

from penstock.server import Handler, Request
from penstock.server.control import CONTROL_PREFIX
from penstock.wire import WireResponse, complete

_RUNTIME = f"{CONTROL_PREFIX}runtime/"
_EXTENSION = f"{CONTROL_PREFIX}extension"


def runtime_alone(control: Handler) -> Handler:
    """Returns a handler that passes on what goes to the Runtime API."""

    async def handle(request: Request) -> WireResponse:
        return await (control if request.path.startswith(_RUNTIME) else _nothing_here)(request)

    return handle


def extension_alone(control: Handler) -> Handler:
    """Returns a handler that passes everything on to the extension."""

    async def handle(request: Request) -> WireResponse:
        return await control(replace(request, path=f"{_EXTENSION}{request.path}"))

    return handle


async def _nothing_here(request: Request) -> WireResponse:
    """Returns 404."""
    return complete(404, [(b"content-type", b"text/plain")], b"Only the Runtime API is here.\n")
