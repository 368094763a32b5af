"""Loops: a function that causes itself to run again is stopped after 16 runs, unless its owner allows it.

The runs are counted in the trace header, which comes back with whatever the function writes or sends through an
AWS SDK.

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
"""

import hashlib

from penstock.delivery.trace_header import Trace, lineage, with_lineage
from penstock.services.lambda_.functions.function import Function
from penstock.services.lambda_.limits import MAX_RUNS_IN_CHAIN

_ALLOW = "Allow"


def is_loop(function: Function, trace: str | None) -> bool:
    """Returns whether what carries ``trace`` must not make the function run once more."""
    if function.recursive_loop == _ALLOW:
        return False
    return lineage(trace).get(_mark(function), 0) >= MAX_RUNS_IN_CHAIN


def counted(function: Function, trace: str) -> Trace:
    """Returns ``trace`` with one more run of the function."""
    counts = lineage(trace)
    runs = counts.pop(_mark(function), 0)
    return with_lineage(trace, {**counts, _mark(function): runs + 1})


def _mark(function: Function) -> str:
    return hashlib.sha256(function.arn.encode()).hexdigest()[:8]
