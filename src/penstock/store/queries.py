"""Named SQL: each room keeps its statements in a ``state.sql`` beside its code.

A statement starts with ``-- name: put_version``, optionally followed by comment lines that say why.
"""

import re
from functools import cache
from importlib import resources

_HEADER = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


class Queries:
    """The statements of one ``state.sql``, as attributes."""

    def __init__(self, text: str) -> None:
        parts = _HEADER.split(text)[1:]
        self._texts = {name: _strip(body) for name, body in zip(parts[::2], parts[1::2], strict=True)}

    def __getattr__(self, name: str) -> str:
        try:
            return self._texts[name]
        except KeyError:
            raise AttributeError(f"no statement named {name}") from None


@cache
def queries(package: str) -> Queries:
    """Returns the statements in ``state.sql`` of ``package``; call it as ``queries(__package__)``."""
    return Queries(resources.files(package).joinpath("state.sql").read_text("utf-8"))


def _strip(body: str) -> str:
    lines = (line for line in body.splitlines() if line.strip() and not line.lstrip().startswith("--"))
    return "\n".join(lines).rstrip(";")
