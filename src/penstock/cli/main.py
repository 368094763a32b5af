"""The ``penstock`` command. Heavy imports wait until a command needs them: ``up`` must be quick to start."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from penstock.config import SETTINGS, Config
from penstock.errors import StartError

cli = typer.Typer(
    name="penstock",
    help="Object storage as an event source you can trust.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

_HELP = {setting.name: setting.help for setting in SETTINGS}
_VARIABLE = {setting.name: setting.variable for setting in SETTINGS}


def _option(name: str, flag: str | None = None) -> object:
    return typer.Option(flag or f"--{name.replace('_', '-')}", help=f"{_HELP[name]} [env: {_VARIABLE[name]}]")


Host = Annotated[str | None, _option("host")]
Port = Annotated[int | None, _option("port")]
TlsKind = Annotated[str | None, _option("tls")]
TlsCert = Annotated[Path | None, _option("tls_cert")]
TlsKey = Annotated[Path | None, _option("tls_key")]
Data = Annotated[Path | None, _option("data")]
Memory = Annotated[bool | None, _option("memory", "--memory")]
Durability = Annotated[str | None, _option("durability")]
ClockKind = Annotated[str | None, _option("clock")]
KeyFile = Annotated[Path | None, _option("key_file")]
Region = Annotated[str | None, _option("region")]
Workers = Annotated[int | None, _option("function_workers")]
EventVersion = Annotated[str | None, _option("event_version")]
LedgerDays = Annotated[int | None, _option("ledger_days")]
LogLevel = Annotated[str | None, _option("log_level")]


@cli.command()
def up(
    host: Host = None,
    port: Port = None,
    tls: TlsKind = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    data: Data = None,
    memory: Memory = None,
    durability: Durability = None,
    clock: ClockKind = None,
    key_file: KeyFile = None,
    region: Region = None,
    function_workers: Workers = None,
    event_version: EventVersion = None,
    ledger_days: LedgerDays = None,
    log_level: LogLevel = None,
) -> None:
    """Start the server; it runs until SIGTERM or Ctrl-C."""
    flags = dict(locals())
    from penstock.cli.up import run

    run(Config.load(flags))


@cli.command()
def env(host: Host = None, port: Port = None, data: Data = None) -> None:
    """Print the shell lines that point AWS's tools at the server: eval "$(penstock env)"."""
    from penstock.cli.env import print_environment

    print_environment(Config.load({"host": host, "port": port, "data": data}))


@cli.command()
def trace(
    object: Annotated[str, typer.Argument(metavar="s3://BUCKET/KEY", help="The object whose story to tell.")],
    version: Annotated[
        str | None, typer.Option("--version", help="Only the changes of this version.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the story as JSON.")] = False,
    host: Host = None,
    port: Port = None,
    data: Data = None,
) -> None:
    """Tell what happened to an object: changes, rules, deliveries, attempts, and what functions wrote."""
    from penstock.cli.trace import print_story

    print_story(Config.load({"host": host, "port": port, "data": data}), object, version, as_json=json)


@cli.command()
def version() -> None:
    """Print the version."""
    from penstock import __version__

    typer.echo(__version__)


def main() -> None:
    """Runs the command; a failure that has a message for people ends with that message and status 1."""
    try:
        cli()
    except StartError as error:
        print(f"penstock: {error}", file=sys.stderr)
        sys.exit(1)
