"""What becomes of a loop that a function is part of."""

from penstock.server import Call, Params, operation
from penstock.services.lambda_.api.naming import function_arn, whole_name
from penstock.services.lambda_.functions.function import cache_key, get_function
from penstock.services.lambda_.names import FunctionName
from penstock.services.lambda_.state import LambdaState
from penstock.store import Tx, queries

Q = queries(__package__)


@operation("PutFunctionRecursionConfig", action="lambda:PutFunctionRecursionConfig", resource=function_arn)
async def put_function_recursion_config(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns what was set: ``Terminate`` stops the function in a loop, ``Allow`` lets it run."""
    await lambda_.store.write(_set, whole_name(call, params), params["RecursiveLoop"])
    return {"RecursiveLoop": params["RecursiveLoop"]}


@operation("GetFunctionRecursionConfig", action="lambda:GetFunctionRecursionConfig", resource=function_arn)
async def get_function_recursion_config(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns what is set, ``Terminate`` at first."""
    function = await lambda_.store.read(get_function, whole_name(call, params))
    return {"RecursiveLoop": function.recursive_loop}


def _set(tx: Tx, name: FunctionName, recursive_loop: str) -> None:
    function = get_function(tx, name)
    tx.run(Q.put_recursive_loop, recursive_loop, function.id)
    tx.forget("lambda.function", cache_key(function))
