"""``penstock rules``: one notification rule of a bucket at a time."""

from collections.abc import Mapping
from typing import Any

import orjson

from penstock.cli.connection import Connection
from penstock.cli.terminal import plain

_NOTHING = "none"
_CREATED = "s3:ObjectCreated:*"

Rule = dict[str, Any]


def described(
    bucket: str, target: str, events: list[str] | None, affixes: tuple[str, str], id: str
) -> dict[str, Any]:
    """Returns the rule as the server is told of it; without ``events``, of all that are created."""
    prefix, suffix = affixes
    optional = {"prefix": prefix, "suffix": suffix, "id": id}
    given = {name: value for name, value in optional.items() if value}
    return {"bucket": bucket, "target": target, "events": events or [_CREATED], **given}


def print_rules(flags: Mapping[str, object], bucket: str, *, as_json: bool) -> None:
    """Prints a line for each rule of the bucket."""
    for rule in Connection.find(flags).ask("rules", {"bucket": bucket})["rules"]:
        print(orjson.dumps(rule).decode() if as_json else _line(rule))


def check_rule(flags: Mapping[str, object], rule: Rule) -> bool:
    """Prints what speaks against the rule; returns whether nothing forbids it."""
    return _check(Connection.find(flags), rule) is not None


def add_rule(flags: Mapping[str, object], rule: Rule) -> bool:
    """Adds the rule unless something forbids it, and prints it; StartError when the rules have changed meanwhile."""
    connection = Connection.find(flags)
    number = _check(connection, rule)
    if number is None:
        return False
    print("added", _line(connection.tell("rules-add", {**rule, "number": number})["rule"]))
    return True


def set_rule(flags: Mapping[str, object], rule: str, said: Mapping[str, str]) -> None:
    """Says which priority and group key a rule (``BUCKET/ID``), or what an ARN names, has from now on; prints it."""
    connection = Connection.find(flags)
    wanted = {name: None if value == _NOTHING else value for name, value in said.items()}
    if rule.startswith("arn:"):
        found = connection.tell("precedence", {"resource": rule, **wanted})
        print(plain(f"{found['resource']}{precedence_text(found)}"))
        return
    bucket, _, id = rule.partition("/")
    print(_line(connection.tell("rules-set", {"bucket": bucket, "id": id, **wanted})["rule"]))


def remove_rule(flags: Mapping[str, object], bucket: str, id: str) -> None:
    """Removes the rule and prints it; StartError when there is none."""
    print("removed", _line(Connection.find(flags).tell("rules-remove", {"bucket": bucket, "id": id})["rule"]))


def _check(connection: Connection, rule: Rule) -> int | None:
    """Prints what was found and returns the number of the rules that it was found with; None: it is forbidden."""
    found = connection.tell("rules-check", rule)
    for problem in found["problems"]:
        print("problem:", plain(problem))
    for policy in found["policies"]:
        print("  ", plain(policy))
    for warning in found["warnings"]:
        print("warning:", plain(warning))
    return None if found["problems"] else int(found["number"])


def _line(rule: Rule) -> str:
    affixes = "".join(f" {name} {rule[name]}" for name in ("prefix", "suffix") if rule[name])
    return plain(f"{rule['id']} {', '.join(rule['events'])}{affixes} → {rule['arn']}{precedence_text(rule)}")


def precedence_text(rule: Rule) -> str:
    """Returns what a line says of the priority and the group key, if there are any."""
    priority = f", {rule['priority']} priority" if rule["priority"] else ""
    return priority + (f", in order by {rule['group_key']}" if rule["group_key"] else "")
