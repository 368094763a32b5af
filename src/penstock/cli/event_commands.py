"""The commands that explain events and send them again, as they stand on the command line."""

from typing import Annotated

import typer

from penstock.cli.asking import RULE, Flags, asking_server

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def add_to(cli: typer.Typer) -> None:
    """Adds the commands to ``cli``."""
    cli.command(epilog=RULE)(why)


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
    from penstock.cli.why import print_explanation

    print_explanation(flags, object, {"target": target, "version": version, "event": event}, as_json=json)
