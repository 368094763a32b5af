"""Credentials of a role for whom an OpenID Connect provider vouches. Nobody signs the request: the token speaks.

Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
"""

from typing import NamedTuple

from penstock.access import Keys, Principal
from penstock.arn import Arn
from penstock.server import Call, Params, operation, request_keys
from penstock.services.sts import errors
from penstock.services.sts.role_session import Opening, check_role_arn, open_role_session
from penstock.services.sts.session_tags import asked_tag_keys, session_tags
from penstock.services.sts.state import StsState
from penstock.services.sts.tokens import (
    Token,
    audience_of,
    check_time,
    methods_of,
    read_token,
    source_identity_in,
    subject_of,
    tagging_in,
    verify_token,
)

_ACTION = "sts:AssumeRoleWithWebIdentity"
_SCHEME = "https://"


class _Vouched(NamedTuple):
    """Whom a verified token speaks of, and which provider of which account says so."""

    token: Token
    provider: str
    account: str
    subject: str
    audience: str

    @property
    def keys(self) -> Keys:
        """Returns the condition keys of what the token says."""
        host = self.token.issuer.removeprefix(_SCHEME)
        keys: Keys = {f"{host}:aud": self.audience, f"{host}:sub": self.subject}
        if methods := methods_of(self.token):
            keys[f"{host}:amr"] = methods
        return keys


@operation("AssumeRoleWithWebIdentity", action=None)
async def assume_role_with_web_identity(sts: StsState, call: Call, params: Params) -> Params:
    """Returns temporary credentials of a role that trusts the provider of the token, under its conditions."""
    check_role_arn(call, params)
    if params.get("ProviderId"):
        raise errors.not_implemented("ProviderId")
    vouched = await _vouched(sts, call, params)
    tagging = tagging_in(vouched.token)
    source_identity = source_identity_in(vouched.token)
    carried = {"aws:FederatedProvider": vouched.provider}
    carried |= {key: value for key, value in vouched.keys.items() if isinstance(value, str)}
    principal = Principal.of_provider(vouched.provider, vouched.account, tuple(carried.items()))
    context = {
        **request_keys(call),
        **vouched.keys,
        **asked_tag_keys(tagging),
        "sts:RoleSessionName": params["RoleSessionName"],
    }
    if source_identity:
        context["sts:SourceIdentity"] = source_identity
    opening = Opening(
        principal,
        _ACTION,
        params["RoleArn"],
        params["RoleSessionName"],
        context,
        session_tags(principal, tagging),
        source_identity,
        principal.session_keys,
    )
    made = await sts.store.write(open_role_session, sts.identities.keeper, opening, {**params, **tagging})
    return made | {
        "SubjectFromWebIdentityToken": vouched.subject,
        "Audience": vouched.audience,
        "Provider": vouched.provider,
    }


async def _vouched(sts: StsState, call: Call, params: Params) -> _Vouched:
    """Returns whom the token speaks of; AwsError when it is not true, not for us, or over.

    What takes a question to the provider is looked at last.
    """
    token = read_token(params["WebIdentityToken"])
    account = Arn.parse(params["RoleArn"]).account
    provider = f"arn:aws:iam::{account}:oidc-provider/{token.issuer.removeprefix(_SCHEME)}"
    clients = await sts.store.read(sts.identities.providers.audiences, provider)
    if clients is None:
        raise errors.invalid_token(f"No OpenIDConnect provider found in your account for {token.issuer}")
    audience, subject = audience_of(token, clients), subject_of(token)
    check_time(token, call.now_ms)
    verify_token(token, await sts.key_sets.keys(token.issuer, token.key_id))
    return _Vouched(token, provider, account, subject, audience)
