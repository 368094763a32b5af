"""AuthParameters of a connection: checked, merged, and shown without what is secret."""

from collections.abc import Mapping
from typing import Any

from penstock.services.events.connections.connection import AuthorizationType
from penstock.services.events.endpoints import check_endpoint
from penstock.services.events.errors import not_implemented, validation

Auth = dict[str, Any]

_REQUIRED = {
    AuthorizationType.BASIC: (("Username",), ("Password",)),
    AuthorizationType.API_KEY: (("ApiKeyName",), ("ApiKeyValue",)),
    AuthorizationType.OAUTH: (
        ("ClientParameters", "ClientID"),
        ("ClientParameters", "ClientSecret"),
        ("AuthorizationEndpoint",),
        ("HttpMethod",),
    ),
}
_HTTP = "InvocationHttpParameters"
_LISTS = ("HeaderParameters", "QueryStringParameters", "BodyParameters")


def checked_auth(kind: AuthorizationType, auth: Mapping[str, Any]) -> Auth:
    """Returns the parameters that belong to ``kind``; AwsError when some lack, or others are there."""
    if auth.get("ConnectivityParameters"):
        raise not_implemented("Connections to private APIs are")
    for other in AuthorizationType:
        if other is not kind and auth.get(other.member):
            raise validation(f"{other.member} can't be given for AuthorizationType {kind}.")
    own = auth.get(kind.member) or {}
    for path in _REQUIRED[kind]:
        if not _at(own, path):
            raise validation(f"Parameter(s) AuthParameters.{kind.member}.{'.'.join(path)} must be specified.")
    if kind is AuthorizationType.OAUTH:
        member = f"AuthParameters.{kind.member}.AuthorizationEndpoint"
        check_endpoint(own["AuthorizationEndpoint"], member)
        _check_keys(own.get("OAuthHttpParameters"))
    _check_keys(auth.get(_HTTP))
    return {kind.member: own, **({_HTTP: auth[_HTTP]} if auth.get(_HTTP) else {})}


def merged_auth(kind: AuthorizationType, old: Mapping[str, Any], given: Mapping[str, Any]) -> Auth:
    """Returns ``old`` with what is given, as far as that belongs to ``kind``; AwsError."""
    merged = dict(given)
    own = {**(old.get(kind.member) or {}), **(given.get(kind.member) or {})}
    client = {
        **((old.get(kind.member) or {}).get("ClientParameters") or {}),
        **(own.get("ClientParameters") or {}),
    }
    if client:
        own["ClientParameters"] = client
    merged[kind.member] = own
    merged.setdefault(_HTTP, old.get(_HTTP))
    return checked_auth(kind, merged)


def shown_auth(auth: Mapping[str, Any]) -> Auth:
    """Returns the parameters as DescribeConnection shows them: without passwords, keys and secret values."""
    shown: Auth = {}
    if basic := auth.get(AuthorizationType.BASIC.member):
        shown[AuthorizationType.BASIC.member] = {"Username": basic["Username"]}
    if key := auth.get(AuthorizationType.API_KEY.member):
        shown[AuthorizationType.API_KEY.member] = {"ApiKeyName": key["ApiKeyName"]}
    if oauth := auth.get(AuthorizationType.OAUTH.member):
        found = {name: oauth[name] for name in ("AuthorizationEndpoint", "HttpMethod")}
        found["ClientParameters"] = {"ClientID": oauth["ClientParameters"]["ClientID"]}
        if http := oauth.get("OAuthHttpParameters"):
            found["OAuthHttpParameters"] = _shown_http(http)
        shown[AuthorizationType.OAUTH.member] = found
    if http := auth.get(_HTTP):
        shown[_HTTP] = _shown_http(http)
    return shown


def http_parameters(parameters: Mapping[str, Any] | None, kind: str) -> dict[str, str]:
    """Returns the keys and values of one ``kind`` of parameters (``HeaderParameters``)."""
    entries = (parameters or {}).get(kind) or []
    return {entry["Key"]: entry.get("Value") or "" for entry in entries}


def _check_keys(parameters: Mapping[str, Any] | None) -> None:
    for kind in _LISTS:
        for entry in (parameters or {}).get(kind) or []:
            if not entry.get("Key"):
                raise validation(f"Parameter(s) {kind}.Key must be specified.")


def _shown_http(parameters: Mapping[str, Any]) -> Auth:
    return {
        kind: [_shown_entry(entry) for entry in entries]
        for kind, entries in parameters.items()
        if kind in _LISTS and entries is not None
    }


def _shown_entry(entry: Mapping[str, Any]) -> Auth:
    is_secret = bool(entry.get("IsValueSecret"))
    shown: Auth = {"Key": entry["Key"], "IsValueSecret": is_secret}
    if not is_secret:
        shown["Value"] = entry.get("Value") or ""
    return shown


def _at(found: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    value: Any = found
    for name in path:
        value = (value or {}).get(name)
    return value
