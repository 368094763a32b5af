"""A function's settings as its row has them: JSON, in which the environment variables are sealed."""

from typing import Any

import orjson

from penstock.sealed import Sealer

_SEALED = "Sealed"


def encode_settings(sealer: Sealer, function_arn: str, settings: dict[str, Any]) -> str:
    """Returns what is stored; AWS encrypts a function's environment variables at rest, too.

    Those that lie under a customer's key already stay as they are, here and there.
    """
    variables = settings.get("Environment", {}).get("Variables")
    if not variables:
        return orjson.dumps(settings).decode()
    sealed = sealer.seal(orjson.dumps(variables).decode(), function_arn)
    return orjson.dumps({**settings, "Environment": {_SEALED: sealed}}).decode()


def decode_settings(sealer: Sealer, function_arn: str, stored: str) -> dict[str, Any]:
    """Returns the settings; a row from before variables were sealed has them as they are."""
    settings: dict[str, Any] = orjson.loads(stored)
    if sealed := settings.get("Environment", {}).get(_SEALED):
        settings["Environment"] = {"Variables": orjson.loads(sealer.unseal(sealed, function_arn))}
    return settings
