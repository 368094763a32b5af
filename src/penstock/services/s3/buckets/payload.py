"""The document that a request carries."""

from typing import Any

from penstock.errors import AwsError
from penstock.server import Call, Params
from penstock.services.s3.buckets.bucket import check_seen


def payload(call: Call, params: Params, member: str) -> Any:
    """Returns the request's document, for a bucket that is there.

    AwsError as ``check_seen``, ``MissingRequestBodyError`` when no document was sent.
    """
    check_seen(call, params)
    document = params.get(member)
    if document is None or document == "":
        raise AwsError("MissingRequestBodyError", "Request Body is empty", status=400)
    return document
