"""Who am I?"""

from penstock.access import QUERY
from penstock.server import Call, Params, operation
from penstock.services.sts import errors
from penstock.services.sts.state import StsState


@operation("GetCallerIdentity", action=None)
async def get_caller_identity(sts: StsState, call: Call, params: Params) -> Params:
    """Returns whose credentials signed the call; needs no permission, and no policy can deny it."""
    principal = call.principal
    if not principal.arn:
        raise QUERY.missing_authentication()
    return {"UserId": principal.user_id, "Account": principal.account, "Arn": principal.arn}


@operation("GetAccessKeyInfo", action="sts:GetAccessKeyInfo")
async def get_access_key_info(sts: StsState, call: Call, params: Params) -> Params:
    """Returns whose account an access key is of; AwsError ``ValidationError`` when there is none."""
    key = params["AccessKeyId"]
    credential = await sts.store.read(sts.identities.keeper.credential, key)
    if credential is None:
        raise errors.validation(f"Access key {key} does not exist")
    return {"Account": credential.principal.account}
