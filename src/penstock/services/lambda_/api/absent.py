"""What AWS answers about features that nobody has made use of, because this server does not have them.

Infrastructure tools ask for them whenever they look at a function. There is one truthful answer: none.
"""

from penstock.server import Call, Params, operation
from penstock.services.lambda_.state import LambdaState


@operation("ListCodeSigningConfigs", action="lambda:ListCodeSigningConfigs")
async def list_code_signing_configs(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns that the account has no code signing configuration."""
    return {"CodeSigningConfigs": []}
