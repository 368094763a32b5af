"""Provisioned concurrency: how many workers are to be kept ready for a version or an alias.

It counts against what is reserved for the function, else against what the account has left unreserved.

Source: https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html
"""

from dataclasses import dataclass

from penstock.services.lambda_.functions.function import Function
from penstock.services.lambda_.functions.qualified import find_qualified
from penstock.services.lambda_.names import FunctionName
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)


@dataclass(frozen=True, slots=True)
class Provision:
    """One row of ``lambda_provisioned``; ``qualifier`` is a version's number or an alias."""

    qualifier: str
    requested: int
    modified_ms: int


def find_provision(tx: ReadTx, function: Function, qualifier: str) -> Provision | None:
    """Returns what was asked for, or None."""
    row = tx.one(Q.find_provision, function.id, qualifier)
    return Provision(qualifier, *row) if row else None


def provision_page(tx: ReadTx, function: Function, after: str, limit: int) -> list[Provision]:
    """Returns at most ``limit`` of a function's in the order of their qualifiers, from behind ``after``."""
    return [Provision(*row) for row in tx.all(Q.find_provision_page, function.id, after, limit)]


def every_provision(tx: ReadTx) -> list[tuple[Function, Provision]]:
    """Returns all there are, the oldest first, with what each qualifier stands for now."""
    rows = tx.all(Q.find_provisions)
    found = [(find_qualified(tx, FunctionName(*row[:4])), Provision(*row[3:])) for row in rows]
    return [(function, provision) for function, provision in found if function]


def put_provision(tx: Tx, function: Function, qualifier: str, requested: int) -> Provision:
    """Returns what is asked for from now on."""
    tx.run(Q.put_provision, function.id, qualifier, requested, tx.now_ms)
    return Provision(qualifier, requested, tx.now_ms)


def forget_provision(tx: Tx, function: Function, qualifier: str) -> None:
    """Asks for none any more, also when none was asked for."""
    tx.run(Q.delete_provision, function.id, qualifier)


def forget_provisions(tx: Tx, function: Function) -> None:
    """Asks for none any more of a function that is being deleted."""
    tx.run(Q.delete_provisions, function.id)


def provisioned_of(tx: ReadTx, function: Function) -> int:
    """Returns how many executions are provisioned for all versions and aliases of the function."""
    row = tx.one(Q.find_provisioned_of, function.id)
    assert row is not None
    return int(row[0])


def claimed(tx: ReadTx, account: str, region: str) -> int:
    """Returns how many executions the account has reserved, or provisioned where none are reserved."""
    reserved = tx.one(Q.find_reserved, account, region)
    provisioned = tx.one(Q.find_unreserved_provisions, account, region)
    assert reserved is not None
    assert provisioned is not None
    return int(reserved[0] + provisioned[0])
