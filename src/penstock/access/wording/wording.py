"""What every family must have words for."""

from abc import ABC, abstractmethod

from penstock.access.decide import Decision
from penstock.errors import AwsError


class Wording(ABC):
    """Makes AWS's answer to a request that is refused, or that failed, before or beside its operation."""

    internal_code: str

    @abstractmethod
    def unknown_key(self, access_key_id: str) -> AwsError:
        """No such access key."""

    @abstractmethod
    def invalid_token(self, token: str) -> AwsError:
        """The session token is not the one that was given out with the key."""

    @abstractmethod
    def expired_token(self, token: str) -> AwsError:
        """The session is over."""

    @abstractmethod
    def missing_authentication(self) -> AwsError:
        """The request is not signed, and nothing lets everybody do this."""

    @abstractmethod
    def access_denied(self, decision: Decision) -> AwsError:
        """The caller is known and may not do this."""

    @abstractmethod
    def unsupported_authorization(self, algorithm: str, authorization: str) -> AwsError:
        """The Authorization header has a scheme that is not served."""

    @abstractmethod
    def unsupported_query(self) -> AwsError:
        """The query is signed by a version that is not served."""

    @abstractmethod
    def two_mechanisms(self, authorization: str) -> AwsError:
        """The request is signed in its header and in its query."""

    @abstractmethod
    def missing_components(self, missing: list[str], authorization: str) -> AwsError:
        """The Authorization header lacks Credential, SignedHeaders or Signature."""

    @abstractmethod
    def malformed_credential(self, credential: str, authorization: str) -> AwsError:
        """The credential is not ``key/date/region/service/aws4_request``."""

    @abstractmethod
    def invalid_date(self, text: str, authorization: str) -> AwsError:
        """The date that was signed cannot be read; ``text`` is empty when there is none."""

    @abstractmethod
    def wrong_scope_date(self, date: str, timestamp: str, authorization: str) -> AwsError:
        """The credential is for another day than the one that was signed."""

    @abstractmethod
    def malformed_query(self, text: str) -> AwsError:
        """A presigned request lacks a parameter or has one that cannot be."""

    @abstractmethod
    def wrong_scope(self, called: str) -> AwsError:
        """The signature is for another service than ``called``, or for another region."""

    @abstractmethod
    def headers_not_signed(self, names: list[str]) -> AwsError:
        """Headers that change the request's meaning are outside the signature."""

    @abstractmethod
    def mismatch(self, **debug: str) -> AwsError:
        """The signature is not the one that this secret makes; ``debug`` tells a client what was signed."""

    @abstractmethod
    def skewed(self, timestamp: str, timestamp_ms: int, now_ms: int) -> AwsError:
        """The request was signed more than fifteen minutes from now."""

    @abstractmethod
    def expired(self, expires_s: int, expires_ms: int, now_ms: int) -> AwsError:
        """A presigned request came too late."""

    @abstractmethod
    def not_yet_valid(self, expires_s: int, timestamp: str, timestamp_ms: int, now_ms: int) -> AwsError:
        """A presigned request is dated in the future."""

    def not_implemented(self, service: str, operation: str, lacking: str = "") -> AwsError:
        """AWS has the operation, this server has not, for it is ``lacking`` what that is about."""
        text = f"{service}:{operation} is not implemented by this server"
        text += f", which has no {lacking}." if lacking else "."
        return AwsError("NotImplemented", text, status=501)

    def internal(self) -> AwsError:
        """The server failed; its log says why."""
        text = "We encountered an internal error. Please try again."
        return AwsError(self.internal_code, text, status=500)

    def unavailable(self) -> AwsError:
        """The store refused the write."""
        return AwsError("ServiceUnavailable", "The store cannot write at the moment.", status=503)

    def no_room(self) -> AwsError:
        """The disk is full, or nearly so."""
        text = "The server's disk is full. Until there is more room, only reading and deleting work."
        return AwsError("ServiceUnavailable", text, status=503)
