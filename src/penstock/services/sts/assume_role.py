"""Credentials of a role, for a while.

Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
"""

from datetime import UTC, datetime
from typing import Any

import orjson

from penstock.access import QUERY, Keys, PolicyError, Principal, decide, parse_policy
from penstock.arn import Arn
from penstock.identities import IdentityKeeper, NewSession
from penstock.server import Call, Params, operation, request_keys, resource_tag_keys
from penstock.services.sts import errors
from penstock.services.sts.state import StsState
from penstock.store import Tx

_DEFAULT_S = 3600
_CHAINED_MAX_S = 3600  # a role session that assumes a further role
_PACKED_BYTES = 2048  # of session policies; AWS packs them more tightly, in a way it does not publish
_LEFT_OUT = ("Tags", "TransitiveTagKeys", "SourceIdentity", "SerialNumber", "TokenCode", "ProvidedContexts")


@operation("AssumeRole", action=None)
async def assume_role(sts: StsState, call: Call, params: Params) -> Params:
    """Returns temporary credentials of a role whose trust policy, and the caller's own policies, allow it."""
    if call.principal.kind == "anonymous":
        raise QUERY.missing_authentication()
    for parameter in _LEFT_OUT:
        if params.get(parameter):
            raise errors.not_implemented(parameter)
    try:
        role = Arn.parse(params["RoleArn"])
    except ValueError:
        raise errors.validation(f"{params['RoleArn']} is invalid") from None
    if call.touch is not None:
        call.touch(params["RoleArn"], role.account)
    return await sts.store.write(
        _assume, sts.identities.keeper, call.principal, _context(call, params), params
    )


def _assume(
    tx: Tx, roles: IdentityKeeper, principal: Principal, context: Keys, params: dict[str, Any]
) -> Params:
    arn, name = params["RoleArn"], params["RoleSessionName"]
    role = roles.role(tx, arn)
    if role is None:
        who = principal.arn or principal.service
        raise errors.access_denied(
            f"User: {who} is not authorized to perform: sts:AssumeRole on resource: {arn}"
        )
    tags = dict(role.tags)
    keys = {**context, **resource_tag_keys(tags), **resource_tag_keys(tags, "iam:ResourceTag/")}
    decision = decide(principal, "sts:AssumeRole", arn, keys, role.trust, role.account)
    if not decision.allowed:
        raise errors.access_denied(decision.reason)
    duration_s = params.get("DurationSeconds", _DEFAULT_S)
    _check_duration(principal, duration_s, role.max_session_s)
    policy, packed_percent = _session_policy(tx, roles, role.account, params)
    expires_ms = tx.now_ms + duration_s * 1000
    carried = principal.session_keys if principal.kind == "service" else ()
    credential = roles.open_session(tx, arn, NewSession(name, policy, expires_ms, carried))
    result: Params = {
        "Credentials": {
            "AccessKeyId": credential.access_key_id,
            "SecretAccessKey": credential.secret,
            "SessionToken": credential.session_token,
            "Expiration": datetime.fromtimestamp(expires_ms // 1000, UTC),
        },
        "AssumedRoleUser": {"AssumedRoleId": f"{role.id}:{name}", "Arn": credential.principal.arn},
    }
    if policy:
        result["PackedPolicySize"] = packed_percent
    return result


def _check_duration(principal: Principal, duration_s: int, max_session_s: int) -> None:
    if principal.kind == "role" and duration_s > _CHAINED_MAX_S:
        raise errors.validation(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
        )
    if duration_s > max_session_s:
        raise errors.validation(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        )


def _session_policy(
    tx: Tx, roles: IdentityKeeper, account: str, params: dict[str, Any]
) -> tuple[str | None, int]:
    """Returns the one document that narrows the session, or None, and the percentage of the room it takes."""
    documents = [params["Policy"]] if params.get("Policy") else []
    for item in params.get("PolicyArns", []):
        document = roles.policy_document(tx, item.get("arn", ""), account)
        if document is None:
            raise errors.malformed_document(f"Policy {item.get('arn')} does not exist or is not attachable.")
        documents.append(document)
    if not documents:
        return None, 0
    statements: list[dict[str, Any]] = []
    for document in documents:
        try:
            parse_policy(document, kind="identity")
        except PolicyError as error:
            raise errors.malformed_document(str(error)) from None
        found = orjson.loads(document)["Statement"]
        statements += found if isinstance(found, list) else [found]
    percent = -(-100 * len(params.get("Policy", "")) // _PACKED_BYTES)
    if percent > 100:
        raise errors.packed_policy_too_large(percent)
    # One document: statement ids need not be unique across those it is made of, and mean nothing here.
    content = {"Version": "2012-10-17", "Statement": [_without_sid(s) for s in statements]}
    return orjson.dumps(content).decode(), percent


def _without_sid(statement: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in statement.items() if name != "Sid"}


def _context(call: Call, params: Params) -> Keys:
    context = request_keys(call)
    context["sts:RoleSessionName"] = params["RoleSessionName"]
    if "ExternalId" in params:
        context["sts:ExternalId"] = params["ExternalId"]
    return context
