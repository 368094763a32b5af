"""PublishVersion and what reads and deletes versions.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html
"""

from typing import Any

from penstock.digits import whole_number
from penstock.server import Call, Params, operation
from penstock.services.lambda_.api.naming import function_arn, whole_name
from penstock.services.lambda_.api.shown import listed, shown
from penstock.services.lambda_.errors import conflict, function_not_found, invalid
from penstock.services.lambda_.functions.function import Function, cache_key, get_function, get_revision
from penstock.services.lambda_.functions.layer import use_layers
from penstock.services.lambda_.functions.phase import check_changeable
from penstock.services.lambda_.functions.provision import forget_provision, forget_provisions
from penstock.services.lambda_.functions.qualified import is_number
from penstock.services.lambda_.functions.stored_settings import encode_settings
from penstock.services.lambda_.functions.version import find_version, forget_version, version_page
from penstock.services.lambda_.names import LATEST, FunctionName
from penstock.services.lambda_.state import LambdaState
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

_PAGE = 50


@operation("PublishVersion", action="lambda:PublishVersion", resource=function_arn)
async def publish_version(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns the new version, or the latest when nothing has changed since."""
    if params.get("PublishTo"):
        raise invalid("PublishTo is not supported by this server.")
    version = await lambda_.store.write(_publish, whole_name(call, params), params)
    return await shown(lambda_, call, version, version.version)


@operation("ListVersionsByFunction", action="lambda:ListVersionsByFunction", resource=function_arn)
async def list_versions_by_function(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns a page of ``$LATEST`` and the versions in the order of their numbers."""
    limit = min(params.get("MaxItems", _PAGE), _PAGE)
    marker = params.get("Marker")
    after = whole_number(marker) if marker else -1
    if after is None:
        raise invalid("Invalid pagination token provided.")
    found = await lambda_.store.read(every_version, whole_name(call, params), after, limit + 1)
    versions = [await listed(lambda_, call, version, version.version) for version in found[:limit]]
    result: Params = {"Versions": versions}
    if len(found) > limit:
        result["NextMarker"] = str(place(found[limit - 1]))
    return result


def every_version(tx: ReadTx, name: FunctionName, after: int, limit: int) -> list[Function]:
    """Returns at most ``limit`` of ``$LATEST``, which has place 0, and the versions, from behind ``after``."""
    function = get_function(tx, name)
    latest = [function] if after < 0 else []
    return latest + version_page(tx, function, max(after, 0), limit - len(latest))


def publish(tx: Tx, function: Function, description: str | None = None) -> Function:
    """Returns the version that ``function`` is from now on, or the latest when nothing has changed since."""
    settings = function.settings if description is None else {**function.settings, "Description": description}
    latest = find_version(tx, function, str(function.last_version))
    if latest and _content(latest) == _content(function):
        return latest
    number = function.last_version + 1
    tx.insert(
        Q.add_version,
        function.id,
        number,
        function.role,
        tx.ids.uuid(),
        function.code,
        function.code_sha256,
        function.code_size,
        tx.now_ms,
        encode_settings(tx.sealer, function.arn, settings),
    )
    tx.run(Q.put_last_version, number, tx.ids.uuid(), function.id)
    tx.forget("lambda.function", cache_key(function))
    forget_version(tx, function, str(number))
    version = find_version(tx, function, str(number))
    assert version is not None
    use_layers(tx, version)
    return version


def delete_version(tx: Tx, name: FunctionName) -> Function:
    """Returns the version that was deleted; AwsError when it is none, or an alias leads to it."""
    if name.qualifier == LATEST:
        raise invalid("$LATEST version cannot be deleted without deleting the function.")
    if not is_number(name.qualifier):
        raise invalid("Deletion of aliases is not currently supported.")
    function = get_function(tx, name)
    version = find_version(tx, function, name.qualifier)
    if version is None:
        raise function_not_found(name.qualified_arn)
    if names := _leading_to(tx, function, name.qualifier):
        raise conflict(
            f"Version was not able to be deleted because it is referenced by alias(es): {', '.join(names)}"
        )
    tx.run(Q.delete_version, version.holder_id)
    forget_provision(tx, function, name.qualifier)
    forget_version(tx, function, name.qualifier)
    return version


def delete_all(tx: Tx, function: Function) -> None:
    """Deletes versions, aliases and what is provisioned of a function that is being deleted."""
    tx.run(Q.delete_versions, function.id)
    tx.run(Q.delete_aliases, function.id)
    forget_provisions(tx, function)


def _publish(tx: Tx, name: FunctionName, params: Params) -> Function:
    function = get_revision(tx, name, params.get("RevisionId"))
    check_changeable(function.phase, function.arn)
    sha256 = params.get("CodeSha256")
    if sha256 and sha256 != function.code_sha256:
        raise invalid(
            f"CodeSHA256 ({sha256}) is different from current CodeSHA256 in $LATEST ({function.code_sha256}). "
            "Please try again with the CodeSHA256 in $LATEST."
        )
    return publish(tx, function, params.get("Description"))


def _content(function: Function) -> tuple[str, str, dict[str, Any]]:
    return function.role, function.code_sha256, {**function.settings, "Description": ""}


def _leading_to(tx: ReadTx, function: Function, number: str) -> list[str]:
    return [name for (name,) in tx.all(Q.find_aliases_of_version, function.id, number, f'%"{number}":%')]


def place(function: Function) -> int:
    """Returns where the version is in a list: ``$LATEST`` is first."""
    return 0 if function.version == LATEST else int(function.version)
