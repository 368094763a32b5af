"""Reserved concurrency: how many executions of a function may run at once."""

from penstock.server import Call, Params, operation
from penstock.services.lambda_.api.naming import function_arn, whole_name
from penstock.services.lambda_.errors import invalid
from penstock.services.lambda_.functions.function import cache_key, get_function
from penstock.services.lambda_.functions.provision import claimed, provisioned_of
from penstock.services.lambda_.limits import MAX_CONCURRENCY, MIN_UNRESERVED
from penstock.services.lambda_.names import FunctionName
from penstock.services.lambda_.state import LambdaState
from penstock.store import Tx, queries

Q = queries(__package__)


@operation("PutFunctionConcurrency", action="lambda:PutFunctionConcurrency", resource=function_arn)
async def put_function_concurrency(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Sets how many executions may run at once; 0 lets none run."""
    count = params["ReservedConcurrentExecutions"]
    await lambda_.store.write(_reserve, whole_name(call, params), count)
    return {"ReservedConcurrentExecutions": count}


@operation("GetFunctionConcurrency", action="lambda:GetFunctionConcurrency", resource=function_arn)
async def get_function_concurrency(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns the number, or nothing when none is reserved."""
    function = await lambda_.store.read(get_function, whole_name(call, params))
    return {} if function.reserved is None else {"ReservedConcurrentExecutions": function.reserved}


@operation("DeleteFunctionConcurrency", action="lambda:DeleteFunctionConcurrency", resource=function_arn)
async def delete_function_concurrency(lambda_: LambdaState, call: Call, params: Params) -> None:
    """Lets the function run as often as there are workers."""
    await lambda_.store.write(_reserve, whole_name(call, params), None)


def _reserve(tx: Tx, name: FunctionName, count: int | None) -> None:
    function = get_function(tx, name)
    if count is not None:
        provisioned = provisioned_of(tx, function)
        if count < provisioned:
            raise invalid(
                f"ReservedConcurrentExecutions  {count} should not be lower than function's total provisioned "
                f"concurrency [{provisioned}]."
            )
        own = provisioned if function.reserved is None else function.reserved
        others = claimed(tx, name.account, name.region) - own
        if MAX_CONCURRENCY - others - count < MIN_UNRESERVED:
            raise invalid(
                "Specified ReservedConcurrentExecutions for function decreases account's "
                f"UnreservedConcurrentExecution below its minimum value of [{MIN_UNRESERVED}]."
            )
    tx.run(Q.put_reserved, count, function.id)
    tx.forget("lambda.function", cache_key(function))
