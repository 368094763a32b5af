"""Filter patterns over unstructured text: terms, quoted phrases, ``?optional`` and ``-excluded`` ones.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

import re
from collections.abc import Callable

from penstock.services.logs.errors import invalid_parameter
from penstock.services.logs.json_pattern import compile_json_pattern

_TERM = re.compile(r'\s*([?-]?)(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))(?=\s|$)')
_ESCAPED = re.compile(r"\\(.)")


def compile_pattern(pattern: str) -> Callable[[str], bool]:
    """Returns whether a message matches ``pattern``; an empty one matches everything.

    Terms must all be there; ``?`` terms count only when there are no others, and then one suffices; ``-`` terms
    must not be there. Case matters. A pattern in braces is one over JSON. AwsError ``InvalidParameterException`` for
    what is not a pattern, and for space-delimited and regular-expression patterns.
    """
    text = pattern.strip()
    if text.startswith("{"):
        return compile_json_pattern(text)
    if text[:1] in ("[", "%"):
        raise invalid_parameter(
            "Invalid filter pattern: space-delimited and regular-expression patterns are not supported by this server; "
            "use terms, quoted phrases, ?optional and -excluded terms, or JSON conditions."
        )
    required, optional, excluded = _terms(text)
    either = optional if not required else []

    def matches(message: str) -> bool:
        if any(term in message for term in excluded):
            return False
        if not all(term in message for term in required):
            return False
        return not either or any(term in message for term in either)

    return matches


def _terms(text: str) -> tuple[list[str], list[str], list[str]]:
    found: dict[str, list[str]] = {"": [], "?": [], "-": []}
    position = 0
    while position < len(text):
        match = _TERM.match(text, position)
        if match is None:
            raise invalid_parameter("Invalid filter pattern")
        sign, quoted, plain = match.groups()
        term = _ESCAPED.sub(r"\1", quoted) if quoted is not None else plain
        if term:
            found[sign].append(term)
        position = match.end()
    return found[""], found["?"], found["-"]
