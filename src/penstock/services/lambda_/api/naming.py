"""Which function a request is about, and the ARN that its authorisation is about."""

from penstock.server import Call, Params
from penstock.services.lambda_.errors import invalid
from penstock.services.lambda_.names import LATEST, FunctionName, resolve


def function_name(call: Call, params: Params) -> FunctionName:
    """Returns what ``params`` name: a function, or one of its versions or aliases."""
    return resolve(params["FunctionName"], params.get("Qualifier"), account=call.account, region=call.region)


def whole_name(call: Call, params: Params) -> FunctionName:
    """Returns the function that ``params`` name; AwsError when they name a version or an alias of it."""
    name = function_name(call, params)
    if name.qualifier not in ("", LATEST):
        raise invalid(
            "This operation is permitted on Lambda functions only. Aliases and versions do not support this "
            "operation. Please specify either a function name or an unqualified function ARN."
        )
    return name


def function_arn(service: object, call: Call, params: Params) -> str:
    """Returns the function's ARN, whatever version or alias is named."""
    return function_name(call, params).arn


def qualified_arn(service: object, call: Call, params: Params) -> str:
    """Returns the ARN with the version or alias that is named."""
    return function_name(call, params).qualified_arn
