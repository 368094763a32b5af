"""Answers to what is no request: the connection writes them by itself, and ends.

Nothing says yet which service is meant, so they are in the words of S3, which its clients and a person can read.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from http import HTTPStatus

from penstock.errors import AwsError
from penstock.wire.xml_out import escape


def malformed() -> AwsError:
    """The bytes are no HTTP, or could be read in two ways."""
    return AwsError("BadRequest", "An error occurred when parsing the HTTP request.", status=400)


def bad_target() -> AwsError:
    """The target is no path and no URL."""
    return AwsError("InvalidURI", "Couldn't parse the specified URI.", status=400)


def bad_host() -> AwsError:
    """There is no Host header, or more than one."""
    return AwsError("BadRequest", "A request must have one Host header.", status=400)


def large_head() -> AwsError:
    """The request line and the headers are more than a request may have."""
    message = "Your request header and query parameters exceed the maximum allowed size."
    return AwsError("RequestHeaderSectionTooLarge", message, status=400)


def slow() -> AwsError:
    """The head did not come in time."""
    message = (
        "Your socket connection to the server was not read from or written to within the timeout period. "
        "Idle connections will be closed."
    )
    return AwsError("RequestTimeout", message, status=400)


def wrong_version() -> AwsError:
    """HTTP, but neither 1.1 nor 1.0."""
    return AwsError("HttpVersionNotSupported", "The HTTP version specified is not supported.", status=505)


def document(error: AwsError, request_id: str, date: bytes) -> bytes:
    """Returns a whole answer, after which the connection ends."""
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{error.code}</Code><Message>{escape(error.message)}</Message>"
        f"<RequestId>{request_id}</RequestId></Error>"
    ).encode()
    status = HTTPStatus(error.status or 400)
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nx-amz-request-id: {request_id}\r\n"
        f"content-type: application/xml\r\ncontent-length: {len(body)}\r\nconnection: close\r\n"
    )
    return head.encode() + date + b"\r\n" + body
