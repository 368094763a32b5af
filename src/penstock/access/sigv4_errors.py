"""What AWS answers to a request that it cannot authenticate.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-troubleshooting.html,
https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
"""

from datetime import UTC, datetime
from typing import Any

from penstock.errors import AwsError

MAX_SKEW_MS = 15 * 60 * 1000
MAX_EXPIRES_S = 604_800

# How errors are called depends on the age of the protocol: (code suffix style, status of a client error).
_QUERY = frozenset({"sts", "iam", "sqs", "sns", "monitoring", "cloudformation", "ses", "email"})
_REST_JSON = frozenset({"lambda", "scheduler", "apigateway", "penstock"})

_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your {} Secret Access Key and signing method. Consult the service documentation for details."
)
_S3_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your key and signing method."
)


def coded(service: str, query_code: str, json_code: str, message: str) -> AwsError:
    """Returns an error outside S3: the query protocols' code, or the JSON protocols' code and status."""
    if service in _QUERY:
        return AwsError(query_code, message, status=403)
    return AwsError(json_code, message, status=403 if service in _REST_JSON else 400)


def unknown_key(access_key_id: str, service: str) -> AwsError:
    """No such access key."""
    if service == "s3":
        text = "The AWS Access Key Id you provided does not exist in our records."
        return AwsError("InvalidAccessKeyId", text, status=403, AWSAccessKeyId=access_key_id)
    text = "The security token included in the request is invalid."
    return coded(service, "InvalidClientTokenId", "UnrecognizedClientException", text)


def invalid_token(service: str, token: str) -> AwsError:
    """The session token is not the one that was given out with the key."""
    if service == "s3":
        text = "The provided token is malformed or otherwise invalid."
        return AwsError("InvalidToken", text, status=400, **_fields({"Token-0": token}))
    text = "The security token included in the request is invalid."
    return coded(service, "InvalidClientTokenId", "UnrecognizedClientException", text)


def expired_token(service: str, token: str = "") -> AwsError:
    """The session is over."""
    if service == "s3":
        return AwsError(
            "ExpiredToken", "The provided token has expired.", status=400, **_fields({"Token-0": token})
        )
    text = "The security token included in the request is expired"
    return coded(service, "ExpiredToken", "ExpiredTokenException", text)


def missing_authentication(service: str) -> AwsError:
    """The request is not signed, and the service serves nobody unsigned (S3 decides by policy instead)."""
    if service == "s3":
        return AwsError("AccessDenied", "Access Denied", status=403)
    text = "Request is missing Authentication Token"
    if service in _REST_JSON:
        text = "Missing Authentication Token"
    return coded(service, "MissingAuthenticationToken", "MissingAuthenticationTokenException", text)


def access_denied(service: str, reason: str) -> AwsError:
    """The caller is known and may not do this; ``reason`` is a ``Decision``'s."""
    if service == "s3":
        return AwsError("AccessDenied", reason, status=403)
    return coded(service, "AccessDenied", "AccessDeniedException", reason)


def unsupported_mechanism() -> AwsError:
    """Signature version 2, or an algorithm that this server does not know."""
    text = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
    return AwsError("InvalidRequest", text, status=400)


def two_mechanisms(service: str, header: str) -> AwsError:
    """The request is signed in its header and in its query."""
    text = (
        "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, "
        "Signature query string parameter or the Authorization header should be specified"
    )
    if service == "s3":
        return AwsError(
            "InvalidArgument", text, status=400, ArgumentName="Authorization", ArgumentValue=header
        )
    return incomplete(service, text)


def malformed_header(service: str, detail: str, header: str) -> AwsError:
    """The Authorization header cannot be read; ``detail`` says what is wrong with it."""
    if service == "s3":
        return AwsError(
            "AuthorizationHeaderMalformed", f"The authorization header is malformed; {detail}", status=400
        )
    return incomplete(service, f"{detail} Authorization={header}")


def incomplete(service: str, text: str) -> AwsError:
    """The request is signed in part (services other than S3)."""
    return coded(service, "IncompleteSignature", "IncompleteSignatureException", text)


def malformed_query(service: str, text: str) -> AwsError:
    """A presigned request lacks a parameter or has one that cannot be."""
    if service == "s3":
        return AwsError("AuthorizationQueryParametersError", text, status=400)
    return incomplete(service, text)


def mismatch(service: str, **fields: Any) -> AwsError:
    """The signature is not the one that this secret makes; S3 adds ``fields`` to debug the client with."""
    if service == "s3":
        return AwsError("SignatureDoesNotMatch", _S3_MISMATCH, status=403, **fields)
    return coded(service, "SignatureDoesNotMatch", "InvalidSignatureException", _MISMATCH.format("AWS"))


def headers_not_signed(service: str, names: list[str]) -> AwsError:
    """Headers that change the request's meaning are outside the signature."""
    if service == "s3":
        text = "There were headers present in the request which were not signed"
        return AwsError("AccessDenied", text, status=403, HeadersNotSigned=", ".join(names))
    text = "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
    if names != ["host"]:
        text = f"{', '.join(repr(name) for name in names)} must be a 'SignedHeader' in the AWS Authorization."
    return coded(service, "SignatureDoesNotMatch", "InvalidSignatureException", text)


def wrong_scope(service: str, called: str) -> AwsError:
    """The signature is for ``service``, the request goes to the service ``called`` or to another region."""
    text = f"Credential should be scoped to correct service: '{called}'."
    if service == "s3":
        return AwsError("SignatureDoesNotMatch", text, status=403)
    return coded(service, "SignatureDoesNotMatch", "InvalidSignatureException", text)


def skewed(service: str, timestamp: str, timestamp_ms: int, now_ms: int) -> AwsError:
    """The request was signed more than fifteen minutes from now."""
    if service == "s3":
        return AwsError(
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.",
            status=403,
            RequestTime=timestamp,
            ServerTime=iso(now_ms),
            MaxAllowedSkewMilliseconds=str(MAX_SKEW_MS),
        )
    if timestamp_ms < now_ms:
        bound, sign, words = now_ms - MAX_SKEW_MS, "-", "Signature expired: {} is now earlier than"
    else:
        bound, sign, words = now_ms + MAX_SKEW_MS, "+", "Signature not yet current: {} is still later than"
    text = f"{words.format(timestamp)} {basic(bound)} ({basic(now_ms)} {sign} 15 min.)"
    return coded(service, "SignatureDoesNotMatch", "InvalidSignatureException", text)


def expired_v2(expires_ms: int, now_ms: int) -> AwsError:
    """A version 2 URL whose end has passed."""
    return AwsError(
        "AccessDenied", "Request has expired", status=403, Expires=iso(expires_ms), ServerTime=iso(now_ms)
    )


def expired(service: str, expires_s: int, expires_ms: int, now_ms: int) -> AwsError:
    """A presigned request came too late."""
    if service == "s3":
        return AwsError(
            "AccessDenied",
            "Request has expired",
            status=403,
            **_fields(
                {"X-Amz-Expires": str(expires_s), "Expires": iso(expires_ms), "ServerTime": iso(now_ms)}
            ),
        )
    text = f"Signature expired: {basic(expires_ms)} is now earlier than {basic(now_ms)}"
    return coded(service, "SignatureDoesNotMatch", "InvalidSignatureException", text)


def not_yet_valid(service: str, expires_s: int, timestamp: str, timestamp_ms: int, now_ms: int) -> AwsError:
    """A presigned request is dated in the future."""
    if service != "s3":
        return skewed(service, timestamp, timestamp_ms, now_ms)
    fields = {"X-Amz-Expires": str(expires_s), "X-Amz-Date": timestamp, "ServerTime": iso(now_ms)}
    return AwsError("AccessDenied", "Request is not yet valid", status=403, **_fields(fields))


def content_sha256_mismatch(claimed: str, computed: str) -> AwsError:
    """The body is not the one that was signed."""
    return AwsError(
        "XAmzContentSHA256Mismatch",
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
        status=400,
        ClientComputedContentSHA256=claimed,
        S3ComputedContentSHA256=computed,
    )


def incomplete_body() -> AwsError:
    """Fewer or more bytes came than were announced."""
    text = "You did not provide the number of bytes specified by the Content-Length HTTP header"
    return AwsError("IncompleteBody", text, status=400)


def iso(ms: int) -> str:
    """Returns ``2026-11-21T04:12:52Z``."""
    return datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def basic(ms: int) -> str:
    """Returns ``20261121T041252Z``."""
    return datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y%m%dT%H%M%SZ")


def _fields(names: dict[str, str]) -> dict[str, Any]:
    """Returns fields whose names are no Python names, in the type that ``**`` asks for."""
    return dict(names)
