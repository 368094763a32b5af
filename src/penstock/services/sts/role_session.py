"""Opening a session of a role: who may, with which tags and source identity, and for how long.

Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
"""

from typing import Any, NamedTuple

from penstock.access import Keys, Principal, decide
from penstock.arn import Arn
from penstock.errors import AwsError
from penstock.identities import IdentityKeeper, NewSession, Pairs, Role, SessionKind
from penstock.server import Call, Params, resource_tag_keys
from penstock.services.sts import errors
from penstock.services.sts.answer import shown_credential
from penstock.services.sts.session_policy import packed_percent, session_policy, shown_packing
from penstock.services.sts.session_tags import SessionTags
from penstock.store import Tx

_DEFAULT_S = 3600
_CHAINED_MAX_S = 3600  # a role session that assumes a further role
_SOURCE_IDENTITY = "aws:SourceIdentity"


class Opening(NamedTuple):
    """A session of a role that ``principal`` asks for.

    ``action`` is what the role's trust policy must allow, ``context`` the condition keys of the request, ``keys``
    those that the session will carry, besides its source identity.
    """

    principal: Principal
    action: str
    role_arn: str
    name: str
    context: Keys
    tags: SessionTags
    source_identity: str | None
    keys: Pairs = ()


def check_role_arn(call: Call, params: Params) -> None:
    """Returns when ``RoleArn`` is an ARN; AwsError ``ValidationError``."""
    try:
        role = Arn.parse(params["RoleArn"])
    except ValueError:
        raise errors.validation(f"{params['RoleArn']} is invalid") from None
    if call.touch is not None:
        call.touch(params["RoleArn"], role.account)


def source_identity_of(principal: Principal) -> str | None:
    """Returns who the session says has opened the first of its chain."""
    return dict(principal.session_keys).get(_SOURCE_IDENTITY)


def open_role_session(tx: Tx, keeper: IdentityKeeper, opening: Opening, params: dict[str, Any]) -> Params:
    """Returns the answer with new credentials; AwsError ``AccessDenied``, ``ValidationError`` and those of policies."""
    role = keeper.role(tx, opening.role_arn)
    if role is None:
        raise _refusal(opening, opening.action, None)
    _check_allowed(opening, role)
    duration_s = params.get("DurationSeconds", _DEFAULT_S)
    _check_duration(opening.principal, duration_s, role.max_session_s)
    policy = session_policy(tx, keeper, role.account, params)
    percent = packed_percent(params)
    session = NewSession(
        SessionKind.ROLE,
        opening.role_arn,
        opening.name,
        policy,
        tx.now_ms + duration_s * 1000,
        _carried(opening),
        *opening.tags,
    )
    credential = keeper.open_session(tx, session)
    result: Params = {
        "Credentials": shown_credential(credential),
        "AssumedRoleUser": {
            "AssumedRoleId": f"{role.id}:{opening.name}",
            "Arn": credential.principal.arn,
        },
        **shown_packing(params, percent),
    }
    if opening.source_identity:
        result["SourceIdentity"] = opening.source_identity
    return result


def _check_allowed(opening: Opening, role: Role) -> None:
    """Returns when policies allow the session, its tags and its source identity, inherited ones too."""
    tags = dict(role.tags)
    context = {**opening.context, **resource_tag_keys(tags), **resource_tag_keys(tags, "iam:ResourceTag/")}
    actions = [opening.action]
    if opening.tags.tags:
        actions.append("sts:TagSession")
    if opening.source_identity:
        actions.append("sts:SetSourceIdentity")
        if source_identity_of(opening.principal) not in (None, opening.source_identity):
            raise _refusal(opening, actions[-1], None)
    for action in actions:
        decision = decide(opening.principal, action, opening.role_arn, context, role.trust, role.account)
        if not decision.allowed:
            raise _refusal(opening, action, decision.reason)


def _refusal(opening: Opening, action: str, reason: str | None) -> AwsError:
    """Returns what the caller hears; strangers, whom a provider vouches for, are told no more than that."""
    if opening.principal.kind == "provider":
        return errors.access_denied(f"Not authorized to perform {action}")
    if reason is None:
        return errors.not_authorized(opening.principal, action, opening.role_arn)
    return errors.access_denied(reason)


def _carried(opening: Opening) -> Pairs:
    """Returns the condition keys of the session."""
    principal = opening.principal
    carried = dict(principal.session_keys if principal.kind == "service" else ()) | dict(opening.keys)
    if opening.source_identity:
        carried[_SOURCE_IDENTITY] = opening.source_identity
    return tuple(carried.items())


def _check_duration(principal: Principal, duration_s: int, max_session_s: int) -> None:
    if principal.kind == "role" and duration_s > _CHAINED_MAX_S:
        raise errors.validation(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
        )
    if duration_s > max_session_s:
        raise errors.validation(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        )
