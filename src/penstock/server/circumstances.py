"""Under which circumstances a caller asks: condition keys, worked out when a policy asks for one."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from penstock.access import Context, Keys, time_keys
from penstock.server.call import Call
from penstock.store import ReadTx

ContextOf = Callable[..., Mapping[str, str | list[str]]]
"""Returns the condition keys of what a request asks for, given the service's state, the call and its parameters."""

_HEADERS = (("aws:UserAgent", "user-agent"), ("aws:Referer", "referer"))
_NONE: Keys = {}


class Lookup(NamedTuple):
    """Condition keys that take a read, made when a policy names one that begins with ``prefix`` (lower-case)."""

    prefix: str
    find: Callable[[ReadTx], Keys]


class Circumstances(NamedTuple):
    """All condition keys of one question but the principal's own.

    ``service_keys(call)`` are those of the service that was called, ``resource`` what the resource brings, ``asked()``
    what the request would do with it (AwsError for parameters that cannot be read), ``found`` what was looked up.
    """

    call: Call
    service_keys: Callable[[Call], Mapping[str, str]]
    resource: Mapping[str, str]
    asked: Callable[[], Context] | None
    found: Keys = _NONE

    def items(self) -> Iterable[tuple[str, str | list[str]]]:
        """Returns the keys with their values."""
        keys = request_keys(self.call)
        keys.update(self.service_keys(self.call))
        keys.update(self.resource)
        if self.asked is not None:
            keys.update(self.asked().items())
        keys.update(self.found)
        return keys.items()


def request_keys(call: Call) -> Keys:
    """Returns the global condition keys of a call; those of its principal are the policies' own to know.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    keys: Keys = {
        "aws:SourceIp": call.source_ip,
        "aws:SecureTransport": "true" if call.endpoint.startswith("https") else "false",
        **time_keys(call.now_ms),
        "aws:RequestedRegion": call.region,
        "aws:ViaAWSService": "true" if call.via else "false",
    }
    for key, header in _HEADERS:
        if value := call.headers.get(header):
            keys[key] = value
    return keys


def tag_keys(tags: Mapping[str, str], taken: Iterable[str] = ()) -> Keys:
    """Returns the condition keys of the ``tags`` that a request would set, and of those that it would take away."""
    keys: Keys = {f"aws:RequestTag/{key}": value for key, value in tags.items()}
    names = [*tags, *taken]
    return {**keys, "aws:TagKeys": names} if names else keys


def resource_tag_keys(tags: Mapping[str, str], prefix: str = "aws:ResourceTag/") -> dict[str, str]:
    """Returns the condition keys of the tags that a resource has."""
    return {f"{prefix}{key}": value for key, value in tags.items()}
