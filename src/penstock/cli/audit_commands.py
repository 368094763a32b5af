"""The verbs of ``penstock audit`` and their options."""

from typing import Annotated

import typer

from penstock.cli.asking import RULE, Flags, asking_server

_TIME = "TIME"
_From = Annotated[
    str | None,
    typer.Option("--from", metavar=_TIME, help="Only calls made since: 2026-01-31, 2026-01-31T12:00Z."),
]
_To = Annotated[str | None, typer.Option("--to", metavar=_TIME, help="Only calls made until then.")]


def add_to(cli: typer.Typer) -> None:
    """Adds them to ``penstock``."""
    audit = typer.Typer(no_args_is_help=True)
    cli.add_typer(audit, name="audit", help="Tell who did what: search, export and verify the audit trail.")
    for name, command in (
        ("search", search),
        ("export", export),
        ("verify", verify),
        ("settings", settings),
    ):
        audit.command(name, epilog=RULE)(asking_server(command))


def search(
    flags: Flags,
    user: Annotated[
        str | None, typer.Option("--user", metavar="NAME", help="Of this user, role session, ARN, or root.")
    ] = None,
    key: Annotated[str | None, typer.Option("--key", metavar="ID", help="Of this access key.")] = None,
    event: Annotated[
        str | None, typer.Option("--event", metavar="NAME", help="Of this operation, as DeleteObject.")
    ] = None,
    source: Annotated[
        str | None, typer.Option("--source", metavar="SERVICE", help="Of this service, as s3.amazonaws.com.")
    ] = None,
    resource: Annotated[
        str | None,
        typer.Option("--resource", metavar="NAME", help="About this resource: its ARN, its name, a bucket."),
    ] = None,
    error: Annotated[
        str | None, typer.Option("--error", metavar="CODE", help="That ended so, as AccessDenied.")
    ] = None,
    account: Annotated[
        str | None,
        typer.Option("--account", metavar="ID", help="Of this account instead of the default one."),
    ] = None,
    since: _From = None,
    until: _To = None,
    limit: Annotated[int, typer.Option("--limit", metavar="COUNT", min=1, help="How many at most.")] = 100,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document for each.")] = False,
) -> None:
    """List the newest records that have all that is asked for."""
    from penstock.cli.audit import print_found

    wanted = {
        "user": user,
        "key": key,
        "event": event,
        "source": source,
        "resource": resource,
        "error": error,
        "account": account,
        "from": since,
        "to": until,
    }
    print_found(flags, wanted, limit=limit, as_json=json)


def export(
    flags: Flags,
    format: Annotated[
        str,
        typer.Option("--format", metavar="jsonl|ocsf", help="CloudTrail's records, or OCSF's API Activity."),
    ] = "jsonl",
    since: _From = None,
    until: _To = None,
) -> None:
    """Print all records of all accounts, the oldest first, one JSON document a line."""
    from penstock.cli.audit import Format, print_export

    if format not in list(Format):
        raise typer.BadParameter("--format must be jsonl or ocsf")
    print_export(flags, {"from": since, "to": until}, Format(format))


def verify(
    flags: Flags,
    known: Annotated[
        str | None,
        typer.Option(
            "--known",
            metavar="NUMBER:HASH",
            help="A record that must be there still, as verify printed it once.",
        ),
    ] = None,
) -> None:
    """Read the whole trail and say which records were changed, added, removed; status 1 when some were."""
    from penstock.cli.audit import verify as verified

    if not verified(flags, known):
        raise typer.Exit(1)


def settings(
    flags: Flags,
    management: Annotated[
        str | None,
        typer.Option("--management", metavar="all|writes|none", help="Which management events are recorded."),
    ] = None,
    days: Annotated[
        int | None, typer.Option("--days", metavar="DAYS", help="How long records are kept.")
    ] = None,
    data_events: Annotated[
        list[str] | None,
        typer.Option(
            "--data-events",
            metavar="[read:|write:]ARN",
            help="Data events on resources whose ARNs begin so, as arn:aws:s3:::bucket/; may be repeated.",
        ),
    ] = None,
    no_data_events: Annotated[bool, typer.Option("--no-data-events", help="Record no data events.")] = False,
    bus: Annotated[
        bool | None,
        typer.Option("--bus/--no-bus", help="Whether calls that change something are events, too."),
    ] = None,
) -> None:
    """Print what is recorded and how long it is kept, and change it; that itself is always recorded."""
    from penstock.cli.audit import print_settings

    if no_data_events and data_events:
        raise typer.BadParameter("--data-events and --no-data-events exclude each other")
    selectors = [] if no_data_events else data_events or None
    changes = {"management": management, "days": days, "data": selectors, "bus": bus}
    print_settings(flags, changes)
