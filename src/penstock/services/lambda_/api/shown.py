"""Functions as their operations show them: with the variables that the caller may see."""

from penstock.server import Call, Params
from penstock.services.customer_keys import KeyUser
from penstock.services.lambda_.functions.environment_key import Setter, is_encrypted, shown_environment
from penstock.services.lambda_.functions.function import Function
from penstock.services.lambda_.state import LambdaState


def setter_of(lambda_: LambdaState, call: Call, arn: str) -> Setter:
    """Returns what encrypts and opens the variables of the function ``arn`` for whoever makes the call."""
    return Setter(lambda_.parts.keys, KeyUser.of(call), arn)


async def shown(lambda_: LambdaState, call: Call, function: Function, qualifier: str = "") -> Params:
    """Returns AWS's FunctionConfiguration."""
    return await _with_variables(lambda_, call, function, function.configuration(qualifier))


async def listed(lambda_: LambdaState, call: Call, function: Function, qualifier: str = "") -> Params:
    """Returns what lists of functions have of it."""
    return await _with_variables(lambda_, call, function, function.summary(qualifier))


async def _with_variables(
    lambda_: LambdaState, call: Call, function: Function, configuration: Params
) -> Params:
    if not is_encrypted(function.settings):
        return configuration
    setter = setter_of(lambda_, call, function.arn)
    return await lambda_.store.read(shown_environment, setter, configuration)
