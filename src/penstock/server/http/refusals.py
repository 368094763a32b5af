"""Answers to what is no request: the connection writes them by itself, and ends.

Nothing says yet which service is meant, so they are in the words of S3, which its clients and a person can read.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from penstock.errors import AwsError
from penstock.server.http.answer import answer_head
from penstock.wire import bare_codec


def malformed() -> AwsError:
    """The bytes are no HTTP, or could be read in two ways."""
    return AwsError("BadRequest", "An error occurred when parsing the HTTP request.", status=400)


def bad_target() -> AwsError:
    """The target is no path and no URL."""
    return AwsError("InvalidURI", "Couldn't parse the specified URI.", status=400)


def bad_host() -> AwsError:
    """There is no Host header, or more than one."""
    return AwsError("BadRequest", "A request must have one Host header.", status=400)


def wrong_version() -> AwsError:
    """HTTP, but neither 1.1 nor 1.0."""
    return AwsError("HttpVersionNotSupported", "The HTTP version specified is not supported.", status=505)


def too_many() -> AwsError:
    """More requests came at once than wait for an answer."""
    return AwsError("SlowDown", "Please reduce your request rate.", status=503)


def refusal(error: AwsError, request_id: str, date: bytes) -> bytes:
    """Returns a whole answer, after which the connection ends."""
    response = bare_codec("rest-xml").serialize_error(None, error, request_id)
    assert isinstance(response.body, bytes)
    return answer_head(response, date, keep_alive=False) + response.body
