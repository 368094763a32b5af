"""Retry ladders as data: how long after each failed try the next one comes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ladder:
    """``steps_ms`` are the first delays; after them, when ``repeat_ms`` is set, that delay until ``max_age_ms``."""

    steps_ms: tuple[int, ...]
    repeat_ms: int | None
    max_age_ms: int
    source: str

    def delay_ms(self, failures: int) -> int | None:
        """Returns the delay after the ``failures``-th failure (from 1), or None when the tries are used up."""
        if failures <= len(self.steps_ms):
            return self.steps_ms[failures - 1]
        return self.repeat_ms


_HOUR_MS = 3_600_000

LAMBDA_ERROR = Ladder(
    steps_ms=(60_000, 120_000),
    repeat_ms=None,
    max_age_ms=6 * _HOUR_MS,
    source="https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html",
)
"""An asynchronous invocation whose function failed: two more tries, after one and two minutes."""

LAMBDA_THROTTLE = Ladder(
    steps_ms=tuple(1000 * 2**n for n in range(9)),
    repeat_ms=300_000,
    max_age_ms=6 * _HOUR_MS,
    source="https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html",
)
"""An asynchronous invocation that could not run: from one second doubling to five minutes, for six hours."""

S3_DESTINATION = Ladder(
    steps_ms=tuple(1000 * 2**n for n in range(9)),
    repeat_ms=300_000,
    max_age_ms=24 * _HOUR_MS,
    source="Penstock's own: AWS says only that delivery is at least once",
)
"""An event whose destination is missing or forbids S3: from one second doubling to five minutes, for a day."""
