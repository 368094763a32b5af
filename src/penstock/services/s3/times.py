"""Moments as S3 shows them."""

from datetime import UTC, datetime


def utc(at_ms: int) -> datetime:
    """Returns the moment as S3 shows it: an aware datetime of whole seconds, the same in headers and documents."""
    return datetime.fromtimestamp(at_ms // 1000, UTC)
