"""Headers that a presigned URL carries in its query.

SDKs move ``x-amz-…`` headers into the URLs that they sign, conditions of writes, and version 2 the content type too, so
that whoever uses the URL need not send them. S3 takes such a parameter for the header; dropping it would do something
else than was signed.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
"""

from penstock.server.request import Request
from penstock.wire import form

_V2_HEADERS = frozenset(("content-type", "content-md5"))
_V4_HEADERS = frozenset(("if-match", "if-none-match"))
_OF_THE_URL = frozenset(
    f"x-amz-{name}"
    for name in (
        "algorithm",
        "content-sha256",
        "credential",
        "date",
        "expires",
        "sdk-checksum-algorithm",
        "security-token",
        "signature",
        "signedheaders",
    )
)
_NOT_OF_THE_BODY = frozenset(f"x-amz-checksum-{name}" for name in ("algorithm", "mode", "type"))


def stated_headers(request: Request) -> dict[str, str]:
    """Returns the request's headers and those in the query of its presigned URL; a header sent goes first."""
    if "authorization" in request.headers:
        return request.headers
    if "X-Amz-Signature=" in request.query:
        extra = _V4_HEADERS
    elif "AWSAccessKeyId=" in request.query:
        extra = _V2_HEADERS
    else:
        return request.headers
    found = {name.lower(): value for name, value in form(request.query).items()}
    carried = {name: value for name, value in found.items() if name in extra or _counts(name)}
    sent = {name: value for name, value in request.headers.items() if value or name not in carried}
    return {**carried, **sent}


def _counts(name: str) -> bool:
    """Returns whether the parameter stands for a header.

    A checksum of the body does not: who signs a URL has no body yet, and the JavaScript SDK then signs that of an empty
    one. S3 ignores it: https://github.com/aws/aws-sdk-go-v2/issues/2610
    """
    if not name.startswith("x-amz-") or name in _OF_THE_URL:
        return False
    return not name.startswith("x-amz-checksum-") or name in _NOT_OF_THE_BODY
