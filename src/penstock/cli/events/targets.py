"""``penstock targets``: the destinations that something waits for, and how it stands with them."""

import sys
from collections.abc import Mapping
from typing import Any

import orjson

from penstock.cli.connection import Connection
from penstock.cli.terminal import plain


def print_targets(flags: Mapping[str, object], *, as_json: bool) -> None:
    """Prints a line for each destination, as JSON or in words: those that fail first, then where most wait."""
    answer = Connection.find(flags).ask("targets", {})
    found = answer["targets"]
    for entry in found:
        line = orjson.dumps(entry).decode() if as_json else _line(entry)
        sys.stdout.write(line + "\n")
    if (left := answer["all"] - len(found)) > 0:
        sys.stderr.write(f"and {left} more destinations\n")


def _line(entry: Mapping[str, Any]) -> str:
    parts = [f"{entry['waiting']} waiting"]
    if entry["priority"] != "normal":
        parts.append(f"{entry['priority']} priority{', put off' if entry['put_off'] else ''}")
    for priority, count in entry["by_rules"].items():
        parts.append(f"{count} of {priority} priority by their rule")
    if entry["behind_their_groups"]:
        parts.append(f"{entry['behind_their_groups']} behind others of their group")
    if entry["failing_since"]:
        parts.append(f"failing since {entry['failing_since']}")
    parts.append(f"breaker {entry['breaker']}")
    if entry["next_probe"]:
        parts.append(f"next probe {entry['next_probe']}")
    if entry["error"]:
        parts.append(f"last error: {entry['error']}")
    return plain(f"{entry['arn']}: {', '.join(parts)}")
