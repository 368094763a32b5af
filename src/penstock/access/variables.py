"""Patterns in policies: wildcards with variables, ``arn:aws:s3:::home/${aws:username}/*``.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from penstock.access.request import AccessRequest
from penstock.matching.wildcard import Wildcard

Piece = tuple[str, bool]
"""Text, and whether ``*`` and ``?`` are plain in it."""


class Template:
    """A policy's text, compiled once; calling it with a text returns whether that matches.

    What a variable stands for is plain text even where it holds ``*``. A variable without a value makes the
    whole pattern match nothing.
    """

    __slots__ = ("_parts", "_pattern", "_text")

    def __init__(self, text: str, *, variables: bool) -> None:
        self._text = text
        self._parts = _split(text) if variables and "${" in text else None
        self._pattern = Wildcard(text) if self._parts is None else None

    @property
    def keys(self) -> set[str]:
        """Returns the keys of its variables, lower-case."""
        return {part.key for part in self._parts or () if isinstance(part, _Variable)}

    def __call__(self, text: str, request: AccessRequest) -> bool:
        if self._pattern is not None:
            return self._pattern(text)
        pieces = self._fill(request)
        return pieces is not None and Wildcard.of(pieces)(text)

    def literal(self, request: AccessRequest) -> str | None:
        """Returns the text with variables filled in, wildcards as they are; None when one has no value."""
        if self._parts is None:
            return self._text
        pieces = self._fill(request)
        return None if pieces is None else "".join(text for text, _ in pieces)

    def pieces(self, request: AccessRequest) -> list[Piece] | None:
        """Returns the text in ``(text, literal)`` pieces, variables filled in as literal ones; None as ``literal``."""
        return [(self._text, False)] if self._parts is None else self._fill(request)

    def _fill(self, request: AccessRequest) -> list[Piece] | None:
        pieces: list[Piece] = []
        for part in self._parts or ():
            if isinstance(part, _Variable):
                value = part.value(request)
                if value is None:
                    return None
                pieces.append((value, True))
            else:
                pieces.append((part, False))
        return pieces


class _Variable:
    __slots__ = ("_default", "key")

    def __init__(self, inside: str) -> None:
        key, comma, default = inside.partition(",")
        self.key = key.strip().lower()
        self._default = default.strip().strip("'") if comma else None

    def value(self, request: AccessRequest) -> str | None:
        if self.key in ("*", "?", "$"):
            return self.key
        values = request.values(self.key)
        return values[0] if values and len(values) == 1 else self._default


def _split(text: str) -> list["str | _Variable"]:
    parts: list[str | _Variable] = []
    while True:
        before, opened, rest = text.partition("${")
        inside, closed, after = rest.partition("}")
        if not (opened and closed):
            return [*parts, text]
        parts += [before, _Variable(inside)]
        text = after
