"""Moments as IAM shows them."""

from datetime import UTC, datetime


def instant(ms: int) -> datetime:
    """Returns the moment in whole seconds."""
    return datetime.fromtimestamp(ms // 1000, UTC)
