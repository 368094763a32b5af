"""``penstock scrub``: has every object read again, and tells which are damaged."""

import sys
from collections.abc import Mapping
from typing import Any

import orjson
from rich.filesize import decimal

from penstock.cli.connection import Connection
from penstock.cli.waiting import wait_for


def scrub_objects(flags: Mapping[str, object], *, as_json: bool) -> bool:
    """Prints what one pass over all objects has found, and returns whether they are all whole."""
    connection = Connection.find(flags)
    report = wait_for(connection, "scrub", connection.tell("scrub", {}), _shown)
    if as_json:
        sys.stdout.write(orjson.dumps(report, option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        _print(report)
    return not report["damaged"]


def _shown(state: dict[str, Any]) -> tuple[str, float, float | None]:
    return f"{state['versions']} objects, {decimal(state['bytes'])}", 0, None


def _print(report: dict[str, Any]) -> None:
    damaged = report["damaged"]
    print(f"{_shown(report)[0]} read, {len(damaged)} damaged")
    for one in damaged:
        version = "" if one["version"] == "null" else f" version {one['version']}"
        print(
            ascii(f"s3://{one['bucket']}/{one['key']}")[1:-1]
            + f"{version}: {one['why']} (found {one['found']})"
        )
