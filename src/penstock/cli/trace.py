"""``penstock trace``: the story of an object as a tree."""

import sys
from collections.abc import Mapping
from enum import Enum
from typing import Any

import orjson
from rich.tree import Tree

from penstock.cli.connection import Connection
from penstock.cli.events.rules import precedence_text
from penstock.cli.terminal import print_tree, shown
from penstock.errors import StartError


class Form(Enum):
    """How a story is printed: as a tree, as JSON, or as OpenLineage's events, one a line."""

    TREE = "tree"
    JSON = "json"
    OPENLINEAGE = "openlineage"


_STATE_STYLE = {"delivered": "green", "due": "yellow", "leased": "yellow", "dead": "red"}


def print_story(flags: Mapping[str, object], uri: str, version: str | None, form: Form) -> None:
    """Prints every change of the object and what came of it; StartError when nothing is known of it."""
    bucket, key = object_of(uri)
    args = {"bucket": bucket, "key": key, **({"version": version} if version else {})}
    _print(Connection.find(flags).ask("trace", args)["events"], uri, form)


def print_prefix(flags: Mapping[str, object], uri: str, form: Form) -> None:
    """Prints the newest changes of the objects whose keys begin so; StartError when nothing is known of any."""
    bucket, _, prefix = uri.removeprefix("s3://").partition("/")
    if not uri.startswith("s3://") or not bucket:
        raise StartError(f"{uri!r} is no s3://bucket/prefix")
    events = Connection.find(flags).ask("trace", {"bucket": bucket, "prefix": prefix})["events"]
    _print(events, uri, form)


def object_of(uri: str) -> tuple[str, str]:
    """Returns bucket and key of ``s3://bucket/key``; StartError."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    if not uri.startswith("s3://") or not bucket or not key:
        raise StartError(f"{uri!r} is no s3://bucket/key")
    return bucket, key


def print_message(flags: Mapping[str, object], message_id: str, form: Form) -> None:
    """Prints the change that the message goes back to and what came of it; StartError when nothing is known."""
    events = Connection.find(flags).ask("trace", {"message": message_id})["events"]
    _print(events, f"message {message_id}", form)


def _print(events: list[dict[str, Any]], of: str, form: Form) -> None:
    if form is Form.OPENLINEAGE:
        from penstock.cli.openlineage import run_events

        sys.stdout.writelines(orjson.dumps(event).decode() + "\n" for event in run_events(events))
        return
    if form is Form.JSON:
        sys.stdout.write(orjson.dumps(events, option=orjson.OPT_INDENT_2).decode() + "\n")
        return
    if not events:
        raise StartError(f"nothing is recorded of {of}")
    tree = Tree(f"[bold]{shown(of)}[/]")
    for event in events:
        name = f"s3://{event['bucket']}/{event['key']}"
        _add_event(tree if name == of else tree.add(shown(name)), event)
    print_tree(tree)


def _add_event(tree: Tree, event: dict[str, Any]) -> None:
    size = "" if event["size"] is None else f" {event['size']} bytes"
    version = f" version {event['version_id']}" if event["version_id"] else ""
    branch = tree.add(
        f"[bold cyan]{event['event']}[/] {event['time']}{size}{shown(version)} sequencer {event['sequencer']}"
    )
    branch.add(f"by {shown(event['requester'])} from {event['source_ip']}, request {event['request_id']}")
    if cause := event["caused_by"]:
        branch.add(
            f"caused by {shown(cause.get('function') or cause.get('span'))} {cause.get('request_id') or ''}"
        )
    if claim := event["claim"]:
        branch.add(
            f"[dim]its sender claims, and nothing confirms, that it was caused under {shown(claim)}[/]"
        )
    for rule in event["rules"]:
        verdict = (
            "[green]matched[/]" if rule["matched"] else f"[dim]did not match: {shown(rule['why_not'])}[/]"
        )
        branch.add(
            f"rule {shown(rule['id'])} → {shown(rule['arn'])}{shown(precedence_text(rule))}: {verdict}"
        )
    for delivery in event["deliveries"]:
        _add_delivery(branch, delivery)
    for consumer in event["consumers"]:
        _add_consumer(branch, consumer)
    _add_cut(branch, event)
    if not event["rules"]:
        branch.add("[dim]the bucket had no notification rules[/]")


def _add_consumer(branch: Tree, consumer: dict[str, Any]) -> None:
    if consumer.get("message_id") in consumer.get("filtered", ()):
        label = "left out by"
    else:
        label = "consumed by" if ":lambda:" in consumer["arn"] else "given up by"
    _add_try(branch, consumer, label)


def _add_delivery(branch: Tree, delivery: dict[str, Any]) -> None:
    style = _STATE_STYLE.get(delivery["state"], "white")
    line = f"delivery → {shown(delivery['arn'])}: [{style}]{delivery['state']}[/]"
    if delivery.get("replay"):
        line += f" in the replay {shown(delivery['replay'])}"
    if delivery.get("via"):
        line += f" by {shown(delivery['via'])}"
    if delivery["in_commit"] and delivery["receipt"]:
        line += f" in the same commit, message {delivery['receipt']}"
    elif delivery["receipt"]:
        line += f", message {delivery['receipt']}"
    if delivery.get("is_behind"):
        line += f", behind another of its group {shown(delivery['group'])}"
    if delivery.get("due"):
        line += f", next try {delivery['due']}"
    if delivery.get("error"):
        line += f", {shown(delivery['error'])}"
    if delivery.get("dead_letter"):
        line += f", dead letter in {delivery['dead_letter']}"
    twig = branch.add(line)
    for number, attempt in enumerate(delivery["tries"], 1):
        if attempt.get("redriven"):
            twig.add(f"sent again {attempt['started']}, after it had died of {shown(attempt['died_of'])}")
        else:
            _add_try(twig, attempt, f"attempt {number}")
    _add_cut(twig, delivery)


def _add_try(branch: Tree, attempt: dict[str, Any], label: str) -> None:
    verdict = "[green]ok[/]" if attempt["ok"] else f"[red]{shown(attempt['error'])}[/]"
    line = f"{label} {shown(attempt['arn'])} {attempt['started']}: {verdict}"
    if "duration_ms" in attempt:
        line += f", {attempt['duration_ms']} ms"
    if "message_id" in attempt:
        line += f", message {attempt['message_id']}"
    if "request_id" in attempt:
        line += f", request {attempt['request_id']}"
    twig = branch.add(line)
    if "note" in attempt:
        twig.add(f"[yellow]{shown(str(attempt['note']))}[/]")
    if "log_stream" in attempt:
        twig.add(f"log {shown(str(attempt['log_group']))} {shown(str(attempt['log_stream']))}")
    for event in attempt["wrote"]:
        _add_event(twig.add(f"wrote s3://{shown(event['bucket'])}/{shown(event['key'])}"), event)
    for delivery in attempt["sent"]:
        _add_delivery(twig, delivery)
    for consumer in attempt["consumers"]:
        _add_consumer(twig.add("sent a message"), consumer)
    _add_cut(twig, attempt)


def _add_cut(branch: Tree, story: dict[str, Any]) -> None:
    if cut := story.get("cut"):
        branch.add(f"[yellow]{cut}[/]")
