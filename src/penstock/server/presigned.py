"""Headers that a presigned URL carries in its query.

SDKs move ``x-amz-…`` headers into the URLs that they sign, and version 2 the content type too, so that whoever uses the
URL need not send them. S3 takes such a parameter for the header; dropping it would do something else than was signed.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
"""

from penstock.server.request import Request
from penstock.wire import form

_V2_HEADERS = frozenset(("content-type", "content-md5"))
_OF_THE_SIGNATURE = frozenset(
    f"x-amz-{name}"
    for name in (
        "algorithm",
        "content-sha256",
        "credential",
        "date",
        "expires",
        "security-token",
        "signature",
        "signedheaders",
    )
)


def stated_headers(request: Request) -> dict[str, str]:
    """Returns the request's headers and those in the query of its presigned URL; a header sent goes first."""
    if "authorization" in request.headers:
        return request.headers
    if "X-Amz-Signature=" in request.query:
        extra: frozenset[str] = frozenset()
    elif "AWSAccessKeyId=" in request.query:
        extra = _V2_HEADERS
    else:
        return request.headers
    found = {name.lower(): value for name, value in form(request.query).items()}
    carried = {
        name: value
        for name, value in found.items()
        if name in extra or (name.startswith("x-amz-") and name not in _OF_THE_SIGNATURE)
    }
    sent = {name: value for name, value in request.headers.items() if value or name not in carried}
    return {**carried, **sent}
