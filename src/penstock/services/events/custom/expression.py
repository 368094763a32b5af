"""What a subscriber's parameters say: a text, or the path of a member of the event in ``{% … %}``.

Of JSONata only paths are served: ``{% $events.SystemMetadata.EventGroupId %}``, ``{% $events.Data."a b" %}``.
"""

import re
from collections.abc import Mapping
from typing import Any

import orjson

from penstock.services.events.custom.errors import not_implemented

_NAME = r"""(?:[A-Za-z_]\w*|"[^"]+"|`[^`]+`)"""
_PATH = re.compile(rf"\{{%\s*\$events((?:\.{_NAME})+)\s*%\}}")
_NAMES = re.compile(_NAME)


class Unresolved(ValueError):
    """The event has no such member."""


def check_expression(text: str) -> None:
    """Returns when the text can be resolved; AwsError ``NotImplemented`` for what only JSONata can."""
    if "{%" in text and not _PATH.fullmatch(text.strip()):
        raise not_implemented(f"JSONata expressions other than paths ({text[:100]}) are")


def resolved(text: str, events: Mapping[str, Any]) -> str:
    """Returns the text that a parameter is for this event; Unresolved."""
    found = _PATH.fullmatch(text.strip())
    if found is None:
        return text
    value: Any = events
    for name in _NAMES.findall(found[1]):
        value = value.get(name.strip('"`')) if isinstance(value, dict) else None
    if value is None:
        raise Unresolved(f"The event has nothing for {text}.")
    return value if isinstance(value, str) else orjson.dumps(value).decode()
