"""Which service, protocol and region a request is for."""

from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qs, unquote

from penstock.access import Signature
from penstock.server.request import Request

_SCOPE_SERVICES = {"monitoring": "cloudwatch"}
_TARGET_SERVICES = {
    "AmazonSQS": "sqs",
    "Logs_20140328": "logs",
    "DynamoDB_20120810": "dynamodb",
    "AWSEvents": "events",
    "GraniteServiceVersion20100801": "cloudwatch",
}
_VERSION_SERVICES = {"2012-11-05": "sqs", "2010-05-08": "iam", "2011-06-15": "sts", "2010-03-31": "sns"}
_S3_HOST_MARKS = (".s3.", ".s3-")


class Scope(NamedTuple):
    """``service`` by its name in credential scopes and ARNs; ``region`` is None when the request names none."""

    service: str
    region: str | None


def identify(request: Request) -> Scope:
    """Returns what the request is for: its credential scope says it, else its shape; S3 is what remains."""
    scope = _signed_scope(request.headers.get("authorization", ""), request.query)
    if scope:
        return scope
    if target := request.headers.get("x-amz-target"):
        return Scope(_TARGET_SERVICES.get(target.partition(".")[0], "s3"), None)
    if request.path.startswith(("/2015-03-31/", "/2017-10-31/", "/2019-09-25/", "/2017-03-31/")):
        return Scope("lambda", None)
    if request.path.startswith("/service/"):
        return Scope("cloudwatch", None)
    label = request.host.partition(".")[0]
    if label in _VERSION_SERVICES.values() or label in ("lambda", "logs"):
        return Scope(label, None)
    if "Action=" in request.query:
        version = parse_qs(request.query).get("Version", [""])[0]
        return Scope(_VERSION_SERVICES.get(version, "s3"), None)
    if request.method == "POST" and request.path == "/" and _is_form(request):
        return Scope(
            "sts", None
        )  # the one service with operations that nobody signs, as AssumeRoleWithWebIdentity
    return Scope("s3", None)


def is_signed_for(signature: Signature, scope: Scope, service: str) -> bool:
    """Returns whether the signature is for ``service``, which serves the request, and for the region it is served in.

    A request with two credentials could otherwise be verified by one service's rules and served by another.
    """
    signed = _SCOPE_SERVICES.get(signature.service, signature.service)
    return signed == service and scope == Scope(signed, signature.region or None)


def protocol_of(request: Request, protocols: tuple[str, ...], service: str) -> str:
    """Returns the protocol that this request speaks, of those its service has."""
    if "smithy-protocol" in request.headers and "smithy-rpc-v2-cbor" in protocols:
        return "smithy-rpc-v2-cbor"
    if "x-amz-target" in request.headers and "json" in protocols:
        return "json"
    if ("query" in protocols or service == "sqs") and (_is_form(request) or "Action=" in request.query):
        return "query"
    return protocols[0]


def _is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")


def path_style(request: Request) -> str:
    """Returns the S3 path with the bucket in front, wherever the client put the bucket."""
    bucket = _bucket_of(request.host)
    return f"/{bucket}{request.path}" if bucket else request.path


@lru_cache(maxsize=1024)
def _bucket_of(host: str) -> str:
    for mark in _S3_HOST_MARKS:
        at = host.rfind(mark)
        if at > 0:
            return host[:at]
    return host[: -len(".localhost")] if host.endswith(".localhost") and host != "s3.localhost" else ""


def _signed_scope(authorization: str, query: str) -> Scope | None:
    at = authorization.find("Credential=")
    if at >= 0:
        credential = authorization[at + 11 :].partition(",")[0].strip()
    elif (at := f"&{query}".find("&X-Amz-Credential=")) >= 0:
        credential = unquote(query[at + 17 :].partition("&")[0])
    else:
        return None
    return _credential_scope(credential)


@lru_cache(maxsize=1024)
def _credential_scope(credential: str) -> Scope | None:
    parts = credential.rsplit("/", 4)
    if len(parts) != 5:
        return None
    service = parts[3]
    return Scope(_SCOPE_SERVICES.get(service, service), parts[2] or None)
