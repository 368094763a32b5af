"""Loops: a function that causes itself to run again is stopped after 16 runs, unless its owner allows it.

The runs are counted in the trace header, which comes back with whatever the function writes or sends through an
AWS SDK.

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
"""

import hashlib
from typing import TYPE_CHECKING

from penstock.delivery.trace_header import lineage, with_lineage
from penstock.server import Call, Params, operation
from penstock.services.lambda_.api.functions import function_arn, function_name
from penstock.services.lambda_.functions.function import Function, cache_key, get_function
from penstock.services.lambda_.limits import MAX_RUNS_IN_CHAIN
from penstock.services.lambda_.names import FunctionName
from penstock.store import Tx, queries

if TYPE_CHECKING:
    from penstock.services.lambda_.service import Lambda

Q = queries(__package__)

_ALLOW = "Allow"


@operation("PutFunctionRecursionConfig", action="lambda:PutFunctionRecursionConfig", resource=function_arn)
async def put_function_recursion_config(lambda_: "Lambda", call: Call, params: Params) -> Params:
    """Returns what was set: ``Terminate`` stops the function in a loop, ``Allow`` lets it run."""
    await lambda_.store.write(_set, function_name(call, params), params["RecursiveLoop"])
    return {"RecursiveLoop": params["RecursiveLoop"]}


@operation("GetFunctionRecursionConfig", action="lambda:GetFunctionRecursionConfig", resource=function_arn)
async def get_function_recursion_config(lambda_: "Lambda", call: Call, params: Params) -> Params:
    """Returns what is set, ``Terminate`` at first."""
    function = await lambda_.store.read(get_function, function_name(call, params))
    return {"RecursiveLoop": function.recursive_loop}


def is_loop(function: Function, trace: str | None) -> bool:
    """Returns whether what carries ``trace`` must not make the function run once more."""
    if function.recursive_loop == _ALLOW:
        return False
    return lineage(trace).get(_mark(function), 0) >= MAX_RUNS_IN_CHAIN


def counted(function: Function, trace: str) -> str:
    """Returns ``trace`` with one more run of the function."""
    counts = lineage(trace)
    runs = counts.pop(_mark(function), 0)
    return with_lineage(trace, {**counts, _mark(function): runs + 1})


def _mark(function: Function) -> str:
    return hashlib.sha256(function.arn.encode()).hexdigest()[:8]


def _set(tx: Tx, name: FunctionName, recursive_loop: str) -> None:
    function = get_function(tx, name)
    tx.run(Q.set_recursive_loop, recursive_loop, function.id)
    tx.forget("lambda.function", cache_key(function))
