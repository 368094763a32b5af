"""The headers that a client signs: mostly the same in all its requests, so that much is worked out once."""

from collections.abc import Mapping
from functools import lru_cache
from operator import itemgetter

from penstock.access.sigv4.canonical import canonical_headers

_MANY = 32  # headers of one request; a set that is larger is not remembered


class SignedHeaders:
    """Their ``names``, lower-case and in their order, and as the ``text`` that is signed."""

    __slots__ = ("_template", "_values", "names", "text")

    def __init__(self, text: str) -> None:
        self.text = text.lower()
        self.names = tuple(self.text.split(";"))
        self._template = "".join(f"{name}:%s\n" for name in self.text.replace("%", "%%").split(";"))
        self._values = itemgetter(*self.names)

    def lines(self, headers: Mapping[str, str]) -> str:
        """Returns what ``canonical_headers`` does, which is asked for what is not as clients usually send it."""
        try:
            lines: str = self._template % self._values(headers)
        except KeyError:
            return canonical_headers(headers, self.names)
        if "  " in lines or "\t" in lines or ": " in lines or " \n" in lines:
            return canonical_headers(headers, self.names)
        return lines

    def forgotten(self, headers: Mapping[str, str]) -> tuple[str, ...]:
        """Returns those that the client should have signed: Host, and what is Amazon's of ``headers``."""
        sent = tuple(headers)
        return _forgotten(sent, self.names) if len(sent) <= _MANY else _not_among(sent, self.names)


def _not_among(sent: tuple[str, ...], signed: tuple[str, ...]) -> tuple[str, ...]:
    if "host" not in signed:
        return ("host",)
    return tuple(name for name in sent if name.startswith("x-amz-") and name not in signed)


_forgotten = lru_cache(maxsize=256)(_not_among)
