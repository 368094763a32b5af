"""What browsers are told: whether a page may send a request, and whether it may read the answer.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTOPTIONSobject.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/testing-cors.html
"""

from urllib.parse import unquote

from penstock.server import Headers
from penstock.services.s3.buckets.bucket import find_bucket
from penstock.services.s3.buckets.settings import setting
from penstock.services.s3.cors import errors
from penstock.services.s3.cors.configuration import SETTING
from penstock.services.s3.cors.rules import METHODS, Asked, Fit, Rule, find_rule
from penstock.services.s3.state import S3State
from penstock.store import ReadTx
from penstock.wire import WireRequest

_VARY = (b"vary", b"Origin, Access-Control-Request-Headers, Access-Control-Request-Method")


async def preflight(s3: S3State, request: WireRequest) -> Headers:
    """Returns what the browser may send, by the bucket's first rule that fits; AwsError when none does."""
    origin, method = request.headers.get("origin"), request.headers.get("access-control-request-method")
    if not origin:
        raise errors.origin_needed()
    bucket, key = _split(request.path)
    shown, kind = method or request.method, "OBJECT" if key else "BUCKET"
    found, rules = await s3.store.read(_rules_of, bucket)
    if not found:
        raise errors.bucket_not_found(shown, kind)
    if not rules:
        raise errors.not_enabled(shown, kind)
    if method not in METHODS:
        raise errors.invalid_requested_method(method)
    announced = request.headers.get("access-control-request-headers", "").lower().split(",")
    asked = Asked(origin, method, tuple(name.strip() for name in announced if name.strip()))
    fit = find_rule(rules, asked)
    if fit is None:
        raise errors.not_allowed(shown, kind)
    return _headers(fit, asked)


async def cross_origin(s3: S3State, request: WireRequest) -> Headers:
    """Returns what lets the page read the answer; nothing when no rule fits, or there is no such bucket."""
    bucket, _ = _split(request.path)
    _, rules = await s3.store.read(_rules_of, bucket)
    if not rules:
        return ()
    asked = Asked(request.headers["origin"], request.method)
    fit = find_rule(rules, asked)
    return _headers(fit, asked) if fit else ()


def _split(path: str) -> tuple[str, str]:
    bucket, _, key = path.removeprefix("/").partition("/")
    return unquote(bucket, errors="replace"), key


def _rules_of(tx: ReadTx, name: str) -> tuple[bool, list[Rule]]:
    """Returns whether there is such a bucket, and its rules."""
    bucket = find_bucket(tx, name)
    if bucket is None:
        return False, []
    return True, setting(tx, bucket, SETTING, None) or []


def _headers(fit: Fit, asked: Asked) -> Headers:
    rule, anybody = fit.rule, fit.pattern == "*"
    headers = [
        (b"access-control-allow-origin", b"*" if anybody else asked.origin.encode("latin-1")),
        (b"access-control-allow-methods", ", ".join(rule["AllowedMethods"]).encode()),
    ]
    if asked.headers:
        headers.append((b"access-control-allow-headers", ", ".join(asked.headers).encode("latin-1")))
    if exposed := rule.get("ExposeHeaders"):
        headers.append((b"access-control-expose-headers", ", ".join(exposed).encode()))
    if (seconds := rule.get("MaxAgeSeconds")) is not None:
        headers.append((b"access-control-max-age", str(seconds).encode()))
    if not anybody:
        headers.append((b"access-control-allow-credentials", b"true"))
    return [*headers, _VARY]
