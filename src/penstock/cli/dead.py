"""``penstock dead``: what could not be delivered, listed, shown and sent again."""

import sys
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from penstock.cli.connection import Connection
from penstock.cli.events.times import time_ms
from penstock.cli.terminal import plain
from penstock.errors import StartError

_PAGE = 100


def print_dead(flags: Mapping[str, object], wanted: Mapping[str, str | None], *, as_json: bool) -> None:
    """Prints a line for each dead delivery, as JSON or in words; ``wanted``: ``target``, ``bucket``, ``since``."""
    args = {name: value for name, value in wanted.items() if value}
    if since := args.pop("since", None):
        args["since_ms"] = str(time_ms(since))
    for entry in _pages(Connection.find(flags), args):
        line = orjson.dumps(entry).decode() if as_json else _line(entry)
        sys.stdout.write(line + "\n")


def print_delivery(flags: Mapping[str, object], id: int) -> None:
    """Prints all that is kept of a delivery, as JSON; StartError when there is none."""
    found = Connection.find(flags).ask("delivery", {"id": str(id)})
    sys.stdout.write(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode() + "\n")


def redrive_ids(flags: Mapping[str, object], ids: list[int]) -> None:
    """Sends these again and prints how many; StartError when one of them is not dead."""
    connection, redriven = Connection.find(flags), list[int]()
    for at in range(0, len(ids), _PAGE):
        redriven += connection.tell("redrive", {"ids": ids[at : at + _PAGE]})["redriven"]
    print(f"{len(redriven)} sent again")
    if left := sorted(set(ids) - set(redriven)):
        raise StartError(f"no dead deliveries: {', '.join(map(str, left))}")


def redrive_target(flags: Mapping[str, object], target: str) -> None:
    """Sends again what is dead for the ARN ``target``, a page at a time, and prints how many."""
    connection, count, after = Connection.find(flags), 0, 0
    while after is not None:
        answer = connection.tell("redrive", {"target": target, "after": after})
        count, after = count + len(answer["redriven"]), answer["after"]
    print(f"{count} sent again")


def _pages(connection: Connection, args: dict[str, str]) -> Iterator[dict[str, Any]]:
    before: int | None = None
    while True:
        answer = connection.ask("dead", args | ({"before": str(before)} if before else {}))
        yield from answer["deliveries"]
        before = answer["before"]
        if before is None:
            return


def _line(entry: Mapping[str, Any]) -> str:
    of = f" s3://{entry['bucket']}/{entry['key']}" if entry["bucket"] else ""
    letter = f", dead letter in {entry['dead_letter']}" if entry["dead_letter"] else ""
    return plain(f"{entry['id']} {entry['finished']}{of} → {entry['arn']}: {entry['error']}{letter}")
