"""What AWS answers about features that nobody has made use of, because this server does not have them.

Infrastructure tools ask for them whenever they look at a function. There is one truthful answer: none.
"""

from penstock.errors import AwsError
from penstock.server import Call, Params, operation
from penstock.services.lambda_.api.naming import function_arn, function_name
from penstock.services.lambda_.functions.function import get_function
from penstock.services.lambda_.functions.qualified import get_qualified
from penstock.services.lambda_.state import LambdaState


@operation(
    "ListProvisionedConcurrencyConfigs",
    action="lambda:ListProvisionedConcurrencyConfigs",
    resource=function_arn,
)
async def list_provisioned_concurrency_configs(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns that the function has no provisioned concurrency."""
    await lambda_.store.read(get_function, function_name(call, params))
    return {"ProvisionedConcurrencyConfigs": []}


@operation(
    "GetProvisionedConcurrencyConfig", action="lambda:GetProvisionedConcurrencyConfig", resource=function_arn
)
async def get_provisioned_concurrency_config(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Raises ``ProvisionedConcurrencyConfigNotFoundException``; it is for versions and aliases only."""
    name = function_name(call, params)
    await lambda_.store.read(get_qualified, name)
    raise AwsError(
        "ProvisionedConcurrencyConfigNotFoundException",
        f"No Provisioned Concurrency Config found for function: {name.arn}",
        status=404,
        Type="User",
    )


@operation("ListCodeSigningConfigs", action="lambda:ListCodeSigningConfigs")
async def list_code_signing_configs(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns that the account has no code signing configuration."""
    return {"CodeSigningConfigs": []}
