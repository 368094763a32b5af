"""``penstock why``: what became of an object's change on its way to a target."""

import sys
from collections.abc import Mapping
from typing import Any

import orjson
from rich.tree import Tree

from penstock.cli.connection import Connection
from penstock.cli.terminal import print_tree, shown
from penstock.cli.trace import object_of
from penstock.errors import StartError

_STYLE = {"delivered": "green", "waiting": "yellow", "dead": "red", "unknown": "yellow"}

Story = Mapping[str, Any]


def print_explanation(
    flags: Mapping[str, object], uri: str, wanted: Mapping[str, str | None], *, as_json: bool
) -> None:
    """Prints why the object's change did or did not reach a target; ``wanted``: ``target``, ``version``, ``event``."""
    bucket, key = object_of(uri)
    args = {"bucket": bucket, "key": key} | {name: value for name, value in wanted.items() if value}
    story = Connection.find(flags).ask("why", args)["explanation"]
    if story is None:
        raise StartError(f"no such change of {uri} is recorded")
    if as_json:
        sys.stdout.write(orjson.dumps(story, option=orjson.OPT_INDENT_2).decode() + "\n")
        return
    print_tree(_tree(story))


def _tree(story: Story) -> Tree:
    event, verdict = story["event"], story["verdict"]
    version = f" version {event['version_id']}" if event["version_id"] else ""
    of = f"s3://{event['bucket']}/{event['key']}{version}"
    tree = Tree(
        f"[bold cyan]{shown(event['event'])}[/] {event['time']} {shown(of)} → {shown(story['target'])}: "
        f"[bold {_STYLE.get(verdict, 'red')}]{verdict}[/]"
    )
    for sentence in story["because"]:
        tree.add(shown(sentence))
    for way in story["ways"]:
        branch = tree.add("[dim]the way, as things are now[/]")
        for step in way["steps"]:
            _add_step(branch, step)
    return tree


def _add_step(branch: Tree, step: Story) -> None:
    verdict = f"[red]{shown(step['why_not'])}[/]" if step["why_not"] else "[green]passes[/]"
    twig = branch.add(f"{shown(step['by'])} → {shown(step['to'])}: {verdict}")
    if step["note"]:
        twig.add(f"[yellow]{shown(step['note'])}[/]")
    if step["refused"]:
        twig.add(f"[red]now: {shown(step['refused'])}[/]")
        for policy in step["policies"]:
            twig.add(shown(policy))
