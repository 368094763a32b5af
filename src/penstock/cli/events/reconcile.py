"""``penstock reconcile``: objects are compared with the ledger; what did not reach everybody is shown, or sent."""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from penstock.cli.connection import Connection
from penstock.cli.terminal import plain

Ask = Mapping[str, str]


def look(flags: Mapping[str, object], where: Mapping[str, str | None], *, as_json: bool) -> None:
    """Prints a line for each object that did not reach everybody, and how many there are of each kind."""
    connection = Connection.find(flags)
    counts = _run(_steps(connection, connection.ask, where), as_json=as_json)
    _summary(counts, "--yes sends them", as_json=as_json)


def mend(flags: Mapping[str, object], where: Mapping[str, str | None], *, as_json: bool) -> None:
    """Sends what did not reach everybody, and prints it as ``look`` does."""
    connection = Connection.find(flags)
    counts = _run(_steps(connection, connection.tell, where), as_json=as_json)
    _summary(counts, "sent", as_json=as_json)


def _steps(connection: Connection, ask: Any, where: Mapping[str, str | None]) -> Iterator[dict[str, Any]]:
    """Yields what each step has found, in one bucket or in all."""
    bucket = where["bucket"]
    for name in [bucket] if bucket is not None else _buckets(connection):
        after: str | None = ""
        while after is not None:
            step = ask("reconcile", {**where, "bucket": name, "after": after})
            yield step
            after = step["after"]


def _buckets(connection: Connection) -> Iterator[str]:
    after: str | None = ""
    while after is not None:
        page = connection.ask("reconcile-buckets", {"after": after})
        yield from page["buckets"]
        after = page["after"]


def _run(steps: Iterator[dict[str, Any]], *, as_json: bool) -> Counter[str]:
    counts: Counter[str] = Counter()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("reconcile", total=None)
        for step in steps:
            counts.update(step["counts"])
            progress.update(task, description=f"{counts.total()} objects")
            for entry in step["entries"]:
                missed = f" by {', '.join(entry['missed'])}" if entry["missed"] else ""
                line = f"s3://{entry['bucket']}/{entry['key']}: {entry['coverage']}{missed}"
                print(orjson.dumps(entry).decode() if as_json else plain(line))
    return counts


def _summary(counts: Counter[str], what: str, *, as_json: bool) -> None:
    if as_json:
        return
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))
    wanting = counts["no event"] + counts["dead"] + counts["missed"]
    print(
        f"{counts.total()} objects{': ' if kinds else ''}{kinds}; {wanting} to send{f', {what}' if wanting else ''}"
    )
