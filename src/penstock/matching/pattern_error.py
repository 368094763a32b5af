"""What is wrong with a pattern, in AWS's words."""

from penstock.errors import PenstockError


class PatternError(PenstockError):
    """The pattern is not valid. The text is AWS's reason; what stands before it and the code are the service's own.

    EventBridge: ``Event pattern is not valid. Reason: <text>``, ``InvalidEventPatternException``.
    SNS: ``Invalid parameter: <text>``, in Subscribe ``Invalid parameter: Attributes Reason: <text>``.
    """


class TooManyCombinations(PatternError):
    """The ``$or`` of an event pattern make more than 1,000 combinations: EventBridge's ``LimitExceededException``."""
