"""How often and how long a target is tried again.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html: 185 times in 24 hours, or as
the target's policy says, with exponential back-off and jitter. The steps themselves are Penstock's own: from one second
doubling to eight minutes, of which up to a fifth is left out, so that 185 of them take most of a day.
"""

from enum import StrEnum
from functools import lru_cache

from penstock.delivery import Ladder, Phase
from penstock.services.events.rules.target import RuleTarget

_SOURCE = "EventBridge's retry policy"


class Exhausted(StrEnum):
    """Which bound of the policy has ended the tries, as AWS calls it."""

    ATTEMPTS = "MaximumRetryAttempts"
    AGE = "MaximumEventAgeInSeconds"


def ladder_of(target: RuleTarget) -> Ladder:
    """Returns the target's ladder."""
    return retry_ladder(target.max_retries, target.max_age_ms)


def exhausted(ladder: Ladder, failures: int) -> Exhausted:
    """Returns why there is no try after so many failures."""
    return Exhausted.ATTEMPTS if ladder.delay_ms(failures) is None else Exhausted.AGE


@lru_cache(maxsize=256)
def retry_ladder(retries: int, max_age_ms: int) -> Ladder:
    """Returns the ladder of a policy."""
    phase = Phase(tries=retries, first_ms=1000, last_ms=480_000, growth=2.0, jitter=0.2)
    return Ladder((phase,), max_age_ms, _SOURCE)
