"""What a destination says of itself when somebody asks why it has, or has not, got a message."""

from typing import NamedTuple

from penstock.delivery.message import Message
from penstock.delivery.source import Source


class Passage(NamedTuple):
    """One way on from a destination that makes more deliveries: a subscription, a target of a bus's rule.

    ``via`` is its ARN, ``arn`` where it leads, ``place`` what deliveries by it are addressed to when they have rows.
    ``why_not`` is why it does not let the message pass, None when it does. It has been there since ``since_ms`` and as
    it is since ``changed_ms``; None: that is not known. ``message`` is what ``source`` would pass on.
    """

    via: str
    arn: str
    place: str
    why_not: str | None
    since_ms: int | None = None
    changed_ms: int | None = None
    source: Source | None = None
    message: Message | None = None


class Feed(NamedTuple):
    """What brings a destination messages: the mapping ``via`` reads ``arn``; ``why_not`` says why it does not."""

    via: str
    arn: str
    why_not: str | None


class Standing(NamedTuple):
    """What a destination would do now.

    ``refused`` is why it would not take the message, None when it would; ``policies`` what the statements of the
    policies say that decide it. ``rest`` is what the further steps of a wide fan-out are addressed to.
    """

    refused: str | None = None
    policies: tuple[str, ...] = ()
    passages: tuple[Passage, ...] = ()
    feeds: tuple[Feed, ...] = ()
    rest: str | None = None
