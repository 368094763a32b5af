"""The words of rest-xml, which are those of Amazon S3.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from penstock.access.decide import Decision
from penstock.access.limits import MAX_SKEW_MS
from penstock.access.wording.times import iso
from penstock.access.wording.wording import Wording
from penstock.errors import AwsError

_CREDENTIAL_FORM = (
    'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'
)


class RestXml(Wording):
    """Texts that go with ``<Error>`` documents; some carry members that help to debug a client."""

    internal_code = "InternalError"

    def unknown_key(self, access_key_id: str) -> AwsError:
        text = "The AWS Access Key Id you provided does not exist in our records."
        return AwsError("InvalidAccessKeyId", text, status=403, AWSAccessKeyId=access_key_id)

    def invalid_token(self, token: str) -> AwsError:
        text = "The provided token is malformed or otherwise invalid."
        return _with_fields("InvalidToken", text, 400, {"Token-0": token})

    def expired_token(self, token: str) -> AwsError:
        return _with_fields("ExpiredToken", "The provided token has expired.", 400, {"Token-0": token})

    def missing_authentication(self) -> AwsError:
        return AwsError("AccessDenied", "Access Denied", status=403)

    def access_denied(self, decision: Decision) -> AwsError:
        text = decision.refusal(decision.action, f'"{decision.resource}"')
        return AwsError("AccessDenied", text, status=403)

    def unsupported_authorization(self, algorithm: str, authorization: str) -> AwsError:
        if algorithm.startswith("AWS"):
            return self.unsupported_query()
        return _invalid_authorization("Unsupported Authorization Type", authorization)

    def unsupported_query(self) -> AwsError:
        text = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
        return AwsError("InvalidRequest", text, status=400)

    def two_mechanisms(self, authorization: str) -> AwsError:
        text = (
            "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, "
            "Signature query string parameter or the Authorization header should be specified"
        )
        return _invalid_authorization(text, authorization)

    def missing_components(self, missing: list[str], authorization: str) -> AwsError:
        return _malformed_header(
            "the authorization header requires three components: Credential, SignedHeaders, and Signature."
        )

    def malformed_credential(self, credential: str, authorization: str) -> AwsError:
        return _malformed_header(_CREDENTIAL_FORM)

    def invalid_date(self, text: str, authorization: str) -> AwsError:
        text = "AWS authentication requires a valid Date or x-amz-date header"
        return AwsError("AccessDenied", text, status=403)

    def wrong_scope_date(self, date: str, timestamp: str, authorization: str) -> AwsError:
        return _malformed_header(
            f'Invalid credential date "{date}". This date is not the same as X-Amz-Date: "{timestamp[:8]}".'
        )

    def malformed_query(self, text: str) -> AwsError:
        return AwsError("AuthorizationQueryParametersError", text, status=400)

    def wrong_scope(self, called: str) -> AwsError:
        text = f"Credential should be scoped to correct service: '{called}'."
        return AwsError("SignatureDoesNotMatch", text, status=403)

    def headers_not_signed(self, names: list[str]) -> AwsError:
        text = "There were headers present in the request which were not signed"
        return AwsError("AccessDenied", text, status=403, HeadersNotSigned=", ".join(names))

    def mismatch(self, **debug: str) -> AwsError:
        text = (
            "The request signature we calculated does not match the signature you provided. "
            "Check your key and signing method."
        )
        return _with_fields("SignatureDoesNotMatch", text, 403, debug)

    def skewed(self, timestamp: str, timestamp_ms: int, now_ms: int) -> AwsError:
        return AwsError(
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.",
            status=403,
            RequestTime=timestamp,
            ServerTime=iso(now_ms),
            MaxAllowedSkewMilliseconds=str(MAX_SKEW_MS),
        )

    def expired(self, expires_s: int, expires_ms: int, now_ms: int) -> AwsError:
        fields = {"X-Amz-Expires": str(expires_s), "Expires": iso(expires_ms), "ServerTime": iso(now_ms)}
        return _with_fields("AccessDenied", "Request has expired", 403, fields)

    def not_yet_valid(self, expires_s: int, timestamp: str, timestamp_ms: int, now_ms: int) -> AwsError:
        fields = {"X-Amz-Expires": str(expires_s), "X-Amz-Date": timestamp, "ServerTime": iso(now_ms)}
        return _with_fields("AccessDenied", "Request is not yet valid", 403, fields)

    def expired_v2(self, expires_ms: int, now_ms: int) -> AwsError:
        """A version 2 URL whose end has passed."""
        fields = {"Expires": iso(expires_ms), "ServerTime": iso(now_ms)}
        return _with_fields("AccessDenied", "Request has expired", 403, fields)

    def content_sha256_mismatch(self, claimed: str, computed: str) -> AwsError:
        """The body is not the one whose hash the request states."""
        return AwsError(
            "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
            status=400,
            ClientComputedContentSHA256=claimed,
            S3ComputedContentSHA256=computed,
        )

    def incomplete_body(self) -> AwsError:
        """Fewer or more bytes came than were announced."""
        text = "You did not provide the number of bytes specified by the Content-Length HTTP header"
        return AwsError("IncompleteBody", text, status=400)


def _malformed_header(detail: str) -> AwsError:
    return AwsError(
        "AuthorizationHeaderMalformed", f"The authorization header is malformed; {detail}", status=400
    )


def _invalid_authorization(text: str, authorization: str) -> AwsError:
    return AwsError(
        "InvalidArgument", text, status=400, ArgumentName="Authorization", ArgumentValue=authorization
    )


def _with_fields(code: str, text: str, status: int, fields: dict[str, str]) -> AwsError:
    """Returns an error whose fields may have names that are no Python names."""
    found: dict[str, object] = dict(fields)
    return AwsError(code, text, status=status, **found)  # type: ignore[arg-type]


REST_XML = RestXml()
