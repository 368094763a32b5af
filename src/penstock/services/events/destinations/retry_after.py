"""``Retry-After``: how long an endpoint asks to be left alone.

Source: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
"""

import re
from datetime import UTC
from email.utils import parsedate_to_datetime

_SECONDS = re.compile(r"-?[0-9]{1,9}")


def retry_after_ms(text: str | None, now_ms: int) -> int:
    """Returns how long the header says, less than 0 when it says never, 0 when it says nothing that can be read."""
    value = (text or "").strip()
    if _SECONDS.fullmatch(value):
        return int(value) * 1000
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return 0
    at_ms = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
    return max(0, at_ms - now_ms)
