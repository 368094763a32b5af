"""Time zones by their names in the IANA's database."""

import re
from datetime import UTC, tzinfo
from functools import lru_cache

_NAME = re.compile(r"[A-Za-z0-9_+\-]+(/[A-Za-z0-9_+\-]+)*")
_NO_ZONES = ("posix/", "right/", "posixrules", "localtime", "Factory")


@lru_cache(maxsize=1024)
def time_zone(name: str) -> tzinfo:
    """Returns the zone; ValueError when there is none with this name."""
    if name == "UTC":
        return UTC
    if not _NAME.fullmatch(name) or name.startswith(_NO_ZONES):
        raise ValueError(f"no time zone: {name}")
    from zoneinfo import ZoneInfo  # most servers never need it

    try:
        return ZoneInfo(name)
    except (KeyError, OSError):  # KeyError: what ZoneInfoNotFoundError is
        raise ValueError(f"no time zone: {name}") from None
