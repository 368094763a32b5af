"""Callers who did not sign: whether what the head of their request names may let them in, before anything is read."""

from penstock.access import ANONYMOUS
from penstock.errors import AwsError
from penstock.server.body import PlainBody, content_length
from penstock.server.front import Front
from penstock.server.operation import Operation
from penstock.server.request import Body, Request
from penstock.server.service import Resource
from penstock.store import Store
from penstock.wire import WireRequest

FORM_BYTES = 128 * 1024
"""More than AWS's longest unsigned call, AssumeRoleWithSAML, has in its form."""


async def body_of_stranger(
    store: Store, front: Front, request: Request, wire: WireRequest, operation: Operation | None, body: Body
) -> Body:
    """Returns the body as far as it is to be read; AwsError when nobody may send it without a signature.

    What streams is authorised before it is read. Where only the body names the resource it has to be read.
    """
    if not front.hears_strangers:
        raise front.words.missing_authentication()
    if not front.service.serves_anonymous:
        if (content_length(request) or 0) > FORM_BYTES:
            raise front.words.missing_authentication()
        return PlainBody(request, None, FORM_BYTES)
    arn = front.service.named_in_head(wire)
    if arn is None or not _has_content(request) or (operation is not None and operation.streams):
        return body
    about = await store.read(front.service.resource, arn)
    if about.policy is None or not about.policy.names(ANONYMOUS):
        raise _absence(front, operation, about) or front.words.missing_authentication()
    return body


def _absence(front: Front, operation: Operation | None, about: Resource) -> AwsError | None:
    return front.service.absence(f"{front.name}:{operation.name if operation else ''}", about)


def _has_content(request: Request) -> bool:
    headers = request.headers
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
