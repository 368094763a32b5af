"""What a name with a qualifier stands for: the function as it is in that version, or where that alias leads."""

from penstock.clock import Ids
from penstock.services.lambda_.errors import function_not_found, stale_revision
from penstock.services.lambda_.functions.alias import find_alias, forget_alias
from penstock.services.lambda_.functions.function import Function, Holder, cache_key, find_function
from penstock.services.lambda_.functions.version import find_version, forget_version
from penstock.services.lambda_.names import LATEST, FunctionName
from penstock.store import ReadTx, Tx


def find_qualified(tx: ReadTx, name: FunctionName) -> Function | None:
    """Returns what ``name`` stands for, by an alias its main version; None when that is not there."""
    function = find_function(tx, name.account, name.region, name.name)
    qualifier = name.qualifier
    if function is None or qualifier in ("", LATEST):
        return function
    if is_number(qualifier):
        return find_version(tx, function, qualifier)
    alias = find_alias(tx, function, qualifier)
    version = _version(tx, function, alias.version) if alias else None
    return alias.of(version) if alias and version else None


def get_qualified(tx: ReadTx, name: FunctionName) -> Function:
    """Returns what ``name`` stands for; AwsError ``ResourceNotFoundException``."""
    function = find_qualified(tx, name)
    if function is None:
        raise function_not_found(name.qualified_arn)
    return function


def get_qualified_revision(tx: ReadTx, name: FunctionName, revision: str | None) -> Function:
    """Returns what ``name`` stands for; AwsError ``PreconditionFailedException`` when it is past ``revision``."""
    function = get_qualified(tx, name)
    if revision and revision != revision_of(tx, function):
        raise stale_revision()
    return function


def revision_of(tx: ReadTx, function: Function) -> str:
    """Returns the revision of what ``function`` was found by: an alias has one of its own."""
    latest = find_function(tx, function.account, function.region, function.name)
    alias = find_alias(tx, latest, function.qualifier) if latest and function.qualifier else None
    return alias.revision if alias else function.revision


def routed(tx: ReadTx, function: Function, ids: Ids) -> Function:
    """Returns the version that is to run now, found by the alias's weights.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html
    """
    if not function.weights:
        return function
    latest = find_function(tx, function.account, function.region, function.name)
    alias = find_alias(tx, latest, function.qualifier) if latest else None
    draw = ids.fraction()
    for number, weight in function.weights.items():
        draw -= weight
        if draw < 0 and latest and alias and (version := find_version(tx, latest, number)):
            return alias.of(version)
    return function


def is_number(qualifier: str) -> bool:
    """Returns whether it is a version's number, as no alias's name is; one that is too long is nobody's."""
    return qualifier.isascii() and qualifier.isdigit()


def _version(tx: ReadTx, function: Function, version: str) -> Function | None:
    return function if version == LATEST else find_version(tx, function, version)


def forget(tx: Tx, function: Function) -> None:
    """Drops what is remembered of the row that holds the function's policy."""
    match function.holder:
        case Holder.FUNCTION:
            tx.forget("lambda.function", cache_key(function))
        case Holder.VERSION:
            forget_version(tx, function, function.version)
        case Holder.ALIAS:
            forget_alias(tx, function.id, function.qualifier)
