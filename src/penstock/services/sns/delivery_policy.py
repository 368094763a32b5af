"""How deliveries over HTTP are tried again and slowed down, as a topic's and a subscription's owners say.

Source: https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html#creating-delivery-policy
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import orjson

from penstock.delivery import Ladder, Phase

_SOURCE = (
    "https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html#creating-delivery-policy"
)
_MAX_AGE_MS = 3_600_000  # "a hard limit and cannot be increased"
_MAX_RETRIES = 100
_MAX_DELAY_S = 3600

_RETRY_DEFAULTS: dict[str, Any] = {
    "minDelayTarget": 20,
    "maxDelayTarget": 20,
    "numRetries": 3,
    "numMaxDelayRetries": 0,
    "numNoDelayRetries": 0,
    "numMinDelayRetries": 0,
    "backoffFunction": "linear",
}
DEFAULT_CONTENT_TYPE = "text/plain; charset=UTF-8"
_WRAPPED_TYPES = ("application/json", "text/plain")
_RAW_TYPES = (
    *_WRAPPED_TYPES,
    "application/atom+xml",
    "application/octet-stream",
    "application/soap+xml",
    "application/x-www-form-urlencoded",
    "application/xhtml+xml",
    "application/xml",
    "text/css",
    "text/csv",
    "text/html",
    "text/xml",
)

Backoff = Callable[[float, float, int, int], float]
"""Returns the delay of a retry between the shortest and the longest, by its number among how many (2 or more)."""


class PolicyProblem(Exception):
    """The policy is malformed; the message is AWS's, without its parameter's name."""


class DeliveryPolicy(NamedTuple):
    """A checked policy. ``retry`` and ``max_per_second`` None: what is above it decides, at last the default."""

    retry: Mapping[str, Any] | None = None
    max_per_second: int | None = None
    content_type: str | None = None
    no_overrides: bool = False

    @property
    def ladder(self) -> Ladder:
        """Returns the ladder: four phases, each retry of the third with a delay of its own, an hour in all."""
        return _ladder(self.retry or _RETRY_DEFAULTS)


NO_POLICY = DeliveryPolicy()


def topic_policy(text: str | None) -> DeliveryPolicy:
    """Returns the policy that a topic's ``DeliveryPolicy`` holds; PolicyProblem."""
    if not text:
        return NO_POLICY
    found = _members(_parsed(text), "", {"http": dict})
    http = _members(
        found.get("http", {}),
        "http.",
        {
            "defaultHealthyRetryPolicy": dict,
            "disableSubscriptionOverrides": bool,
            "defaultThrottlePolicy": dict,
            "defaultRequestPolicy": dict,
        },
    )
    return DeliveryPolicy(
        _retry(http.get("defaultHealthyRetryPolicy"), "http.defaultHealthyRetryPolicy."),
        _throttle(http.get("defaultThrottlePolicy"), "http.defaultThrottlePolicy."),
        _content_type(http.get("defaultRequestPolicy"), "http.defaultRequestPolicy.", _WRAPPED_TYPES),
        http.get("disableSubscriptionOverrides", False),
    )


def subscription_policy(text: str | None, *, raw: bool) -> DeliveryPolicy:
    """Returns the policy that a subscription's ``DeliveryPolicy`` holds; PolicyProblem."""
    if not text:
        return NO_POLICY
    found = _members(
        _parsed(text),
        "",
        {
            "healthyRetryPolicy": dict,
            "throttlePolicy": dict,
            "requestPolicy": dict,
            "sicklyRetryPolicy": dict,
            "guaranteed": bool,
        },
    )
    return DeliveryPolicy(
        _retry(found.get("healthyRetryPolicy"), "healthyRetryPolicy."),
        _throttle(found.get("throttlePolicy"), "throttlePolicy."),
        _content_type(found.get("requestPolicy"), "requestPolicy.", _RAW_TYPES if raw else _WRAPPED_TYPES),
    )


def effective(topic: DeliveryPolicy, own: DeliveryPolicy) -> DeliveryPolicy:
    """Returns what holds for a subscription with its ``own`` policy."""
    if topic.no_overrides:
        return topic
    return DeliveryPolicy(
        own.retry or topic.retry,
        own.max_per_second or topic.max_per_second,
        own.content_type or topic.content_type,
    )


def effective_topic_text(policy: DeliveryPolicy) -> str:
    """Returns a topic's ``EffectiveDeliveryPolicy``."""
    http: dict[str, Any] = {
        "defaultHealthyRetryPolicy": dict(policy.retry or _RETRY_DEFAULTS),
        "disableSubscriptionOverrides": policy.no_overrides,
    }
    if policy.max_per_second:
        http["defaultThrottlePolicy"] = {"maxReceivesPerSecond": policy.max_per_second}
    http["defaultRequestPolicy"] = {"headerContentType": policy.content_type or DEFAULT_CONTENT_TYPE}
    return orjson.dumps({"http": http}).decode()


def effective_text(policy: DeliveryPolicy) -> str:
    """Returns a subscription's ``EffectiveDeliveryPolicy``."""
    shown: dict[str, Any] = {
        "healthyRetryPolicy": dict(policy.retry or _RETRY_DEFAULTS),
        "sicklyRetryPolicy": None,
        "throttlePolicy": {"maxReceivesPerSecond": policy.max_per_second} if policy.max_per_second else None,
        "requestPolicy": {"headerContentType": policy.content_type or DEFAULT_CONTENT_TYPE},
        "guaranteed": False,
    }
    return orjson.dumps(shown).decode()


def _parsed(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise PolicyProblem("failed to parse JSON.") from None


def _members(found: Any, at: str, known: Mapping[str, type]) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise PolicyProblem(f"{at.rstrip('.')} must be a JSON object".strip())
    for name, value in found.items():
        if name not in known:
            raise PolicyProblem(f"Unexpected JSON member: {name}")
        if value is not None and (
            not isinstance(value, known[name]) or (known[name] is int and isinstance(value, bool))
        ):
            raise PolicyProblem(f"{at}{name} is of the wrong type")
    return {name: value for name, value in found.items() if value is not None}


def _retry(found: Any, at: str) -> Mapping[str, Any] | None:
    if found is None:
        return None
    kinds = {name: type(value) for name, value in _RETRY_DEFAULTS.items()}
    given = _members(found, at, kinds)
    retry = _RETRY_DEFAULTS | given
    if "maxDelayTarget" not in given:
        retry["maxDelayTarget"] = max(retry["minDelayTarget"], _RETRY_DEFAULTS["maxDelayTarget"])
    if "minDelayTarget" not in given:
        retry["minDelayTarget"] = min(retry["maxDelayTarget"], _RETRY_DEFAULTS["minDelayTarget"])
    _check_range(retry, at, "numRetries", 0, _MAX_RETRIES)
    for name in ("numNoDelayRetries", "numMinDelayRetries", "numMaxDelayRetries"):
        _check_range(retry, at, name, 0, None)
    _check_range(retry, at, "minDelayTarget", 1, _MAX_DELAY_S)
    _check_range(retry, at, "maxDelayTarget", 1, _MAX_DELAY_S)
    if retry["maxDelayTarget"] < retry["minDelayTarget"]:
        raise PolicyProblem(f"{at}maxDelayTarget must be greater than or equal to minDelayTarget")
    if _backing_off(retry) < 0:
        raise PolicyProblem(
            f"{at}numRetries must be greater than or equal to total of numMinDelayRetries, numNoDelayRetries "
            "and numMaxDelayRetries"
        )
    if retry["backoffFunction"] not in _BACKOFFS:
        raise PolicyProblem(f"{at}backoffFunction must be one of {', '.join(_BACKOFFS)}")
    return retry


def _check_range(found: Mapping[str, Any], at: str, name: str, least: int, most: int | None) -> None:
    if found[name] < least:
        raise PolicyProblem(f"{at}{name} must be greater than or equal to {least}")
    if most is not None and found[name] > most:
        raise PolicyProblem(f"{at}{name} must be less than or equal to {most}")


def _throttle(found: Any, at: str) -> int | None:
    given = _members(found if found is not None else {}, at, {"maxReceivesPerSecond": int})
    if "maxReceivesPerSecond" not in given:
        return None
    _check_range(given, at, "maxReceivesPerSecond", 1, None)
    return int(given["maxReceivesPerSecond"])


def _content_type(found: Any, at: str, allowed: tuple[str, ...]) -> str | None:
    given = _members(found if found is not None else {}, at, {"headerContentType": str})
    text = given.get("headerContentType")
    if text is None:
        return None
    kind, _, parameter = (part.strip() for part in text.partition(";"))
    if kind.lower() not in allowed or (parameter and parameter.lower() != "charset=utf-8"):
        raise PolicyProblem(f"{at}headerContentType has an unsupported value")
    return str(text)


def _ladder(retry: Mapping[str, Any]) -> Ladder:
    shortest, longest = retry["minDelayTarget"] * 1000, retry["maxDelayTarget"] * 1000
    backoff, count = _BACKOFFS[retry["backoffFunction"]], _backing_off(retry)
    delays = [
        round(backoff(shortest, longest, number, count)) if count > 1 else shortest for number in range(count)
    ]
    phases = [
        Phase(retry["numNoDelayRetries"], 0, 0),
        Phase(retry["numMinDelayRetries"], shortest, shortest),
        *(Phase(1, delay, delay) for delay in delays),
        Phase(retry["numMaxDelayRetries"], longest, longest),
    ]
    return Ladder(tuple(phase for phase in phases if phase.tries), _MAX_AGE_MS, _SOURCE)


def _backing_off(retry: Mapping[str, Any]) -> int:
    others = retry["numNoDelayRetries"] + retry["numMinDelayRetries"] + retry["numMaxDelayRetries"]
    return int(retry["numRetries"] - others)


def _linear(shortest: float, longest: float, number: int, count: int) -> float:
    return shortest + (longest - shortest) * number / (count - 1)


def _arithmetic(shortest: float, longest: float, number: int, count: int) -> float:
    """Each step is as much longer than the one before as that was than its own."""
    return shortest + (longest - shortest) * number * (number + 1) / ((count - 1) * count)


def _geometric(shortest: float, longest: float, number: int, count: int) -> float:
    """Each delay is as many times the one before."""
    return shortest * float((longest / shortest) ** (number / (count - 1)))


def _exponential(shortest: float, longest: float, number: int, count: int) -> float:
    """Each step is twice the one before."""
    share: float = (2**number - 1) / (2 ** (count - 1) - 1)
    return shortest + (longest - shortest) * share


# The page draws these four as curves, one below the other, and gives no formula.
_BACKOFFS: dict[str, Backoff] = {
    "linear": _linear,
    "arithmetic": _arithmetic,
    "geometric": _geometric,
    "exponential": _exponential,
}
