"""How deliveries are tried again to endpoints whose policy is AWS's alone.

Source: https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
"""

from penstock.delivery import Ladder, Phase

_SOURCE = "https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html"
_DAY_MS = 86_400_000
_BACKOFF = 20 ** (1 / 9)  # from 1 to 20 within ten tries

AWS_MANAGED = Ladder(
    phases=(
        Phase(tries=3, first_ms=0, last_ms=0),
        Phase(tries=2, first_ms=1000, last_ms=1000),
        Phase(tries=10, first_ms=1000, last_ms=20_000, growth=_BACKOFF),
        Phase(tries=100_000, first_ms=20_000, last_ms=20_000, jitter=0.02),
    ),
    max_age_ms=23 * _DAY_MS,
    source=_SOURCE,
)
"""Queues and functions: 100,015 tries in 23 days."""

MAIL = Ladder(
    phases=(
        Phase(tries=2, first_ms=10_000, last_ms=10_000),
        Phase(tries=10, first_ms=10_000, last_ms=600_000, growth=60 ** (1 / 9)),
        Phase(tries=38, first_ms=600_000, last_ms=600_000),
    ),
    max_age_ms=8 * 3_600_000,
    source=_SOURCE,
)
"""SMTP: 50 tries in more than six hours."""
