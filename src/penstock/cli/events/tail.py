"""``penstock events tail``: what happens to events, a line each, as it happens."""

import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import orjson

from penstock.cli.connection import Connection
from penstock.cli.terminal import plain

Entry = Mapping[str, Any]


def follow(
    flags: Mapping[str, object], wanted: Mapping[str, str | None], count: int | None, *, as_json: bool
) -> None:
    """Prints a line for each thing that happens and is wanted, until ``count`` are printed or somebody stops it.

    What was missed, because nobody read for too long, is said on a line of its own.
    """
    args = {name: value for name, value in wanted.items() if value}
    with suppress(KeyboardInterrupt):
        _follow(Connection.find(flags), args, count, as_json=as_json)


def _follow(connection: Connection, args: dict[str, str], count: int | None, *, as_json: bool) -> None:
    printed = 0
    while count is None or printed < count:
        page = connection.ask("tail", args)
        args["after"] = page["next"]
        if page["missed"]:
            missed = {"missed": page["missed"]}
            _print(missed, f"missed {page['missed']} changes and tries", as_json=as_json)
        for entry in page["entries"][: None if count is None else count - printed]:
            _print(entry, _line(entry), as_json=as_json)
        printed += len(page["entries"])


def _print(entry: Entry, line: str, *, as_json: bool) -> None:
    sys.stdout.write((orjson.dumps(entry).decode() if as_json else plain(line)) + "\n")
    sys.stdout.flush()


def _line(entry: Entry) -> str:
    of = f" {entry['event']} s3://{entry['bucket']}/{entry['key']}" if entry["bucket"] else ""
    to = f" → {entry['target']}" if entry["target"] else ""
    about = [f"by {entry['via']}"] if entry["via"] else []
    about += [f"message {entry['message']}"] if entry["message"] else []
    about += [f"replay {entry['replay']}"] if entry["replay"] else []
    about += [entry["error"]] if entry["error"] else []
    return f"{entry['time']} {entry['outcome']}{of}{to}{': ' if about else ''}{', '.join(about)}"
