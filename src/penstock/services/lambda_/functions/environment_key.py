"""Environment variables under a customer's key: encrypted when they are set, opened when a function starts.

Who sets them must be allowed to encrypt and to pass the right to decrypt on (``kms:CreateGrant``), who looks at them to
decrypt. Lambda itself has been given that right then.

Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html
"""

import base64
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import orjson

from penstock.server import Params
from penstock.services.customer_keys import CustomerKeys, KeyRefusal, KeyUser
from penstock.services.lambda_.errors import cannot_decrypt, cannot_encrypt
from penstock.services.lambda_.functions.function import Function
from penstock.store import ReadTx, Store, Tx

_ENCRYPTED = "Encrypted"

Settings = Mapping[str, Any]


class Setter(NamedTuple):
    """On whose behalf the variables of the function ``arn`` are encrypted."""

    keys: CustomerKeys
    user: KeyUser
    arn: str

    def encrypted(self, tx: Tx, former: Settings, settings: Settings) -> dict[str, Any]:
        """Returns the settings with their variables encrypted with the key that they name, if they do; AwsError."""
        environment, key = settings.get("Environment", {}), settings.get("KMSKeyArn")
        if _ENCRYPTED in environment and key == former.get("KMSKeyArn"):
            return dict(settings)
        try:
            if _ENCRYPTED in environment:
                environment = _opened(tx, self, environment)
            if key and environment.get("Variables"):
                environment = self._encrypted(tx, key, environment)
        except KeyRefusal as refusal:
            raise cannot_encrypt(refusal) from None
        return {**settings, "Environment": environment} if environment else dict(settings)

    def _encrypted(self, tx: Tx, key: str, environment: Settings) -> Settings:
        context, keeper = _context(self.arn), self.keys.keeper
        keeper.weigh(tx, self.user, key, "CreateGrant", {})
        blob = keeper.encrypt(tx, self.user, key, context, orjson.dumps(environment["Variables"]))
        return {_ENCRYPTED: base64.b64encode(blob).decode()}


def is_encrypted(settings: Settings) -> bool:
    """Returns whether the variables lie under a customer's key."""
    return _ENCRYPTED in settings.get("Environment", {})


def shown_environment(tx: ReadTx, setter: Setter, configuration: Params) -> Params:
    """Returns the configuration with the variables, or with why the caller may not see them.

    Source: https://docs.aws.amazon.com/lambda/latest/api/API_EnvironmentError.html
    """
    try:
        return {**configuration, "Environment": _opened(tx, setter, configuration["Environment"])}
    except KeyRefusal as refusal:
        error = cannot_decrypt(refusal)
        told = {"ErrorCode": refusal.code, "Message": error.message}
        return {**configuration, "Environment": {"Error": told}}


async def with_environment(store: Store, keys: CustomerKeys, function: Function) -> Function:
    """Returns the function with its variables, for Lambda itself; AwsError ``KMS…Exception``."""
    if not is_encrypted(function.settings):
        return function
    blob = base64.b64decode(function.settings["Environment"][_ENCRYPTED])
    try:
        text = await store.read(_granted, keys, blob, _context(function.arn))
    except KeyRefusal as refusal:
        raise cannot_decrypt(refusal) from None
    settings = {**function.settings, "Environment": {"Variables": orjson.loads(text)}}
    return replace(function, settings=settings)


def _granted(tx: ReadTx, keys: CustomerKeys, blob: bytes, context: Mapping[str, str]) -> bytes:
    return keys.keeper.decrypt_granted(tx, blob, context)


def _opened(tx: ReadTx, setter: Setter, environment: Settings) -> dict[str, Any]:
    blob = base64.b64decode(environment[_ENCRYPTED])
    text = setter.keys.keeper.decrypt(tx, setter.user, blob, _context(setter.arn))
    return {"Variables": orjson.loads(text)}


def _context(arn: str) -> dict[str, str]:
    return {"aws:lambda:FunctionArn": arn}
