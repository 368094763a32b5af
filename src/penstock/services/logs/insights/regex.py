"""Regular expressions of queries. RE2 takes a time that grows with the text alone; it looks neither ahead nor back."""

import re
from typing import Any, Protocol

from penstock.services.logs.insights.lexer import Lexer

_MAX_MEMORY = 8 << 20
_ANGLE = re.compile(r"\(\?<(?=[A-Za-z_])")


class Regex(Protocol):
    """A compiled regular expression."""

    @property
    def groupindex(self) -> Any:
        """Returns the numbers of the named groups."""

    def search(self, text: str) -> Any:
        """Returns the first match, or None."""


def compile_regex(source: str, lexer: Lexer) -> Regex:
    """Returns the compiled expression; MalformedQuery for what is none, or what RE2 has not."""
    import re2  # loaded when the first expression is used: few queries have one

    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MAX_MEMORY
    try:
        compiled: Regex = re2.compile(_ANGLE.sub("(?P<", source), options)
    except re2.error as error:
        raise lexer.malformed(f"invalid regular expression: {_told(error)}") from None
    return compiled


def _told(error: Exception) -> str:
    reason = error.args[0] if error.args else ""
    return reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
