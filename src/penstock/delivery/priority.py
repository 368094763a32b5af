"""Which destinations may wait when there is more to do than can be done."""

from enum import StrEnum

PUT_OFF_MS = 60_000
"""How far behind its own time a delivery to a low destination may be put off: low is later, never left out."""

LOOK_AGAIN_MS = 1000
"""After what time it is asked again whether the others are done."""

SHED_BACKLOG = 100_000
"""Deliveries in all beyond which those to low destinations are put off."""


class Priority(StrEnum):
    """How urgent a destination's owner says that its deliveries are."""

    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"

    @property
    def rank(self) -> int:
        """Returns the number that rows have for it; 0 is what rows have that say nothing of their own."""
        return _RANKS[self]

    @classmethod
    def ranked(cls, rank: int) -> "Priority | None":
        """Returns the priority that rows have as ``rank``, None for 0."""
        return _RANKED.get(rank)

    @classmethod
    def of(cls, text: str | None) -> "Priority":
        """Returns the priority that is called so; NORMAL for any other text."""
        try:
            return cls((text or "").lower())
        except ValueError:
            return cls.NORMAL


_RANKS = {Priority.HIGH: 1, Priority.NORMAL: 2, Priority.LOW: 3}
_RANKED = {rank: priority for priority, rank in _RANKS.items()}
