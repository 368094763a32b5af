"""A parameter and its versions as values."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from penstock.services.ssm.errors import no_parameter, no_version
from penstock.services.ssm.parameters.names import Asked, Key, named, parameter_arn
from penstock.store import ReadTx, Row, queries

Q = queries(__package__)

SECURE = "SecureString"
DEFAULT_KEY = "alias/aws/ssm"


class Parameter(NamedTuple):
    """One parameter. ``settings`` are those of its newest version, under AWS's names."""

    id: int
    key: Key
    version: int
    settings: Mapping[str, Any]
    tags: Mapping[str, str]
    modified_ms: int
    modified_by: str

    @property
    def name(self) -> str:
        """Returns its name."""
        return self.key[2]

    @property
    def arn(self) -> str:
        """Returns its ARN."""
        return parameter_arn(self.key)


class Version(NamedTuple):
    """One version of a parameter, with its value as it is stored: sealed when it is a SecureString."""

    number: int
    value: str
    settings: Mapping[str, Any]
    labels: tuple[str, ...]
    modified_ms: int
    modified_by: str

    @property
    def is_secure(self) -> bool:
        """Returns whether the value is sealed."""
        return bool(self.settings["Type"] == SECURE)


def find_parameter(tx: ReadTx, key: Key) -> Parameter | None:
    """Returns the parameter, or None."""
    row = tx.one(Q.find_parameter, *key)
    return parameter_of(row) if row else None


def find_by_arn(tx: ReadTx, arn: str) -> Parameter | None:
    """Returns the parameter whose ARN this is, or None.

    An ARN does not tell whether a name of one level begins with a slash: both are looked for.
    """
    key = named(arn)
    if key is None:
        return None
    account, region, name = key
    return find_parameter(tx, key) or find_parameter(tx, (account, region, f"/{name}"))


def get_parameter(tx: ReadTx, key: Key) -> Parameter:
    """Returns the parameter; AwsError ``ParameterNotFound``."""
    parameter = find_parameter(tx, key)
    if parameter is None:
        raise no_parameter(key[2])
    return parameter


def asked_version(tx: ReadTx, wanted: Asked) -> tuple[Parameter, Version]:
    """Returns the parameter and the version that is asked for; AwsError."""
    parameter = get_parameter(tx, wanted.key)
    if not wanted.selector:
        return parameter, get_version(tx, parameter, parameter.version)
    if wanted.selector.isdecimal() and len(wanted.selector) < 10:
        return parameter, get_version(tx, parameter, int(wanted.selector))
    row = tx.one(Q.find_label, parameter.id, wanted.selector)
    if row is None:
        raise no_version(wanted.selector)
    return parameter, get_version(tx, parameter, row[0])


def get_version(tx: ReadTx, parameter: Parameter, number: int) -> Version:
    """Returns the version; AwsError ``ParameterVersionNotFound``."""
    row = tx.one(Q.find_version, parameter.id, number)
    if row is None:
        raise no_version(str(number))
    return version_of(tx, parameter, row)


def version_of(tx: ReadTx, parameter: Parameter, row: Row) -> Version:
    """Returns the version in a row."""
    number, value, settings, modified_ms, modified_by = row
    labels = tuple(label for (label,) in tx.all(Q.find_labels, parameter.id, number))
    return Version(number, value, orjson.loads(settings), labels, modified_ms, modified_by)


def parameter_of(row: Row) -> Parameter:
    """Returns the parameter in a row."""
    id, account, region, name, version, settings, tags, modified_ms, modified_by = row
    key = (account, region, name)
    return Parameter(id, key, version, orjson.loads(settings), orjson.loads(tags), modified_ms, modified_by)
