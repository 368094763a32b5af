"""Writes ``tide_levels.csv``: twelve weeks of hourly levels, the sum of four tidal constituents. Always the same."""

import csv
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

HOURS = 12 * 7 * 24
START = datetime(2025, 1, 6, tzinfo=UTC)
CONSTITUENTS = (  # name, amplitude in metres, degrees an hour, phase in degrees
    ("M2", 1.62, 28.984104, 41.0),
    ("S2", 0.55, 30.000000, 87.0),
    ("K1", 0.11, 15.041069, 12.0),
    ("O1", 0.09, 13.943036, 200.0),
)
MEAN_LEVEL_M = 3.10


def level_m(hour: int) -> float:
    """Returns the predicted level above chart datum."""
    tide = sum(size * math.cos(math.radians(speed * hour - phase)) for _, size, speed, phase in CONSTITUENTS)
    return MEAN_LEVEL_M + tide


def main() -> None:
    """Writes the file beside this one."""
    with Path(__file__).with_name("tide_levels.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("station", "time", "level_m", "quality"))
        for hour in range(HOURS):
            time = (START + timedelta(hours=hour)).isoformat().replace("+00:00", "Z")
            quality = "estimated" if hour % 173 == 0 else "good"
            rows.writerow(("Île-Grise", time, f"{level_m(hour):.2f}", quality))


if __name__ == "__main__":
    main()
