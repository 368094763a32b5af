"""``penstock mail``: what topics have sent by mail, when no mail server is set."""

import sys
from collections.abc import Mapping

import orjson

from penstock.cli.connection import Connection
from penstock.cli.terminal import plain


def print_letters(flags: Mapping[str, object], *, as_json: bool) -> None:
    """Prints a line for each of the newest letters, oldest first."""
    for letter in Connection.find(flags).ask("mail", {})["letters"]:
        line = f"{letter['id']} {letter['date']} → {letter['to']}: {letter['subject']}"
        sys.stdout.write((orjson.dumps(letter).decode() if as_json else plain(line)) + "\n")


def print_letter(flags: Mapping[str, object], id: str) -> None:
    """Prints a letter with its text; StartError when there is none."""
    letter = Connection.find(flags).ask("mail", {"id": id})
    for name in ("From", "To", "Date", "Subject"):
        sys.stdout.write(f"{name}: {plain(letter[name.lower()])}\n")
    sys.stdout.write("\n" + "\n".join(map(plain, letter["text"].split("\n"))))
