"""Regular expressions in filter patterns: between percent signs, of few characters, without groups.

RE2 takes a time that grows with the text alone, which Python's own engine does not promise.
"""

import re
from collections.abc import Callable, Mapping

from penstock.services.logs.patterns.malformed import malformed
from penstock.services.logs.patterns.pattern import Values
from penstock.services.logs.patterns.terms import Terms

MAX_IN_PATTERN = 2
"""Regular expressions in a pattern over JSON or over fields."""

_ALLOWED = re.compile(
    r"(?:[A-Za-z0-9:_#=@/;,\- ^$?\[\]{}|*+.]|\\[dDsSwW]|\\x[0-9A-Fa-f]{2}|\\[^A-Za-z0-9\s])+"
)
_MAX_MEMORY = 1 << 20


def compile_regex(text: str) -> Callable[[str], bool]:
    """Returns whether a text has what the expression ``text``, with its percent signs, describes; AwsError."""
    expression = text[1:-1]
    if len(text) < 3 or not text.endswith("%") or not (text.isascii() and _ALLOWED.fullmatch(expression)):
        raise malformed("the regular expression has characters that are not supported")
    import re2  # loaded when the first expression is used: few patterns have one

    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MAX_MEMORY
    try:
        compiled = re2.compile(expression, options)
    except re2.error:
        raise malformed("the regular expression is not one") from None
    search = compiled.search

    def matches(value: str) -> bool:
        return search(value) is not None

    return matches


class RegexPattern:
    """A pattern that is one regular expression, found anywhere in a message."""

    regexes = 1

    def __init__(self, text: str) -> None:
        """AwsError ``InvalidParameterException``."""
        self._matches = compile_regex(text)

    def __call__(self, message: str) -> bool:
        return self._matches(message)

    def values(self, message: str) -> Values:
        """Returns that references mean nothing in text."""
        return Terms("").values(message)

    def means(self, reference: str) -> bool:
        """Returns that no reference means anything in text."""
        return False

    def extracted(self, message: str) -> Mapping[str, str]:
        """Returns nothing: the expression has no groups."""
        return {}
