"""Credentials of a role, for a while.

Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
"""

from penstock.access import QUERY, Keys
from penstock.server import Call, Params, operation, request_keys
from penstock.services.sts import errors
from penstock.services.sts.role_session import Opening, check_role_arn, open_role_session, source_identity_of
from penstock.services.sts.session_tags import asked_tag_keys, session_tags
from penstock.services.sts.state import StsState

_ACTION = "sts:AssumeRole"
_LEFT_OUT = ("SerialNumber", "TokenCode", "ProvidedContexts")


@operation("AssumeRole", action=None)
async def assume_role(sts: StsState, call: Call, params: Params) -> Params:
    """Returns temporary credentials of a role whose trust policy, and the caller's own policies, allow it."""
    principal = call.principal
    if principal.kind == "anonymous":
        raise QUERY.missing_authentication()
    for parameter in _LEFT_OUT:
        if params.get(parameter):
            raise errors.not_implemented(parameter)
    check_role_arn(call, params)
    if principal.kind == "federated":
        raise errors.not_authorized(principal, _ACTION, params["RoleArn"])
    source_identity = params.get("SourceIdentity") or source_identity_of(principal)
    opening = Opening(
        principal,
        _ACTION,
        params["RoleArn"],
        params["RoleSessionName"],
        _context(call, params, source_identity),
        session_tags(principal, params),
        source_identity,
    )
    return await sts.store.write(open_role_session, sts.identities.keeper, opening, params)


def _context(call: Call, params: Params, source_identity: str | None) -> Keys:
    context = {
        **request_keys(call),
        **asked_tag_keys(params),
        "sts:RoleSessionName": params["RoleSessionName"],
    }
    if "ExternalId" in params:
        context["sts:ExternalId"] = params["ExternalId"]
    if source_identity:
        context["sts:SourceIdentity"] = source_identity
    return context
