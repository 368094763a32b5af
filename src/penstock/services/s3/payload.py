"""The document that a request carries."""

from typing import Any

from penstock.errors import AwsError
from penstock.server import Params


def payload(params: Params, member: str) -> Any:
    """Returns the request's document; AwsError ``MissingRequestBodyError`` when none was sent."""
    document = params.get(member)
    if document is None or document == "":
        raise AwsError("MissingRequestBodyError", "Request Body is empty", status=400)
    return document
