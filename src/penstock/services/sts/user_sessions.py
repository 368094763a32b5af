"""Credentials for a while of who asks, or of somebody whom they stand for.

Sources: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html and
https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html
"""

from typing import Any

from penstock.access import QUERY, Principal
from penstock.identities import IdentityKeeper, NewSession, SessionKind
from penstock.server import Call, Params, operation
from penstock.services.sts import errors
from penstock.services.sts.answer import shown_credential
from penstock.services.sts.session_policy import packed_percent, session_policy, shown_packing
from penstock.services.sts.session_tags import asked_tag_keys, session_tags
from penstock.services.sts.state import StsState
from penstock.store import Tx

_DEFAULT_S = 43_200
_ROOT_MAX_S = 3600  # asking for more is no mistake of root's: it gets an hour
_OF_USERS = frozenset({"user", "root"})


@operation("GetSessionToken", action=None)
async def get_session_token(sts: StsState, call: Call, params: Params) -> Params:
    """Returns temporary credentials of the user or root who asks; they need no permission for it."""
    _check_long_term(call, "GetSessionToken")
    for parameter in ("SerialNumber", "TokenCode"):
        if params.get(parameter):
            raise errors.not_implemented(parameter)
    return await sts.store.write(_open_own, sts.identities.keeper, call.principal, _duration_s(call, params))


@operation("GetFederationToken", action=None)
async def get_federation_token(sts: StsState, call: Call, params: Params) -> Params:
    """Returns temporary credentials of somebody who may do what the caller and the session policies both allow."""
    _check_long_term(call, "GetFederationToken")
    resource = f"arn:aws:sts::{call.account}:federated-user/{params['Name']}"
    tags = session_tags(call.principal, params).tags
    context = asked_tag_keys(params)
    await call.authorize("sts:GetFederationToken", resource, context)
    if tags:
        await call.authorize("sts:TagSession", resource, context)
    keeper, duration_s = sts.identities.keeper, _duration_s(call, params)
    return await sts.store.write(_open_federated, keeper, call.principal, params, tags, duration_s)


def _check_long_term(call: Call, name: str) -> None:
    """Returns when the caller is a user or root, with a long-term key; AwsError ``AccessDenied``."""
    principal = call.principal
    if principal.kind == "anonymous":
        raise QUERY.missing_authentication()
    if principal.is_session or principal.kind not in _OF_USERS:
        raise errors.access_denied(f"Cannot call {name} with session credentials")


def _duration_s(call: Call, params: Params) -> int:
    duration_s = int(params.get("DurationSeconds", _DEFAULT_S))
    return min(duration_s, _ROOT_MAX_S) if call.principal.kind == "root" else duration_s


def _open_own(tx: Tx, keeper: IdentityKeeper, principal: Principal, duration_s: int) -> Params:
    expires_ms = tx.now_ms + duration_s * 1000
    session = NewSession(SessionKind.SELF, principal.arn, "", None, expires_ms)
    return {"Credentials": shown_credential(keeper.open_session(tx, session))}


def _open_federated(
    tx: Tx,
    keeper: IdentityKeeper,
    principal: Principal,
    params: dict[str, Any],
    tags: tuple[tuple[str, str], ...],
    duration_s: int,
) -> Params:
    policy = session_policy(tx, keeper, principal.account, params)
    percent = packed_percent(params)
    expires_ms = tx.now_ms + duration_s * 1000
    session = NewSession(SessionKind.FEDERATED, principal.arn, params["Name"], policy, expires_ms, tags=tags)
    credential = keeper.open_session(tx, session)
    who = credential.principal
    return {
        "Credentials": shown_credential(credential),
        "FederatedUser": {"FederatedUserId": who.user_id, "Arn": who.arn},
        **shown_packing(params, percent),
    }
