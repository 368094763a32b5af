"""The ``penstock`` command. Heavy imports wait until a command needs them: ``up`` must be quick to start."""

import gc
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.models import CommandInfo

from penstock.cli import audit_commands
from penstock.cli.asking import RULE, Flags, asking_server, with_options
from penstock.cli.events import event_commands
from penstock.config import SETTINGS, Config, Setting
from penstock.errors import StartError

cli = typer.Typer(
    name="penstock",
    help="Object storage as an event source you can trust.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from penstock import __version__

        typer.echo(__version__)
        raise typer.Exit


@cli.callback()
def penstock(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """Object storage as an event source you can trust."""


def up(**flags: object) -> None:
    """Start the server; it runs until SIGTERM or Ctrl-C."""
    from penstock.cli.up import run

    run(Config.load(flags))


def _with_settings(command: Callable[..., None]) -> Callable[..., None]:
    """Returns ``command`` with a flag for each row of the settings table."""
    types: dict[str, Any] = {row.name: Annotated[_type(row) | None, _flag(row)] for row in SETTINGS}
    return with_options(command, types, dict.fromkeys(types))


def _type(row: Setting) -> type:
    if isinstance(row.default, bool | int):
        return type(row.default)
    return Path if row.unit in ("folder", "file") else str


def _flag(row: Setting) -> object:
    # Round brackets: typer takes what stands in square ones for a colour.
    help = f"{row.help} ({row.variable}; default: {row.shown or row.default})"
    return typer.Option(row.flag, help=help, metavar=None if row.unit == "flag" else row.unit)


cli.command()(_with_settings(up))


@cli.command(epilog=RULE)
@asking_server
def env(
    flags: Flags,
    profile: Annotated[
        str | None,
        typer.Option("--profile", metavar="NAME", help="Print a profile for ~/.aws/config instead."),
    ] = None,
) -> None:
    """Print the shell lines that point AWS's tools at the server: eval "$(penstock env)"."""
    from penstock.cli.env import print_environment, print_profile

    if profile is None:
        print_environment(flags)
    else:
        print_profile(flags, profile)


@cli.command(epilog=RULE)
@asking_server
def trace(
    flags: Flags,
    object: Annotated[
        str | None,
        typer.Argument(
            metavar="[s3://BUCKET/KEY]", help="The object; its key as it is, or as events have it."
        ),
    ] = None,
    message: Annotated[
        str | None, typer.Option("--message", metavar="ID", help="The change that this message tells of.")
    ] = None,
    version: Annotated[
        str | None, typer.Option("--version", help="Only the changes of this version.")
    ] = None,
    prefix: Annotated[
        bool, typer.Option("--prefix", help="The newest changes of all objects whose keys begin so.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the story as JSON.")] = False,
    openlineage: Annotated[
        bool,
        typer.Option(
            "--openlineage", help="Print the runs of functions as OpenLineage's events, one a line."
        ),
    ] = False,
) -> None:
    """Tell what happened to an object: changes, rules, deliveries, attempts, and what functions wrote."""
    from penstock.cli.trace import Form, print_message, print_prefix, print_story

    if (object is None) == (message is None):
        raise typer.BadParameter("name an object, or a --message")
    form = Form.OPENLINEAGE if openlineage else Form.JSON if json else Form.TREE
    if message is not None:
        print_message(flags, message, form)
    elif prefix:
        print_prefix(flags, object or "", form)
    else:
        print_story(flags, object or "", version, form)


event_commands.add_to(cli)

dead = typer.Typer(no_args_is_help=True)
cli.add_typer(dead, name="dead", help="List, show and send again what could not be delivered.")


@dead.command("list", epilog=RULE)
@asking_server
def dead_list(
    flags: Flags,
    target: Annotated[str | None, typer.Option("--target", metavar="ARN", help="Only those to this.")] = None,
    bucket: Annotated[
        str | None, typer.Option("--bucket", metavar="NAME", help="Only those of this bucket's events.")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            "--since", metavar="TIME", help="Only those made since: 2026-01-31, 2026-01-31T12:00:00Z."
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each.")] = False,
) -> None:
    """List dead deliveries, the newest first."""
    from penstock.cli.dead import print_dead

    print_dead(flags, {"target": target, "bucket": bucket, "since": since}, as_json=json)


@dead.command("show", epilog=RULE)
@asking_server
def dead_show(
    flags: Flags,
    id: Annotated[int, typer.Argument(metavar="ID", help="The delivery's number, as it is listed.")],
) -> None:
    """Print all that is kept of a delivery, what it holds and its tries too, as JSON."""
    from penstock.cli.dead import print_delivery

    print_delivery(flags, id)


@dead.command("redrive", epilog=RULE)
@asking_server
def dead_redrive(
    flags: Flags,
    ids: Annotated[
        list[int] | None, typer.Argument(metavar="[ID]...", help="Which, as they are listed.")
    ] = None,
    target: Annotated[
        str | None, typer.Option("--target", metavar="ARN", help="All those to this, the oldest first.")
    ] = None,
) -> None:
    """Send dead deliveries again: each begins its ladder anew."""
    from penstock.cli.dead import redrive_ids, redrive_target

    if (target is None) == (not ids):
        raise typer.BadParameter("name deliveries, or a --target")
    if target is None:
        redrive_ids(flags, ids or [])
    else:
        redrive_target(flags, target)


audit_commands.add_to(cli)

user = typer.Typer(no_args_is_help=True)
cli.add_typer(user, name="user", help="Give people and machines keys of their own.")


@user.command("add", epilog=RULE)
@asking_server
def user_add(
    flags: Flags,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the user is called.")],
    policy: Annotated[
        list[str] | None,
        typer.Option(
            "--policy",
            metavar="POLICY",
            help="What the user may do: the ARN of a policy, the name of one of AWS's, or a file; may be repeated.",
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Make a user with a key, and print it: the secret is shown this once."""
    from penstock.cli.user import add_user

    add_user(flags, name, policy or [], as_json=json)


mail = typer.Typer(no_args_is_help=True)
cli.add_typer(mail, name="mail", help="List and show the mail of topics, when it is sent nowhere.")


@mail.command("list", epilog=RULE)
@asking_server
def mail_list(
    flags: Flags,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each.")] = False,
) -> None:
    """List the newest letters in the maildir, oldest first."""
    from penstock.cli.mail import print_letters

    print_letters(flags, as_json=json)


@mail.command("show", epilog=RULE)
@asking_server
def mail_show(
    flags: Flags,
    id: Annotated[str, typer.Argument(metavar="ID", help="The letter's id, as it is listed.")],
) -> None:
    """Print a letter with its text."""
    from penstock.cli.mail import print_letter

    print_letter(flags, id)


@cli.command(epilog=RULE)
@asking_server
def backup(
    flags: Flags,
    dest: Annotated[
        Path, typer.Argument(metavar="DEST", help="Folder of backups, on the server's machine, for its user.")
    ],
    verify: Annotated[
        bool,
        typer.Option("--verify", help="Read every backup in DEST instead; status 1 when one is damaged."),
    ] = False,
) -> None:
    """Let the running server copy all that it keeps into DEST; what is there already is not copied again."""
    from penstock.cli.backup import make_backup, verify_backups

    if not (verify_backups(dest) if verify else make_backup(flags, dest)):
        raise typer.Exit(1)


@cli.command()
def restore(
    dest: Annotated[Path, typer.Argument(metavar="DEST", help="Folder of backups.")],
    data: Annotated[Path, typer.Option("--data", metavar="folder", help="New data directory.")],
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="TIME", help="The last backup until then, as 2026-01-31T12:00Z."),
    ] = None,
) -> None:
    """Make a data directory from a backup, checked byte by byte; start the server on it with `penstock up --data`."""
    from penstock.cli.backup import restore_backup

    restore_backup(dest, data, at)


@cli.command(epilog=RULE)
@asking_server
def scrub(
    flags: Flags,
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Let the server read every object and compare it with what was written; status 1 when one is damaged."""
    from penstock.cli.scrub import scrub_objects

    if not scrub_objects(flags, as_json=json):
        raise typer.Exit(1)


@cli.command(epilog=RULE)
@asking_server
def top(
    flags: Flags,
    interval: Annotated[
        float, typer.Option("--interval", metavar="SECONDS", min=0.1, help="How often it is drawn anew.")
    ] = 2.0,
    once: Annotated[
        bool, typer.Option("--once", help="Print sums since the server's start, and end.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print them as JSON, and end.")] = False,
) -> None:
    """Show what goes on: rates, lags, failures, queue depths, alarms; Ctrl-C ends it."""
    from penstock.cli.top import show_top

    show_top(flags, seconds=interval, once=once, as_json=json)


@cli.command()
def runtimes(
    json: Annotated[bool, typer.Option("--json", help="Print a JSON document a line.")] = False,
) -> None:
    """Print what this machine has to run functions with, and how to add what it has not."""
    from penstock.cli.runtimes import print_runtimes

    print_runtimes(as_json=json)


@cli.command()
def operations() -> None:
    """Print which of AWS's operations are answered, as a page in Markdown."""
    from penstock.cli.operations import print_operations

    print_operations()


@cli.command()
def version() -> None:
    """Print the version."""
    _print_version(True)


def main() -> None:
    """Runs the command; a failure that has a message for people ends with that message and status 1."""
    # Imports leave nothing to collect, and looking for it takes a tenth of a start. The server turns it on.
    gc.disable()
    _leave_only(sys.argv[1:2])
    try:
        cli(prog_name="penstock")
    except StartError as error:
        print(f"penstock: {error}", file=sys.stderr)
        sys.exit(1)


def _leave_only(asked: list[str]) -> None:
    """Leaves the one command that is asked for: typer builds all there are, at 60 ms for each start."""
    commands = [found for found in cli.registered_commands if _name(found) in asked]
    groups = [found for found in cli.registered_groups if found.name in asked]
    if commands or groups:
        cli.registered_commands, cli.registered_groups = commands, groups


def _name(command: CommandInfo) -> str:
    return str(command.name or getattr(command.callback, "__name__", ""))
