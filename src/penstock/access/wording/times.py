"""Times as AWS's error texts write them."""

from datetime import UTC, datetime


def iso(ms: int) -> str:
    """Returns ``2026-11-21T04:12:52Z``."""
    return datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def basic(ms: int) -> str:
    """Returns ``20261121T041252Z``."""
    return datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y%m%dT%H%M%SZ")
