"""Named SQL: each room keeps its statements in a ``state.sql`` beside its code.

A statement starts with ``-- name: put_version``, optionally followed by comment lines that say why.
"""

import re
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

_HEADER = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


class Queries:
    """The statements of one ``state.sql``, as attributes."""

    def __init__(self, text: str) -> None:
        parts = _HEADER.split(text)[1:]
        for name, body in zip(parts[::2], parts[1::2], strict=True):
            setattr(self, name, _strip(body))

    if TYPE_CHECKING:  # the names are the file's; at run time they are plain attributes

        def __getattr__(self, name: str) -> str: ...


@cache
def queries(package: str) -> Queries:
    """Returns the statements in ``state.sql`` of ``package``; call it as ``queries(__package__)``."""
    return Queries(resources.files(package).joinpath("state.sql").read_text("utf-8"))


def _strip(body: str) -> str:
    lines = (line for line in body.splitlines() if line.strip() and not line.lstrip().startswith("--"))
    return "\n".join(lines).rstrip(";")
