"""What is done once a transaction is durable."""

import logging
from collections.abc import Callable, Iterable

log = logging.getLogger(__name__)

Callback = Callable[[], object]


def run_callbacks(callbacks: Iterable[Callback]) -> None:
    """Runs what was to be done after a commit; one that fails is logged and keeps no other from its turn."""
    for callback in callbacks:
        try:
            callback()
        except Exception:
            log.exception("after a commit: %r", callback)
