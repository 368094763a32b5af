"""The words of the query, JSON and rest-json protocols: the same texts under codes of different ages.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-troubleshooting.html,
https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
"""

from collections.abc import Callable
from typing import NamedTuple

from penstock.access.decide import Decision
from penstock.access.limits import MAX_SKEW_MS
from penstock.access.wording.times import basic
from penstock.access.wording.wording import Wording
from penstock.errors import AwsError

_INVALID_TOKEN = "The security token included in the request is invalid."
_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
)


class Codes(NamedTuple):
    """What one family calls the errors, and the status of a client's."""

    status: int
    invalid_client: str
    expired_token: str
    access_denied: str
    incomplete: str
    mismatch: str
    missing_authentication: str
    missing_text: str = "Request is missing Authentication Token"


def _as_written(action: str) -> str:
    return action


class Coded(Wording):
    """A family. ``spell`` is how it writes an IAM action in its refusals."""

    internal_code = "InternalFailure"

    def __init__(self, codes: Codes, spell: Callable[[str], str] = _as_written) -> None:
        self._codes = codes
        self._spell = spell

    def spelling(self, spell: Callable[[str], str]) -> "Coded":
        """Returns the same words, with IAM actions written as ``spell`` does."""
        return Coded(self._codes, spell)

    def denying_as(self, code: str) -> "Coded":
        """Returns the same words, with ``code`` for callers who may not do something."""
        return Coded(self._codes._replace(access_denied=code), self._spell)

    def unknown_key(self, access_key_id: str) -> AwsError:
        return self._error(self._codes.invalid_client, _INVALID_TOKEN)

    def invalid_token(self, token: str) -> AwsError:
        return self._error(self._codes.invalid_client, _INVALID_TOKEN)

    def expired_token(self, token: str) -> AwsError:
        return self._error(self._codes.expired_token, "The security token included in the request is expired")

    def missing_authentication(self) -> AwsError:
        return self._error(self._codes.missing_authentication, self._codes.missing_text)

    def access_denied(self, decision: Decision) -> AwsError:
        text = decision.refusal(self._spell(decision.action), decision.resource)
        return self._error(self._codes.access_denied, text)

    def unsupported_authorization(self, algorithm: str, authorization: str) -> AwsError:
        text = f"Unsupported authorization type, got '{algorithm}'. Authorization={authorization}"
        return self._incomplete(text)

    def unsupported_query(self) -> AwsError:
        return self._incomplete("The request is signed by a version that is not supported.")

    def two_mechanisms(self, authorization: str) -> AwsError:
        return self._incomplete(
            "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, "
            "Signature query string parameter or the Authorization header should be specified"
        )

    def missing_components(self, missing: list[str], authorization: str) -> AwsError:
        text = " ".join(f"Authorization header requires '{name}' parameter." for name in missing)
        return self._incomplete(f"{text} Authorization={authorization}")

    def malformed_credential(self, credential: str, authorization: str) -> AwsError:
        return self._incomplete(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, "
            f"got '{credential}'"
        )

    def invalid_date(self, text: str, authorization: str) -> AwsError:
        if not text:
            detail = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
            return self._incomplete(f"{detail} Authorization={authorization}")
        return self._incomplete(
            f"Date must be in ISO-8601 'basic format'. Got '{text}'. "
            "See http://en.wikipedia.org/wiki/ISO_8601"
        )

    def wrong_scope_date(self, date: str, timestamp: str, authorization: str) -> AwsError:
        text = (
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            f"'{date}' != '{timestamp[:8]}', from '{timestamp}'."
        )
        return self._error(self._codes.mismatch, text)

    def malformed_query(self, text: str) -> AwsError:
        return self._incomplete(text)

    def wrong_scope(self, called: str) -> AwsError:
        text = f"Credential should be scoped to correct service: '{called}'."
        return self._error(self._codes.mismatch, text)

    def headers_not_signed(self, names: list[str]) -> AwsError:
        shown = "'Host' or ':authority'" if names == ["host"] else ", ".join(repr(name) for name in names)
        text = f"{shown} must be a 'SignedHeader' in the AWS Authorization."
        return self._error(self._codes.mismatch, text)

    def mismatch(self, **debug: str) -> AwsError:
        return self._error(self._codes.mismatch, _MISMATCH)

    def skewed(self, timestamp: str, timestamp_ms: int, now_ms: int) -> AwsError:
        if timestamp_ms < now_ms:
            bound, sign, words = now_ms - MAX_SKEW_MS, "-", "Signature expired: {} is now earlier than"
        else:
            bound, sign, words = (
                now_ms + MAX_SKEW_MS,
                "+",
                "Signature not yet current: {} is still later than",
            )
        text = f"{words.format(timestamp)} {basic(bound)} ({basic(now_ms)} {sign} 15 min.)"
        return self._error(self._codes.mismatch, text)

    def expired(self, expires_s: int, expires_ms: int, now_ms: int) -> AwsError:
        text = f"Signature expired: {basic(expires_ms)} is now earlier than {basic(now_ms)}"
        return self._error(self._codes.mismatch, text)

    def not_yet_valid(self, expires_s: int, timestamp: str, timestamp_ms: int, now_ms: int) -> AwsError:
        return self.skewed(timestamp, timestamp_ms, now_ms)

    def _incomplete(self, text: str) -> AwsError:
        return self._error(self._codes.incomplete, text)

    def _error(self, code: str, text: str) -> AwsError:
        return AwsError(code, text, status=self._codes.status)


def _with_exceptions(status: int, **texts: str) -> Codes:
    return Codes(
        status=status,
        invalid_client="UnrecognizedClientException",
        expired_token="ExpiredTokenException",
        access_denied="AccessDeniedException",
        incomplete="IncompleteSignatureException",
        mismatch="InvalidSignatureException",
        missing_authentication="MissingAuthenticationTokenException",
        **texts,
    )


QUERY = Coded(
    Codes(
        status=403,
        invalid_client="InvalidClientTokenId",
        expired_token="ExpiredToken",
        access_denied="AccessDenied",
        incomplete="IncompleteSignature",
        mismatch="SignatureDoesNotMatch",
        missing_authentication="MissingAuthenticationToken",
    )
)
"""The query protocol, and the JSON of services that keep its codes."""

JSON = Coded(_with_exceptions(400))
"""The json protocol and its twin in CBOR."""

REST_JSON = Coded(_with_exceptions(403, missing_text="Missing Authentication Token"))
