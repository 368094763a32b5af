"""Tokens of OpenID Connect providers: what they say, and whether it is true.

Sources: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_adding-assume-role-idp
"""

import math
import re
from typing import Any, NamedTuple

import orjson

from penstock.errors import AwsError
from penstock.services.sts import errors
from penstock.services.sts.key_sets import Key

_ALGORITHMS = {
    "RS256": "RSA",
    "RS384": "RSA",
    "RS512": "RSA",
    "ES256": "EC",
    "ES384": "EC",
    "ES512": "EC",
}
"""Those that AWS takes, with the kind of their keys. None of them signs with a secret."""
_NO_TOKEN = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
_MAX_DIGITS = {"n": 1366, "e": 8, "x": 90, "y": 90}  # base64: RSA of 8192 bits, and the largest curve
_SKEW_S = 300
_TAGS = "https://aws.amazon.com/tags"
_SOURCE_IDENTITY = "https://aws.amazon.com/source_identity"
_NAME = re.compile(r"[\w+=,.@-]{2,64}")
_MAX_SUBJECT = 255
_MAX_TAGS = 50
_MAX_KEY = 128
_MAX_VALUE = 256


class Token(NamedTuple):
    """What a token says, before anybody has verified it: ``issuer`` begins with ``https://``."""

    text: str
    algorithm: str
    key_id: str | None
    issuer: str
    claims: dict[str, Any]


def read_token(text: str) -> Token:
    """Returns what the token says; AwsError ``InvalidIdentityToken`` for what is none that could be verified."""
    import jwt

    try:
        found = jwt.PyJWS().decode_complete(text, options={"verify_signature": False})
        claims = orjson.loads(found["payload"])
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise errors.invalid_token(_NO_TOKEN) from None
    header = found["header"]
    algorithm, issuer = header.get("alg"), claims.get("iss") if isinstance(claims, dict) else None
    if not isinstance(algorithm, str) or algorithm not in _ALGORITHMS or "crit" in header:
        raise errors.invalid_token("The ID Token provided has been signed in a way that is not supported.")
    if not isinstance(issuer, str) or not issuer.startswith("https://"):
        raise errors.invalid_token("The ID Token provided names no issuer.")
    return Token(text, algorithm, header.get("kid"), issuer, claims)


def verify_token(token: Token, keys: list[Key]) -> None:
    """Returns when one of the keys has signed the token; AwsError ``InvalidIdentityToken``."""
    if not any(_has_signed(key, token) for key in keys):
        raise errors.invalid_token("The ID Token's signature could not be verified with the provider's keys.")


def check_time(token: Token, now_ms: int) -> None:
    """Returns when the token is in force; AwsError ``ExpiredTokenException``, ``InvalidIdentityToken``."""
    now_s = now_ms // 1000
    ends_s = _seconds(token, "exp")
    if ends_s is None:
        raise errors.invalid_token("Missing a required claim: exp")
    if ends_s <= now_s:
        raise errors.expired_token(now_s, int(ends_s))
    for claim in ("nbf", "iat"):
        if (_seconds(token, claim) or 0) > now_s + _SKEW_S:
            raise errors.invalid_token(f"The ID Token is not valid yet: {claim}")


def subject_of(token: Token) -> str:
    """Returns of whom the token speaks; AwsError ``InvalidIdentityToken``."""
    subject = token.claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= _MAX_SUBJECT:
        raise errors.invalid_token("Missing a required claim: sub")
    return subject


def audience_of(token: Token, clients: tuple[str, ...]) -> str:
    """Returns which of the provider's clients the token is for; AwsError ``InvalidIdentityToken`` when it is for none.

    A token that says to whom it was given out (``azp``) is for that one alone.
    """
    given, party = token.claims.get("aud"), token.claims.get("azp")
    audiences = [party] if isinstance(party, str) else (given if isinstance(given, list) else [given])
    for audience in audiences:
        if isinstance(audience, str) and audience in clients:
            return audience
    raise errors.invalid_token("Incorrect token audience")


def methods_of(token: Token) -> list[str]:
    """Returns how the provider knew whom the token speaks of (``amr``)."""
    methods = token.claims.get("amr")
    return [one for one in methods if isinstance(one, str)] if isinstance(methods, list) else []


def source_identity_in(token: Token) -> str | None:
    """Returns the source identity that the token asks for; AwsError ``InvalidIdentityToken`` when it cannot be one."""
    found = token.claims.get(_SOURCE_IDENTITY)
    if found is None:
        return None
    if not isinstance(found, str) or not _NAME.fullmatch(found):
        raise errors.invalid_token("The source identity in the ID Token is not valid.")
    return found


def tagging_in(token: Token) -> dict[str, Any]:
    """Returns the session tags in the token as ``Tags`` and ``TransitiveTagKeys`` of a request have them."""
    found = token.claims.get(_TAGS)
    if found is None:
        return {}
    tags = found.get("principal_tags", {}) if isinstance(found, dict) else None
    transitive = found.get("transitive_tag_keys", []) if isinstance(found, dict) else None
    if not isinstance(tags, dict) or not isinstance(transitive, list) or len(tags) > _MAX_TAGS:
        raise _invalid_tags()
    pairs = [{"Key": key, "Value": _tag_value(key, value)} for key, value in tags.items()]
    if not all(isinstance(key, str) for key in transitive):
        raise _invalid_tags()
    return {"Tags": pairs, "TransitiveTagKeys": transitive}


def _tag_value(key: str, value: object) -> str:
    if isinstance(value, list) and len(value) == 1:
        (value,) = value
    if not isinstance(value, str) or len(value) > _MAX_VALUE or not 0 < len(key) <= _MAX_KEY:
        raise _invalid_tags()
    return value


def _invalid_tags() -> AwsError:
    return errors.invalid_token("The session tags in the ID Token are not valid.")


def _seconds(token: Token, claim: str) -> float | None:
    found = token.claims.get(claim)
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found):
        raise errors.invalid_token(f"The ID Token's {claim} is not a number.")
    return found


def _is_short(key: Key) -> bool:
    """Returns whether the key's numbers are of usual lengths: with longer ones a signature may take seconds."""
    return all(len(str(key.get(name, ""))) <= most for name, most in _MAX_DIGITS.items())


def _has_signed(key: Key, token: Token) -> bool:
    """Returns whether a key of the right kind, and long enough, has signed the token."""
    import jwt

    if key.get("kty") != _ALGORITHMS[token.algorithm] or key.get("use", "sig") != "sig":
        return False
    if key.get("alg", token.algorithm) != token.algorithm or not _is_short(key):
        return False
    verifier = jwt.PyJWS(options={"enforce_minimum_key_length": True})
    try:
        verifier.decode(token.text, jwt.PyJWK(key, token.algorithm), [token.algorithm])
    except (jwt.PyJWTError, ValueError, TypeError):
        return False
    return True
