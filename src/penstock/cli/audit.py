"""``penstock audit``: who did what, checked, searched and handed on."""

import sys
from collections.abc import Iterator, Mapping
from enum import StrEnum
from itertools import islice
from typing import Any

import orjson

from penstock.cli.connection import Connection
from penstock.cli.events.times import time_ms
from penstock.cli.terminal import plain
from penstock.errors import StartError

_TIMES = ("from", "to")


class Format(StrEnum):
    """How records are exported."""

    JSONL = "jsonl"
    OCSF = "ocsf"


def print_found(
    flags: Mapping[str, object], wanted: Mapping[str, str | None], *, limit: int, as_json: bool
) -> None:
    """Prints the newest records that have what is wanted, as JSON or in words."""
    for record in islice(_records(Connection.find(flags), "audit-search", _asked(wanted)), limit):
        sys.stdout.write((orjson.dumps(record).decode() if as_json else _line(record)) + "\n")


def print_export(flags: Mapping[str, object], wanted: Mapping[str, str | None], form: Format) -> None:
    """Prints all records, the oldest first, one JSON document a line."""
    for record in _records(Connection.find(flags), "audit-export", _asked(wanted)):
        if form is Format.OCSF:
            from penstock.audit.ocsf import api_activity

            record = api_activity(record)
        sys.stdout.write(orjson.dumps(record).decode() + "\n")


def verify(flags: Mapping[str, object], known: str | None) -> bool:
    """Prints what is wrong with the trail, and returns whether it is whole.

    ``known`` is ``NUMBER:HASH`` of a record, as an earlier run printed it, which must be there still.
    """
    seq, hash = _known(known) if known else (None, None)
    connection, place, count, is_whole = Connection.find(flags), dict[str, str](), 0, True
    while True:
        answer = connection.ask("audit-verify", place | _expected(seq, hash))
        for finding in answer["findings"]:
            is_whole = False
            print(f"record {finding['record']}: {finding['problem']}")
        count += answer["count"]
        place = {"seq": str(answer["seq"]), "hash": answer["hash"]}
        if answer["is_end"]:
            break
    print(f"{count} records looked at; the last is {place['seq']}:{place['hash']}")
    return is_whole


def print_settings(flags: Mapping[str, object], changes: Mapping[str, object]) -> None:
    """Changes the settings that are given, and prints them all."""
    connection = Connection.find(flags)
    given = {name: value for name, value in changes.items() if value is not None}
    found = connection.tell("audit-settings", given) if given else connection.ask("audit-settings", {})
    sys.stdout.write(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode() + "\n")


def _known(text: str) -> tuple[str, str]:
    seq, divided, hash = text.partition(":")
    if not divided or not seq.isdecimal() or len(hash) != 64:
        raise StartError("--known must be what an earlier run printed last: a number, a colon and a hash")
    return seq, hash


def _expected(seq: str | None, hash: str | None) -> dict[str, str]:
    return {} if seq is None or hash is None else {"known_seq": seq, "known_hash": hash}


def _asked(wanted: Mapping[str, str | None]) -> dict[str, str]:
    args = {name: value for name, value in wanted.items() if value}
    for name in _TIMES:
        if text := args.pop(name, None):
            args[f"{name}_ms"] = str(time_ms(text))
    return args


def _records(connection: Connection, name: str, args: dict[str, str]) -> Iterator[dict[str, Any]]:
    place: dict[str, int] | None = {}
    while place is not None:
        answer = connection.ask(name, args | {key: str(value) for key, value in place.items()})
        yield from answer["records"]
        place = answer["place"]


def _line(record: Mapping[str, Any]) -> str:
    who = record["userIdentity"]
    name = who.get("arn") or who.get("invokedBy") or who.get("accountId", "")
    about = ", ".join(resource["ARN"] for resource in record["resources"][:3])
    ended = record.get("errorCode", "")
    operation = f"{record['eventSource'].partition('.')[0]}:{record['eventName']}"
    return plain(f"{record['eventTime']} {name} {operation} {about} {ended}".rstrip())
