"""Published versions: what a function was when each was made.

A version shares its function's name, tags, reserved concurrency and what becomes of loops; everything else is its own.

Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html
"""

from dataclasses import dataclass, replace
from typing import Any

import orjson

from penstock.access import Policy, parse_policy
from penstock.services.lambda_.functions.function import Function, Holder
from penstock.services.lambda_.functions.phase import Phase
from penstock.services.lambda_.functions.stored_settings import decode_settings
from penstock.store import ReadTx, Row, Tx, queries

Q = queries(__package__)

_MAX_DIGITS = 18  # of what a row can have


@dataclass(frozen=True, slots=True)
class Version:
    """One row of ``lambda_version``."""

    id: int
    number: int
    role: str
    revision: str
    code: str
    code_sha256: str
    code_size: int
    modified_ms: int
    settings: dict[str, Any]
    async_config: dict[str, Any] | None
    policy_text: str | None
    policy: Policy | None

    def of(self, function: Function) -> Function:
        """Returns the function as it is in this version."""
        return replace(
            function,
            role=self.role,
            generation=0,  # it never changes
            revision=self.revision,
            code=self.code,
            code_sha256=self.code_sha256,
            code_size=self.code_size,
            modified_ms=self.modified_ms,
            phase=Phase.CREATING if function.phase is Phase.CREATING else Phase.READY,
            settings=self.settings,
            async_config=self.async_config,
            policy_text=self.policy_text,
            policy=self.policy,
            version=str(self.number),
            qualifier=str(self.number),
            holder=Holder.VERSION,
            holder_id=self.id,
        )


def find_version(tx: ReadTx, function: Function, number: str) -> Function | None:
    """Returns the function as it is in the version ``number``, or None.

    Whoever changes its row calls ``forget_version``.
    """
    found = tx.cached("lambda.version", (function.id, number, function.arn), _load)
    return found.of(function) if found else None


def version_page(tx: ReadTx, function: Function, after: int, limit: int) -> list[Function]:
    """Returns at most ``limit`` published versions in the order of their numbers, from behind ``after``."""
    rows = tx.all(Q.find_version_page, function.id, after, limit)
    return [_version(tx, row, function.arn).of(function) for row in rows]


def forget_version(tx: Tx, function: Function, number: str) -> None:
    """Drops what is remembered of the version."""
    tx.forget("lambda.version", (function.id, number, function.arn))


def is_code_in_use(tx: ReadTx, code: str) -> bool:
    """Returns whether a function or a published version has this package."""
    return any(tx.one(query, code) is not None for query in (Q.find_function_of_code, Q.find_version_of_code))


def _load(tx: ReadTx, key: tuple[int, str, str]) -> Version | None:
    function_id, number, arn = key
    if len(number) > _MAX_DIGITS or number.startswith("0"):
        return None
    row = tx.one(Q.find_version, function_id, int(number))
    return _version(tx, row, arn) if row else None


def _version(tx: ReadTx, row: Row, arn: str) -> Version:
    settings, async_config, policy = row[-3:]
    columns: list[Any] = [
        *row[:-3],
        decode_settings(tx.sealer, arn, settings),
        orjson.loads(async_config) if async_config else None,
        policy,
        parse_policy(policy, kind="resource") if policy else None,
    ]
    return Version(*columns)
