"""Times as people write them."""

from datetime import UTC, datetime

from penstock.errors import StartError


def time_ms(text: str) -> int:
    """Returns the milliseconds since the epoch that an ISO time says, in UTC unless it says where; StartError."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise StartError(f"{text!r} is no time, as 2026-01-31 or 2026-01-31T12:00:00Z are") from None
    return round((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp() * 1000)
