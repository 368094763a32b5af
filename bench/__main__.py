"""``python -m bench``: every measurement in turn, then one table."""

import argparse
import sys

from rich.console import Console

from bench import fanout, functions, large, latency, log_lines, startup, tables, throughput
from bench.figures import Figure, show
from bench.interpreter import interpreter

_MEASUREMENTS = ("throughput", "latency", "startup", "large", "fanout", "functions", "lines", "tables")


def main() -> None:
    """Runs what was asked for."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="shorter rounds, fewer samples, a smaller object"
    )
    parser.add_argument("only", nargs="*", help=f"measure these alone: {', '.join(_MEASUREMENTS)}")
    options = parser.parse_args()
    if unknown := set(options.only) - set(_MEASUREMENTS):
        parser.error(f"there is no measurement {', '.join(sorted(unknown))}")
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 100)
    console.print(interpreter())
    figures: list[Figure] = []
    for name in options.only or _MEASUREMENTS:
        console.print(f"[bold]{name}[/]")
        figures += _run(name, options.quick, console)
    show(figures, console)


def _run(name: str, quick: bool, console: Console) -> list[Figure]:
    match name:
        case "throughput":
            return throughput.measure(console, rounds=3 if quick else 7, seconds=2 if quick else 4)
        case "latency":
            return latency.measure(console, samples=200 if quick else 500)
        case "startup":
            return startup.measure(starts=3 if quick else 5)
        case "lines":
            return log_lines.measure(console, rounds=3 if quick else 7, seconds=2 if quick else 4)
        case "fanout":
            return fanout.measure(console, fanout.QUICK if quick else fanout.FULL)
        case "functions":
            return functions.measure(console, rounds=2 if quick else 5, seconds=2 if quick else 4)
        case "tables":
            return tables.measure(console, tables.QUICK if quick else tables.FULL)
        case _:
            return large.measure(console, mebibytes=256 if quick else 1024)


if __name__ == "__main__":
    main()
