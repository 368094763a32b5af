"""What commands that ask a running server have in common: the options that say which one."""

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import Annotated, Any

import typer

from penstock.config import SETTINGS

Flags = dict[str, Any]
"""What was said of the server: of the same names as settings, None for what was not."""

RULE = (
    "The server is the one at --host and --port; else the one that runs on --data; else the one that "
    "AWS_ENDPOINT_URL, or PENSTOCK_HOST and PENSTOCK_PORT, name; else the one that runs on the data directory; else "
    "http://127.0.0.1:4566.\n\n"
    "The keys are those of --accounts or PENSTOCK_ACCOUNTS; else, when AWS_ENDPOINT_URL named the server, "
    "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; else those in the data directory."
)


def _where(name: str, help: str) -> object:
    (row,) = [setting for setting in SETTINGS if setting.name == name]
    return typer.Option(row.flag, help=f"{help} ({row.variable})", metavar=row.unit)


_SERVER = {
    "host": Annotated[str | None, _where("host", "Host of the server.")],
    "port": Annotated[int | None, _where("port", "Port of the server.")],
    "data": Annotated[
        Path | None, _where("data", "Data directory of the server, which knows its address and keys.")
    ],
    "accounts": Annotated[str | None, _where("accounts", "Root credentials; the first are used.")],
    "region": Annotated[str | None, _where("region", "Region of the requests.")],
}


def asking_server(command: Callable[..., None]) -> Callable[..., None]:
    """Returns ``command`` with the options that say which server; it is given them as ``flags``."""

    @wraps(command)
    def asking(**given: object) -> None:
        flags = {name: given.pop(name) for name in _SERVER}
        command(flags, **given)

    own = dict(list(signature(command).parameters.items())[1:])
    types = {name: one.annotation for name, one in own.items()} | _SERVER
    defaults = {name: one.default for name, one in own.items()} | dict.fromkeys(_SERVER)
    return with_options(asking, types, defaults)


def with_options(
    command: Callable[..., None], types: dict[str, Any], defaults: dict[str, Any]
) -> Callable[..., None]:
    """Returns ``command`` as one that takes these, by their names."""
    command.__annotations__ = {**types, "return": None}
    command.__signature__ = Signature(  # type: ignore[attr-defined]
        [
            Parameter(name, Parameter.KEYWORD_ONLY, default=defaults[name], annotation=type)
            for name, type in types.items()
        ]
    )
    return command
