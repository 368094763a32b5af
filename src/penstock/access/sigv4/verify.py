"""Is a signature the one that the secret makes of this request, and made in time?"""

from collections.abc import Mapping
from hmac import compare_digest

from penstock.access.credential import Credential
from penstock.access.limits import MAX_SKEW_MS
from penstock.access.sigv4.canonical import (
    canonical_headers,
    canonical_request,
    encoded_query,
    hex_hmac,
    octets,
    sent_query,
    signing_key,
    string_to_sign,
)
from penstock.access.sigv4.signature import Sent, Signature
from penstock.access.sigv4.style import Style
from penstock.access.wording import Wording


def check_credential(
    credential: Credential | None,
    access_key_id: str,
    session_token: str | None,
    words: Wording,
    now_ms: int,
) -> Credential:
    """Returns ``credential``, found under ``access_key_id``, if it is there, in force, and the token is its own.

    Raises what AWS answers otherwise, in ``words``: an unknown key, an invalid token, an expired one.
    """
    if credential is None:
        raise words.unknown_key(access_key_id)
    own = credential.session_token
    if own is None and session_token is None and credential.expires_ms is None:
        return credential
    if not compare_digest(octets(own or ""), octets(session_token or "")):
        raise (
            words.unknown_key(access_key_id) if session_token is None else words.invalid_token(session_token)
        )
    if credential.expires_ms is not None and credential.expires_ms <= now_ms:
        raise words.expired_token(session_token or "")
    return credential


def verify(
    signature: Signature, style: Style, secret: str, request: Sent, body_hash: str | None, now_ms: int
) -> None:
    """Returns when the signature is good and in time; else raises what AWS answers.

    ``body_hash`` is the body's SHA-256 in hex; it is not needed where the request states one
    (``signature.payload_hash``): compare the body with that one while reading.
    """
    _check_time(signature, style.words, now_ms)
    _check_signed_headers(signature.signed_headers, style.words, request.headers)
    hashed = (signature.payload_hash if style.states_payload else body_hash) or ""
    names = ";".join(signature.signed_headers)
    lines = canonical_headers(request.headers, signature.signed_headers)
    key = signing_key(secret, signature.date, signature.region, signature.service)
    claimed = octets(signature.signature)

    query = sent_query(request.query) if request.query else ""
    sent = canonical_request(request.method, style.sent_path(request.path), query, lines, names, hashed)
    text = string_to_sign(signature.timestamp, signature.scope, sent)
    if compare_digest(hex_hmac(key, text).encode(), claimed):
        return
    # Some clients send characters bare that they sign encoded. Both forms decode to the same request.
    path, query = style.encoded_path(request.path), encoded_query(request.query)
    encoded = canonical_request(request.method, path, query, lines, names, hashed)
    text = string_to_sign(signature.timestamp, signature.scope, encoded)
    if encoded != sent and compare_digest(hex_hmac(key, text).encode(), claimed):
        return
    raise style.words.mismatch(
        AWSAccessKeyId=signature.access_key_id,
        StringToSign=text,
        SignatureProvided=signature.signature,
        StringToSignBytes=_spaced_hex(text),
        CanonicalRequest=encoded,
        CanonicalRequestBytes=_spaced_hex(encoded),
    )


def _check_time(signature: Signature, words: Wording, now_ms: int) -> None:
    made_ms, expires_s = signature.timestamp_ms, signature.expires_s
    if expires_s is None:
        if abs(now_ms - made_ms) > MAX_SKEW_MS:
            raise words.skewed(signature.timestamp, made_ms, now_ms)
        return
    expires_ms = made_ms + expires_s * 1000
    if now_ms > expires_ms:
        raise words.expired(expires_s, expires_ms, now_ms)
    if made_ms > now_ms + MAX_SKEW_MS:
        raise words.not_yet_valid(expires_s, signature.timestamp, made_ms, now_ms)


def _check_signed_headers(signed: tuple[str, ...], words: Wording, headers: Mapping[str, str]) -> None:
    if "host" not in signed:
        raise words.headers_not_signed(["host"])
    for name in headers:
        if name.startswith("x-amz-") and name not in signed:
            unsigned = [name for name in headers if name.startswith("x-amz-") and name not in signed]
            raise words.headers_not_signed(unsigned)


def _spaced_hex(text: str) -> str:
    return octets(text).hex(" ")
