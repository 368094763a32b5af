"""Aliases: names that lead to a version, or to two of them, each with its share of the invocations.

Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html
"""

from dataclasses import dataclass, replace
from typing import Any

import orjson

from penstock.access import Policy, parse_policy
from penstock.services.lambda_.functions.function import Function, Holder
from penstock.store import ReadTx, Row, Tx, queries

Q = queries(__package__)


@dataclass(frozen=True, slots=True)
class Alias:
    """One row of ``lambda_alias``. ``weights`` are the shares of the versions besides ``version``."""

    id: int
    function_id: int
    name: str
    version: str
    weights: dict[str, float]
    description: str
    revision: str
    async_config: dict[str, Any] | None
    policy_text: str | None
    policy: Policy | None

    def configuration(self, function_arn: str) -> dict[str, Any]:
        """Returns AWS's AliasConfiguration."""
        shown: dict[str, Any] = {
            "AliasArn": f"{function_arn}:{self.name}",
            "Name": self.name,
            "FunctionVersion": self.version,
            "Description": self.description,
            "RevisionId": self.revision,
        }
        if self.weights:
            shown["RoutingConfig"] = {"AdditionalVersionWeights": self.weights}
        return shown

    def of(self, version: Function) -> Function:
        """Returns ``version`` as it is found by this alias."""
        return replace(
            version,
            async_config=self.async_config,
            policy_text=self.policy_text,
            policy=self.policy,
            qualifier=self.name,
            weights=self.weights,
            holder=Holder.ALIAS,
            holder_id=self.id,
        )


def find_alias(tx: ReadTx, function: Function, name: str) -> Alias | None:
    """Returns the alias, or None. Whoever changes its row calls ``forget_alias``."""
    return tx.cached("lambda.alias", (function.id, name), _load)


def alias_page(tx: ReadTx, function: Function, version: str, after: str, limit: int) -> list[Alias]:
    """Returns at most ``limit`` aliases in the order of their names, of one version when given."""
    return [_alias(row) for row in tx.all(Q.find_alias_page, function.id, after, version, version, limit)]


def forget_alias(tx: Tx, function_id: int, name: str) -> None:
    """Drops what is remembered of the alias."""
    tx.forget("lambda.alias", (function_id, name))


def _load(tx: ReadTx, key: tuple[int, str]) -> Alias | None:
    row = tx.one(Q.find_alias, *key)
    return _alias(row) if row else None


def _alias(row: Row) -> Alias:
    *named, weights, description, revision, async_config, policy = row
    columns: list[Any] = [
        *named,
        orjson.loads(weights),
        description,
        revision,
        orjson.loads(async_config) if async_config else None,
        policy,
        parse_policy(policy, kind="resource") if policy else None,
    ]
    return Alias(*columns)
