"""Where in a JSON document a value stands: ``$.user.roles[0]``, ``$.items[*].name``, ``$['a.b']``."""

import re
from collections.abc import Iterator
from typing import Any

from penstock.services.logs.patterns.malformed import malformed

SYNTAX = r"""\$(?:\.[A-Za-z0-9_@-]+|\[\d{1,9}\]|\[\*\]|\[['"][^'"\]]+['"]\])+"""

_WHOLE = re.compile(SYNTAX)
_STEP = re.compile(r"""\.([A-Za-z0-9_@-]+)|\[(\d+)\]|(\[\*\])|\[['"]([^'"\]]+)['"]\]""")


def is_selector(text: str) -> bool:
    """Returns whether the text is a selector."""
    return _WHOLE.fullmatch(text) is not None


class Selector:
    """A compiled selector; ``text`` is how it was written."""

    __slots__ = ("_steps", "text")

    def __init__(self, text: str) -> None:
        """AwsError ``InvalidParameterException``."""
        if not is_selector(text):
            raise malformed(f"{text} is no selector")
        self.text = text
        # Member names, indexes, and None for ``[*]``.
        self._steps: list[str | int | None] = [
            name or quoted or (None if star else int(index))
            for name, index, star, quoted in _STEP.findall(text)
        ]

    def values(self, document: Any) -> Iterator[Any]:
        """Yields what it finds: one value, or each element where it says ``[*]``."""
        return _values(document, self._steps)

    def first(self, document: Any) -> Any:
        """Returns the first value that it finds, else None."""
        return next(self.values(document), None)


def _values(value: Any, steps: list[str | int | None]) -> Iterator[Any]:
    for position, step in enumerate(steps):
        if step is None:
            for element in value if isinstance(value, list) else ():
                yield from _values(element, steps[position + 1 :])
            return
        if isinstance(step, int):
            if not isinstance(value, list) or step >= len(value):
                return
            value = value[step]
        elif not isinstance(value, dict) or step not in value:
            return
        else:
            value = value[step]
    yield value
