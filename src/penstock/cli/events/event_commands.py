"""The commands that explain events and send them again, as they stand on the command line."""

from typing import Annotated

import typer

from penstock.cli.asking import RULE, Flags, asking_server

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def add_to(cli: typer.Typer) -> None:
    """Adds the commands to ``cli``."""
    for command in (why, replay, reconcile, targets):
        cli.command(epilog=RULE)(command)
    cli.add_typer(events, name="events", help="Follow what happens to events.")
    cli.add_typer(
        rules, name="rules", help="List, check, add, set and remove single notification rules of a bucket."
    )


@asking_server
def why(
    flags: Flags,
    object: Annotated[
        str,
        typer.Argument(metavar="s3://BUCKET/KEY", help="The object; its key as it is, or as events have it."),
    ],
    target: Annotated[
        str,
        typer.Option(
            "--target", metavar="ARN", help="Where its event should have gone: an ARN, URL or address."
        ),
    ],
    version: Annotated[
        str | None, typer.Option("--version-id", help="The newest change of this version.")
    ] = None,
    event: Annotated[
        str | None, typer.Option("--event", metavar="NAME", help="The newest event that is called so.")
    ] = None,
    json: Json = False,
) -> None:
    """Explain why an object's newest change did or did not reach a queue, function, topic, bus or address."""
    from penstock.cli.events.why import print_explanation

    print_explanation(flags, object, {"target": target, "version": version, "event": event}, as_json=json)


@asking_server
def targets(
    flags: Flags,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each.")] = False,
) -> None:
    """List the destinations that something waits for: how much, failing since when, and when they are asked next."""
    from penstock.cli.events.targets import print_targets

    print_targets(flags, as_json=json)


rules = typer.Typer(no_args_is_help=True)

Bucket = Annotated[str, typer.Argument(metavar="BUCKET", help="The bucket.")]
Target = Annotated[
    str, typer.Option("--target", metavar="ARN", help="Queue, topic, function or default bus.")
]
Events = Annotated[
    list[str] | None,
    typer.Option("--event", metavar="NAME", help="Which events, as s3:ObjectCreated:*; may be repeated."),
]
Prefix = Annotated[str, typer.Option("--prefix", help="Only keys that begin so.")]
Suffix = Annotated[str, typer.Option("--suffix", help="Only keys that end so.")]
RuleId = Annotated[str, typer.Option("--id", help="What the rule is called; default: an id of its own.")]


@rules.command("list", epilog=RULE)
@asking_server
def rules_list(flags: Flags, bucket: Bucket, json: Json = False) -> None:
    """List a bucket's notification rules."""
    from penstock.cli.events.rules import print_rules

    print_rules(flags, bucket, as_json=json)


@rules.command("check", epilog=RULE)
@asking_server
def rules_check(
    flags: Flags,
    bucket: Bucket,
    target: Target,
    event: Events = None,
    prefix: Prefix = "",
    suffix: Suffix = "",
    id: RuleId = "",
) -> None:
    """Say what speaks against a new rule: overlap, permission, a function that would run for what it writes itself."""
    from penstock.cli.events.rules import check_rule, described

    if not check_rule(flags, described(bucket, target, event, (prefix, suffix), id)):
        raise typer.Exit(1)


@rules.command("add", epilog=RULE)
@asking_server
def rules_add(
    flags: Flags,
    bucket: Bucket,
    target: Target,
    event: Events = None,
    prefix: Prefix = "",
    suffix: Suffix = "",
    id: RuleId = "",
) -> None:
    """Check a rule and add it; the bucket's other rules stay as they are."""
    from penstock.cli.events.rules import add_rule, described

    if not add_rule(flags, described(bucket, target, event, (prefix, suffix), id)):
        raise typer.Exit(1)


@rules.command("set", epilog=RULE)
@asking_server
def rules_set(
    flags: Flags,
    rule: Annotated[
        str,
        typer.Argument(
            metavar="RULE",
            help="BUCKET/ID, or the ARN of a bus's rule, an event source mapping or a function.",
        ),
    ],
    priority: Annotated[
        str | None, typer.Option("--priority", metavar="WORD", help="high, normal, low; none takes it away.")
    ] = None,
    group_key: Annotated[
        str | None,
        typer.Option(
            "--group-key",
            metavar="KEY",
            help="Keep the order of events that have this in common: key, folder, bucket, or a member's path as "
            "detail.order.id; none takes it away.",
        ),
    ] = None,
) -> None:
    """Say how urgent a rule's events are, and which of them are delivered one after the other."""
    from penstock.cli.events.rules import set_rule

    said = {"priority": priority, "group_key": group_key}
    set_rule(flags, rule, {name: value for name, value in said.items() if value is not None})


@rules.command("remove", epilog=RULE)
@asking_server
def rules_remove(
    flags: Flags, bucket: Bucket, id: Annotated[str, typer.Argument(metavar="ID", help="The rule.")]
) -> None:
    """Remove one rule; the bucket's other rules stay as they are."""
    from penstock.cli.events.rules import remove_rule

    remove_rule(flags, bucket, id)


@asking_server
def replay(
    flags: Flags,
    bucket: Annotated[
        str | None, typer.Option("--bucket", metavar="NAME", help="Changes of this bucket.")
    ] = None,
    prefix: Annotated[str, typer.Option("--prefix", help="Only of keys that begin so.")] = "",
    since: Annotated[
        str | None,
        typer.Option("--from", metavar="TIME", help="Only since: 2026-01-31, 2026-01-31T12:00:00Z."),
    ] = None,
    until: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Only before.")] = None,
    rule: Annotated[
        str | None, typer.Option("--rule", metavar="ID", help="Only what this rule takes.")
    ] = None,
    target: Annotated[
        str | None,
        typer.Option("--target", metavar="ARN", help="To this alone, whatever the rules' destinations are."),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Send; without it, what would be sent is shown.")
    ] = False,
    rate: Annotated[int, typer.Option("--rate", min=1, help="Changes a second at most.")] = 100,
    resume: Annotated[
        str | None, typer.Option("--resume", metavar="ID", help="Go on with a replay that was cut off.")
    ] = None,
) -> None:
    """Deliver recorded changes again, to the bucket's rules as they are now or to one target; shows first what."""
    from penstock.cli.events.replay import preview_replay, resume_replay, start_replay, wanted

    if (bucket is None) == (resume is None):
        raise typer.BadParameter("name a --bucket, or a replay to --resume")
    asked = wanted(
        {"bucket": bucket, "prefix": prefix, "from": since, "to": until, "rule": rule, "target": target}
    )
    if resume is not None:
        resume_replay(flags, resume, rate)
    elif yes:
        start_replay(flags, asked, rate)
    else:
        preview_replay(flags, asked)


events = typer.Typer(no_args_is_help=True)


@events.callback()
def events_group() -> None:
    """Follow what happens to events."""


@events.command("tail", epilog=RULE)
@asking_server
def events_tail(
    flags: Flags,
    bucket: Annotated[
        str | None, typer.Option("--bucket", metavar="NAME", help="Only of this bucket.")
    ] = None,
    key: Annotated[
        str | None, typer.Option("--key", metavar="PATTERN", help="Only of keys like in/*.csv.")
    ] = None,
    type: Annotated[
        str | None, typer.Option("--type", metavar="PATTERN", help="Only of events like ObjectCreated:*.")
    ] = None,
    target: Annotated[
        str | None, typer.Option("--target", metavar="PATTERN", help="Only to ARNs like arn:aws:sqs:*.")
    ] = None,
    outcome: Annotated[
        str | None,
        typer.Option(
            "--outcome",
            metavar="NAME",
            help="Only recorded, delivered, filtered, retrying, failed, dead or redriven.",
        ),
    ] = None,
    last: Annotated[
        int, typer.Option("--last", min=0, max=1000, help="Begin with as many that have happened already.")
    ] = 0,
    count: Annotated[int | None, typer.Option("--count", min=1, help="End after so many lines.")] = None,
    json: Json = False,
) -> None:
    """Print changes, deliveries and tries as they happen; Ctrl-C ends it."""
    from penstock.cli.events.tail import follow

    patterns = {"bucket": bucket, "key": key, "type": type, "target": target, "outcome": outcome}
    follow(flags, {**patterns, "last": str(last)}, count, as_json=json)


@asking_server
def reconcile(
    flags: Flags,
    bucket: Annotated[str | None, typer.Option("--bucket", metavar="NAME", help="Only this bucket.")] = None,
    prefix: Annotated[str, typer.Option("--prefix", help="Only keys that begin so.")] = "",
    rules: Annotated[
        str,
        typer.Option(
            "--rules",
            metavar="WHEN",
            help="then: who had to be told by the rules of each change; now: also whom the rules of today would tell.",
        ),
    ] = "then",
    yes: Annotated[
        bool, typer.Option("--yes", help="Send; without it, what would be sent is shown.")
    ] = False,
    json: Json = False,
) -> None:
    """Compare objects with the ledger: show, or send, what has no event or did not reach everybody."""
    from penstock.cli.events.reconcile import look, mend

    (mend if yes else look)(flags, {"bucket": bucket, "prefix": prefix, "rules": rules}, as_json=json)
