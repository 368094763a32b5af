"""Is a signature the one that the secret makes of this request, and made in time?"""

from collections.abc import Callable, Mapping
from hmac import compare_digest

from penstock.access.credential import Credential
from penstock.access.limits import MAX_SKEW_MS
from penstock.access.sigv4.canonical import (
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
    now_ms: Callable[[], int],
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
    if credential.expires_ms is not None and credential.expires_ms <= now_ms():
        raise words.expired_token(session_token or "")
    return credential


def check_head(signature: Signature, words: Wording, headers: Mapping[str, str], now_ms: int) -> None:
    """Returns when the request was signed in time, and with every header that matters; else raises what AWS answers.

    It takes neither the secret nor the body.
    """
    if signature.expires_s is not None:
        _check_presigned_time(signature, words, signature.expires_s, now_ms)
    elif abs(now_ms - signature.timestamp_ms) > MAX_SKEW_MS:
        raise words.skewed(signature.timestamp, signature.timestamp_ms, now_ms)
    if forgotten := signature.signed_headers.forgotten(headers):
        raise words.headers_not_signed(list(forgotten))


def verify(signature: Signature, style: Style, secret: str, request: Sent, payload_hash: str) -> None:
    """Returns when the signature is the one that ``secret`` makes; else raises what AWS answers.

    ``payload_hash`` is the body's SHA-256 in hex, or what the request states in its place
    (``signature.payload_hash``): compare the body with that one while reading.
    """
    names, lines = signature.signed_headers.text, signature.signed_headers.lines(request.headers)
    key = signing_key(secret, signature.date, signature.region, signature.service)
    claimed = octets(signature.signature)

    query = sent_query(request.query) if request.query else ""
    sent = canonical_request(request.method, style.sent_path(request.path), query, lines, names, payload_hash)
    text = string_to_sign(signature.timestamp, signature.scope, sent)
    if compare_digest(hex_hmac(key, text).encode(), claimed):
        return
    # Some clients send characters bare that they sign encoded. Both forms decode to the same request.
    path, query = style.encoded_path(request.path), encoded_query(request.query)
    encoded = canonical_request(request.method, path, query, lines, names, payload_hash)
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


def _check_presigned_time(signature: Signature, words: Wording, expires_s: int, now_ms: int) -> None:
    made_ms = signature.timestamp_ms
    expires_ms = made_ms + expires_s * 1000
    if now_ms > expires_ms:
        raise words.expired(expires_s, expires_ms, now_ms)
    if made_ms > now_ms + MAX_SKEW_MS:
        raise words.not_yet_valid(expires_s, signature.timestamp, made_ms, now_ms)


def _spaced_hex(text: str) -> str:
    return octets(text).hex(" ")
