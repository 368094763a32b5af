"""How much room there is where the data lie, so that growing ends while there is enough left to delete something.

Deleting needs room, too: SQLite writes what it changes to its log first.
"""

import asyncio
import os
from pathlib import Path

from penstock.clock import Clock

_LOOK_S = 1.0


class Disk:
    """The disk of the data directory; ``full`` when less than ``floor_bytes`` of it are free, as of a second ago."""

    def __init__(self, folder: Path, floor_bytes: int) -> None:
        self.full = False
        self._folder = folder
        self._floor_bytes = floor_bytes
        self._free_bytes = 0

    def look(self) -> None:
        """Sees how much is free. Blocking."""
        found = os.statvfs(self._folder)
        self._free_bytes = found.f_bavail * found.f_frsize
        self.full = self._free_bytes < self._floor_bytes

    async def watch(self, clock: Clock) -> None:
        """Looks every second; returns when cancelled."""
        while True:
            await asyncio.to_thread(self.look)
            await clock.elapse(_LOOK_S)

    def problems(self) -> dict[str, str]:
        """Returns what is to be said while there is too little room."""
        if not self.full:
            return {}
        free, floor = self._free_bytes >> 20, self._floor_bytes >> 20
        text = f"{free} MiB are free for {self._folder}, less than the {floor} MiB of disk_floor: only reading and "
        return {"disk": text + "deleting work"}
