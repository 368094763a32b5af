"""AWS's ``RetryPolicy``: how often and how long EventBridge and its Scheduler try a target again.

Sources: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html,
https://docs.aws.amazon.com/scheduler/latest/APIReference/API_RetryPolicy.html: 185 times in 24 hours, or as the
target's policy says, with exponential back-off and jitter. The steps themselves are Penstock's own: from one second
doubling to
eight minutes, of which up to a fifth is left out, so that 185 of them take most of a day.
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache

from penstock.delivery.ladder import Ladder, Phase

MAX_RETRIES = 185
MAX_AGE_S = 86_400

_SOURCE = "EventBridge's retry policy"


class Exhausted(StrEnum):
    """Which bound of the policy has ended the tries, as AWS calls it."""

    ATTEMPTS = "MaximumRetryAttempts"
    AGE = "MaximumEventAgeInSeconds"


def policy_ladder(policy: Mapping[str, int] | None) -> Ladder:
    """Returns the ladder of a ``RetryPolicy``, of AWS's defaults as far as it says nothing."""
    given = {name: value for name, value in (policy or {}).items() if value is not None}
    return _ladder(given.get(Exhausted.ATTEMPTS, MAX_RETRIES), given.get(Exhausted.AGE, MAX_AGE_S) * 1000)


def exhausted(ladder: Ladder, failures: int) -> Exhausted:
    """Returns why there is no try after so many failures."""
    return Exhausted.ATTEMPTS if ladder.delay_ms(failures) is None else Exhausted.AGE


@lru_cache(maxsize=256)
def _ladder(retries: int, max_age_ms: int) -> Ladder:
    phase = Phase(tries=retries, first_ms=1000, last_ms=480_000, growth=2.0, jitter=0.2)
    return Ladder((phase,), max_age_ms, _SOURCE)
