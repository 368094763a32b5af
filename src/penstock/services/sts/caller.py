"""Who am I?"""

from penstock.access import QUERY
from penstock.server import Call, Params, operation
from penstock.services.sts.state import StsState


@operation("GetCallerIdentity", action=None)
async def get_caller_identity(sts: StsState, call: Call, params: Params) -> Params:
    """Returns whose credentials signed the call; needs no permission, and no policy can deny it."""
    principal = call.principal
    if not principal.arn:
        raise QUERY.missing_authentication()
    return {"UserId": principal.user_id, "Account": principal.account, "Arn": principal.arn}
