"""How soon a new server answers, and how much memory it takes while nothing happens."""

import time
from pathlib import Path

from bench import servers
from bench.figures import Figure, median

GROUP = "start"
_IDLE_S = 1.0


def measure(*, starts: int) -> list[Figure]:
    """Returns the median time to the first healthy answer, each on a fresh data directory, and the idle memory."""
    seconds, memory = [], 0.0
    for number in range(starts):
        with servers.scratch() as folder, servers.penstock(Path(folder) / "data") as server:
            seconds.append(server.started_s)
            if number == starts - 1:
                time.sleep(_IDLE_S)
                memory = server.rss_mb()
    middle = median(seconds)
    return [
        Figure(GROUP, "until healthy, median", f"{middle:.2f} s", "< 0.6 s", middle < 0.6),
        Figure(GROUP, "idle memory (RSS)", f"{memory:.0f} MB", "< 80 MB", memory < 80),
    ]
