"""Is a signature the one that the secret makes of this request, and made in time?"""

from collections.abc import Mapping
from hmac import compare_digest

from penstock.access import sigv4_errors as errors
from penstock.access.credential import Credential
from penstock.access.sigv4.canonical import (
    canonical_headers,
    canonical_request,
    encoded_path,
    encoded_query,
    hex_hmac,
    octets,
    sent_path,
    sent_query,
    signing_key,
    string_to_sign,
)
from penstock.access.sigv4.signature import Signature


def check_credential(
    credential: Credential | None, access_key_id: str, session_token: str | None, service: str, now_ms: int
) -> Credential:
    """Returns ``credential``, found under ``access_key_id``, if it is there, in force, and the token is its own.

    Raises what AWS answers otherwise: ``InvalidAccessKeyId``, ``InvalidToken``, ``ExpiredToken``
    (S3), ``InvalidClientTokenId``, ``ExpiredToken`` and their JSON twins.
    """
    if credential is None:
        raise errors.unknown_key(access_key_id, service)
    if not compare_digest(octets(credential.session_token or ""), octets(session_token or "")):
        if session_token is None:
            raise errors.unknown_key(access_key_id, service)
        raise errors.invalid_token(service, session_token)
    if credential.expires_ms is not None and credential.expires_ms <= now_ms:
        raise errors.expired_token(service, session_token or "")
    return credential


def verify(
    signature: Signature,
    secret: str,
    method: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    payload_hash: str | None,
    now_ms: int,
) -> None:
    """Returns when the signature is good and in time; else raises what AWS answers.

    ``path`` and ``query`` are as sent. ``payload_hash`` is the body's SHA-256 in hex. S3's signatures carry
    their own (``signature.payload_hash``) and it is ignored: compare the body with that one while reading.
    """
    service = signature.service
    _check_time(signature, now_ms)
    _check_signed_headers(signature, headers)
    hashed = (signature.payload_hash if service == "s3" else payload_hash) or ""
    signed_headers = ";".join(signature.signed_headers)
    lines = canonical_headers(headers, signature.signed_headers)
    key = signing_key(secret, signature.date, signature.region, service)
    claimed = octets(signature.signature)

    sent = canonical_request(
        method, sent_path(path, service), sent_query(query), lines, signed_headers, hashed
    )
    text = string_to_sign(signature.timestamp, signature.scope, sent)
    if compare_digest(hex_hmac(key, text).encode(), claimed):
        return
    # Some clients send characters bare that they sign encoded. Both forms decode to the same request.
    encoded = canonical_request(
        method, encoded_path(path, service), encoded_query(query), lines, signed_headers, hashed
    )
    text = string_to_sign(signature.timestamp, signature.scope, encoded)
    if encoded != sent and compare_digest(hex_hmac(key, text).encode(), claimed):
        return
    raise errors.mismatch(
        service,
        AWSAccessKeyId=signature.access_key_id,
        StringToSign=text,
        SignatureProvided=signature.signature,
        StringToSignBytes=_spaced_hex(text),
        CanonicalRequest=encoded,
        CanonicalRequestBytes=_spaced_hex(encoded),
    )


def _check_time(signature: Signature, now_ms: int) -> None:
    made_ms = signature.timestamp_ms
    if signature.expires_s is None:
        if abs(now_ms - made_ms) > errors.MAX_SKEW_MS:
            raise errors.skewed(signature.service, signature.timestamp, made_ms, now_ms)
        return
    expires_ms = made_ms + signature.expires_s * 1000
    if now_ms > expires_ms:
        raise errors.expired(signature.service, signature.expires_s, expires_ms, now_ms)
    if made_ms > now_ms + errors.MAX_SKEW_MS:
        raise errors.not_yet_valid(
            signature.service, signature.expires_s, signature.timestamp, made_ms, now_ms
        )


def _check_signed_headers(signature: Signature, headers: Mapping[str, str]) -> None:
    signed = signature.signed_headers
    if "host" not in signed:
        raise errors.headers_not_signed(signature.service, ["host"])
    for name in headers:
        if name.startswith("x-amz-") and name not in signed:
            unsigned = [name for name in headers if name.startswith("x-amz-") and name not in signed]
            raise errors.headers_not_signed(signature.service, unsigned)


def _spaced_hex(text: str) -> str:
    return octets(text).hex(" ")
