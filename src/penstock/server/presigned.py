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
_NOT_OF_THE_BODY = frozenset(f"x-amz-checksum-{name}" for name in ("algorithm", "mode", "type"))


def stated_headers(request: Request) -> dict[str, str]:
    """Returns the request's headers and those in the query of its presigned URL; a header sent goes first."""
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
        if name in extra
        or (name.startswith("x-amz-") and name not in _OF_THE_SIGNATURE and not _of_a_body(name))
    }
    return {**carried, **request.headers}


def _of_a_body(name: str) -> bool:
    """Returns whether the header tells the body's checksum.

    Who signs a URL has no body yet, and the JavaScript SDK then signs the checksum of an empty one. S3 ignores it:
    https://github.com/localstack/localstack/issues/12169, https://github.com/aws/aws-sdk-go-v2/issues/2610
    """
    if name == "x-amz-sdk-checksum-algorithm":
        return True
    return name.startswith("x-amz-checksum-") and name not in _NOT_OF_THE_BODY
