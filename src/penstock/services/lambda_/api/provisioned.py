"""PutProvisionedConcurrencyConfig and its like: workers that are kept ready for a version or an alias.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_PutProvisionedConcurrencyConfig.html
"""

from datetime import UTC, datetime

from penstock.errors import AwsError
from penstock.server import Call, Params, operation
from penstock.services.lambda_.api.naming import function_arn, function_name, whole_name
from penstock.services.lambda_.errors import function_not_found, invalid, not_found, unpublished
from penstock.services.lambda_.functions.alias import alias_page, find_alias
from penstock.services.lambda_.functions.function import Function, get_function
from penstock.services.lambda_.functions.provision import (
    Provision,
    claimed,
    find_provision,
    forget_provision,
    provision_page,
    provisioned_of,
    put_provision,
)
from penstock.services.lambda_.functions.qualified import get_qualified, is_number
from penstock.services.lambda_.functions.version import find_version
from penstock.services.lambda_.limits import MAX_CONCURRENCY, MIN_UNRESERVED
from penstock.services.lambda_.names import LATEST, FunctionName
from penstock.services.lambda_.runtime.reserve import Reserve, Status
from penstock.services.lambda_.state import LambdaState
from penstock.store import ReadTx, Tx

_PAGE = 50
_ALIASES = 1000  # of one version, that are looked at


@operation(
    "PutProvisionedConcurrencyConfig", action="lambda:PutProvisionedConcurrencyConfig", resource=function_arn
)
async def put_provisioned_concurrency_config(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns what is on its way; the workers are started behind the caller's back."""
    name, requested = function_name(call, params), params["ProvisionedConcurrentExecutions"]
    function, provision = await lambda_.store.write(_put, lambda_, name, requested)
    reserve = lambda_.provisions.kept(function.id, provision.qualifier)
    return _members(provision, _allocated(reserve), Status.IN_PROGRESS)


@operation(
    "GetProvisionedConcurrencyConfig", action="lambda:GetProvisionedConcurrencyConfig", resource=function_arn
)
async def get_provisioned_concurrency_config(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns what was asked for, and how much of it is there."""
    function, provision = await lambda_.store.read(_get, function_name(call, params))
    return _shown(lambda_, function, provision)


@operation(
    "ListProvisionedConcurrencyConfigs",
    action="lambda:ListProvisionedConcurrencyConfigs",
    resource=function_arn,
)
async def list_provisioned_concurrency_configs(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns a page of a function's, in the order of their versions and aliases."""
    name, limit = whole_name(call, params), min(params.get("MaxItems", _PAGE), _PAGE)
    function, found = await lambda_.store.read(_page, name, params.get("Marker", ""), limit + 1)
    listed = [
        {"FunctionArn": f"{name.arn}:{each.qualifier}", **_shown(lambda_, function, each)}
        for each in found[:limit]
    ]
    result: Params = {"ProvisionedConcurrencyConfigs": listed}
    if len(found) > limit:
        result["NextMarker"] = found[limit - 1].qualifier
    return result


@operation(
    "DeleteProvisionedConcurrencyConfig",
    action="lambda:DeleteProvisionedConcurrencyConfig",
    resource=function_arn,
)
async def delete_provisioned_concurrency_config(lambda_: LambdaState, call: Call, params: Params) -> None:
    """Lets the workers go, also when there are none."""
    await lambda_.store.write(_delete, lambda_, function_name(call, params))


def _put(tx: Tx, lambda_: LambdaState, name: FunctionName, requested: int) -> tuple[Function, Provision]:
    function = get_function(tx, name)
    _check_published(tx, function, name)
    _check_alone(tx, function, name)
    old = find_provision(tx, function, name.qualifier)
    _check_room(tx, function, requested - (old.requested if old else 0))
    tx.after_commit(lambda_.provisions.changed)
    return function, put_provision(tx, function, name.qualifier, requested)


def _check_published(tx: ReadTx, function: Function, name: FunctionName) -> None:
    """Raises AwsError unless the qualifier leads to one published version."""
    qualifier = name.qualifier
    if qualifier in ("", LATEST):
        raise unpublished()
    if is_number(qualifier):
        if find_version(tx, function, qualifier) is None:
            raise function_not_found(name.qualified_arn)
        return
    alias = find_alias(tx, function, qualifier)
    if alias is None:
        raise not_found(f"Cannot find alias arn: {name.qualified_arn}")
    if alias.weights:
        raise invalid("Alias with weights can not be used with Provisioned Concurrency")
    if alias.version == LATEST:
        raise unpublished()


def _check_alone(tx: ReadTx, function: Function, name: FunctionName) -> None:
    """Raises AwsError when the version has some by another name: it may be provisioned once."""
    if is_number(name.qualifier):
        aliases = alias_page(tx, function, name.qualifier, "", _ALIASES)
        if any(find_provision(tx, function, alias.name) for alias in aliases):
            raise invalid("Version is pointed by a Provisioned Concurrency alias")
        return
    alias = find_alias(tx, function, name.qualifier)
    if alias and find_provision(tx, function, alias.version):
        raise invalid(
            "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version"
        )


def _check_room(tx: ReadTx, function: Function, more: int) -> None:
    """Raises AwsError when so many more are more than is reserved for the function, or left to the account."""
    if function.reserved is not None:
        if provisioned_of(tx, function) + more > function.reserved:
            raise invalid(
                "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution "
                "for function"
            )
    elif MAX_CONCURRENCY - claimed(tx, function.account, function.region) - more < MIN_UNRESERVED:
        raise invalid(
            "Specified ConcurrentExecutions for function decreases account's "
            f"UnreservedConcurrentExecution below its minimum value of [{MIN_UNRESERVED}]."
        )


def _get(tx: ReadTx, name: FunctionName) -> tuple[Function, Provision]:
    function = get_qualified(tx, name)
    provision = find_provision(tx, function, name.qualifier)
    if provision is None:
        raise AwsError(
            "ProvisionedConcurrencyConfigNotFoundException",
            "No Provisioned Concurrency Config found for this function",
            status=404,
            Type="User",
        )
    return function, provision


def _page(tx: ReadTx, name: FunctionName, after: str, limit: int) -> tuple[Function, list[Provision]]:
    function = get_function(tx, name)
    return function, provision_page(tx, function, after, limit)


def _delete(tx: Tx, lambda_: LambdaState, name: FunctionName) -> None:
    function = get_qualified(tx, name)
    forget_provision(tx, function, name.qualifier)
    tx.after_commit(lambda_.provisions.changed)


def _shown(lambda_: LambdaState, function: Function, provision: Provision) -> Params:
    reserve = lambda_.provisions.kept(function.id, provision.qualifier)
    if reserve is None or reserve.provision != provision:
        return _members(provision, _allocated(reserve), Status.IN_PROGRESS)
    shown = _members(provision, reserve.allocated, reserve.status)
    return {**shown, "StatusReason": reserve.reason} if reserve.status is Status.FAILED else shown


def _allocated(reserve: Reserve | None) -> int:
    return reserve.allocated if reserve else 0


def _members(provision: Provision, allocated: int, status: Status) -> Params:
    modified = datetime.fromtimestamp(provision.modified_ms / 1000, UTC)
    return {
        "RequestedProvisionedConcurrentExecutions": provision.requested,
        "AvailableProvisionedConcurrentExecutions": allocated,
        "AllocatedProvisionedConcurrentExecutions": allocated,
        "Status": status.value,
        "LastModified": modified.strftime("%Y-%m-%dT%H:%M:%S+0000"),
    }
