"""From the text of a filter pattern to what matches messages."""

from functools import lru_cache

from penstock.services.logs.patterns.delimited import Delimited
from penstock.services.logs.patterns.json_pattern import JsonPattern
from penstock.services.logs.patterns.pattern import Pattern
from penstock.services.logs.patterns.regex import RegexPattern
from penstock.services.logs.patterns.terms import Terms


@lru_cache(maxsize=256)
def compile_pattern(pattern: str) -> Pattern:
    """Returns the compiled pattern, of the kind that its first character says; an empty one matches everything.

    AwsError ``InvalidParameterException`` for what is not a pattern.
    """
    text = pattern.strip()
    match text[:1]:
        case "{":
            return JsonPattern(text)
        case "[":
            return Delimited(text)
        case "%":
            return RegexPattern(text)
    return Terms(text)
