"""Whether requests are held to their tables' throughput: what handlers ask, and what a server answers that does not."""

from collections.abc import Callable
from enum import Enum
from typing import Any


class Way(Enum):
    """What is done to a table; the value is how AWS's settings and reasons call it."""

    READ = "Read"
    WRITE = "Write"


class Throttle:
    """Admits whatever comes. ``items.throttling`` admits what there is throughput for; it knows tables."""

    def admit(self, table: Any, way: Way, index: Any = None) -> None:
        """Returns when a request may go on; ProvisionedThroughputExceededException, ThrottlingException.

        It reads ``index`` when that is not None; what writes to a table writes to its global indexes.
        """

    def spend(self, table: Any, way: Way, units: Callable[[], Any]) -> None:
        """Takes the ``Units`` that an admitted request has consumed; they are worked out only where it matters."""
