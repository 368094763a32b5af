"""How asynchronous invocations are tried again.

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

from penstock.delivery import Ladder, Phase

_SOURCE = "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html"
MAX_AGE_MS = 6 * 3_600_000
"""How long an event is kept unless its function's owner says otherwise."""

ERRORS = Ladder(
    phases=(Phase(tries=2, first_ms=60_000, last_ms=120_000, growth=2.0),),
    max_age_ms=MAX_AGE_MS,
    source=_SOURCE,
)
"""The function failed: two more tries, after one and two minutes."""

THROTTLES = Ladder(
    phases=(Phase(tries=None, first_ms=1000, last_ms=300_000, growth=2.0),),
    max_age_ms=MAX_AGE_MS,
    source=_SOURCE,
)
"""The function could not run: from one second doubling to five minutes, for six hours."""
