"""Layers: zips that functions find in /opt.

A function keeps what it uses: a version of a layer that is deleted, or whose policy changes, stays with the functions
that had it. So ``lambda_layer_use`` says whose zip is still needed.

Source: https://docs.aws.amazon.com/lambda/latest/dg/adding-layers.html
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from penstock.access import Policy, parse_policy
from penstock.arn import arn
from penstock.services.lambda_.functions.function import Function
from penstock.services.lambda_.names import LATEST
from penstock.store import ReadTx, Row, Tx, queries

Q = queries(__package__)

_ARN = re.compile(
    r"arn:aws:lambda:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):layer:(?P<name>[a-zA-Z0-9-_]+)(?::(?P<version>[0-9]{1,18}))?"
)


@dataclass(frozen=True, slots=True)
class LayerName:
    """A layer's name, resolved: whose and where. ``version`` is 0 when none was named."""

    account: str
    region: str
    name: str
    version: int = 0

    @property
    def arn(self) -> str:
        """Returns the layer's ARN."""
        return arn("lambda", self.region, self.account, f"layer:{self.name}")

    @property
    def version_arn(self) -> str:
        """Returns the version's ARN."""
        return f"{self.arn}:{self.version}"


def is_extension(name: LayerName) -> bool:
    """Returns whether it is AWS's Parameters and Secrets extension, which functions have here without a layer."""
    return name.name in (
        "AWS-Parameters-and-Secrets-Lambda-Extension",
        "AWS-Parameters-and-Secrets-Lambda-Extension-Arm64",
    )


@dataclass(frozen=True, slots=True)
class LayerVersion:
    """One row of ``lambda_layer_version``; ``code`` is a reference to the zip."""

    name: LayerName
    id: int
    description: str
    license: str
    architectures: list[str]
    runtimes: list[str]
    created_ms: int
    code: str
    code_sha256: str
    code_size: int
    unzipped_bytes: int
    revision: str
    policy_text: str | None
    policy: Policy | None

    def summary(self) -> dict[str, Any]:
        """Returns AWS's LayerVersionsListItem."""
        created = datetime.fromtimestamp(self.created_ms / 1000, UTC)
        shown: dict[str, Any] = {
            "LayerVersionArn": self.name.version_arn,
            "Version": self.name.version,
            "Description": self.description,
            "CreatedDate": created.strftime("%Y-%m-%dT%H:%M:%S.") + f"{self.created_ms % 1000:03d}+0000",
        }
        for member, value in (
            ("LicenseInfo", self.license),
            ("CompatibleArchitectures", self.architectures),
            ("CompatibleRuntimes", self.runtimes),
        ):
            if value:
                shown[member] = value
        return shown

    def used(self) -> dict[str, Any]:
        """Returns what the settings of a function that uses it keep."""
        return {
            "Arn": self.name.version_arn,
            "CodeSize": self.code_size,
            "Code": self.code,
            "UnzippedBytes": self.unzipped_bytes,
        }


def layer_named(text: str) -> LayerName | None:
    """Returns the layer, or its version, that a full ARN names; None when it names none."""
    found = _ARN.fullmatch(text)
    if found is None:
        return None
    return LayerName(found["account"], found["region"], found["name"], int(found["version"] or 0))


def find_layer_version(tx: ReadTx, name: LayerName) -> LayerVersion | None:
    """Returns the version, None when it is not there or deleted."""
    row = tx.one(Q.find_layer_version, name.account, name.region, name.name, name.version)
    return layer_version(name, row) if row else None


def layer_version(name: LayerName, row: Row) -> LayerVersion:
    """Returns the version that a row is of; its first column is the number."""
    number, id, description, license, architectures, runtimes, *columns, policy = row
    own = LayerName(name.account, name.region, name.name, number)
    values: list[Any] = [
        own,
        id,
        description,
        license,
        orjson.loads(architectures),
        orjson.loads(runtimes),
        *columns,
        policy,
        parse_policy(policy, kind="resource") if policy else None,
    ]
    return LayerVersion(*values)


def use_layers(tx: Tx, function: Function) -> list[str]:
    """Writes down which layers this version of the function uses now; returns the zips that nobody needs any more."""
    number = 0 if function.version == LATEST else int(function.version)
    before = [code for (code,) in tx.all(Q.find_used_layers, function.id, number)]
    tx.run(Q.forget_used_layers, function.id, number)
    for code in dict.fromkeys(function.layers):
        tx.run(Q.add_used_layer, function.id, number, code)
    return dropped_layers(tx, before)


def forget_layers(tx: Tx, function: Function) -> list[str]:
    """Forgets what this version of the function used; returns the zips that nobody needs any more."""
    number = 0 if function.version == LATEST else int(function.version)
    tx.run(Q.forget_used_layers, function.id, number)
    return dropped_layers(tx, list(function.layers))


def dropped_layers(tx: Tx, codes: list[str]) -> list[str]:
    """Removes those of the layers' zips ``codes`` that are deleted and not used; returns them."""
    gone = [code for code in codes if tx.one(Q.find_dropped_layer, code)]
    for code in gone:
        tx.run(Q.remove_layer_code, code)
    return gone
