"""OpenID Connect providers, whose tokens AssumeRoleWithWebIdentity takes.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html
"""

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from penstock.server import Call, Params, operation
from penstock.services.iam import errors, limits
from penstock.services.iam.api.authorize import request_tags
from penstock.services.iam.api.tags import put_tags, remove_tags, tag_list, tag_page
from penstock.services.iam.entities.oidc_provider import (
    OidcProvider,
    checked_provider_arn,
    find_provider,
    get_provider,
    provider_arn,
    providers_of,
    put_provider,
)
from penstock.services.iam.instant import instant
from penstock.services.iam.state import IamState
from penstock.store import ReadTx, Tx, queries

Q = queries("penstock.services.iam")

_SCHEME = "https://"


def _arn(iam: IamState, call: Call, params: Params) -> str:
    if "Url" in params:
        return provider_arn(call.account, _checked_url(params["Url"]))
    return checked_provider_arn(params["OpenIDConnectProviderArn"])


@operation(
    "CreateOpenIDConnectProvider",
    action="iam:CreateOpenIDConnectProvider",
    resource=_arn,
    context=request_tags,
)
async def create_open_id_connect_provider(iam: IamState, call: Call, params: Params) -> Params:
    """Returns the ARN of a new provider, who is not asked whether there is one."""
    if params.get("Tags"):
        context = request_tags(iam, call, params)
        await call.authorize("iam:TagOpenIDConnectProvider", _arn(iam, call, params), context)
    return await iam.store.write(_create, call.account, params)


@operation("GetOpenIDConnectProvider", action="iam:GetOpenIDConnectProvider", resource=_arn)
async def get_open_id_connect_provider(iam: IamState, call: Call, params: Params) -> Params:
    """Returns the provider."""
    return await iam.store.read(_get, call.account, params["OpenIDConnectProviderArn"])


@operation("ListOpenIDConnectProviders", action="iam:ListOpenIDConnectProviders")
async def list_open_id_connect_providers(iam: IamState, call: Call, params: Params) -> Params:
    """Returns the ARNs of the account's providers."""
    found = await iam.store.read(providers_of, call.account)
    return {"OpenIDConnectProviderList": [{"Arn": provider.arn} for provider in found]}


@operation("DeleteOpenIDConnectProvider", action="iam:DeleteOpenIDConnectProvider", resource=_arn)
async def delete_open_id_connect_provider(iam: IamState, call: Call, params: Params) -> Params:
    """Deletes the provider: its tokens open no session from now on."""
    await iam.store.write(_delete, call.account, params["OpenIDConnectProviderArn"])
    return {}


@operation(
    "AddClientIDToOpenIDConnectProvider", action="iam:AddClientIDToOpenIDConnectProvider", resource=_arn
)
async def add_client_id(iam: IamState, call: Call, params: Params) -> Params:
    """Takes tokens for one more audience."""
    await iam.store.write(_add_client_id, call.account, params)
    return {}


@operation(
    "RemoveClientIDFromOpenIDConnectProvider",
    action="iam:RemoveClientIDFromOpenIDConnectProvider",
    resource=_arn,
)
async def remove_client_id(iam: IamState, call: Call, params: Params) -> Params:
    """Takes no more tokens for an audience."""
    await iam.store.write(_remove_client_id, call.account, params)
    return {}


@operation(
    "UpdateOpenIDConnectProviderThumbprint",
    action="iam:UpdateOpenIDConnectProviderThumbprint",
    resource=_arn,
)
async def update_thumbprint(iam: IamState, call: Call, params: Params) -> Params:
    """Keeps other thumbprints, which are shown and not compared."""
    await iam.store.write(_put_thumbprints, call.account, params)
    return {}


@operation(
    "TagOpenIDConnectProvider", action="iam:TagOpenIDConnectProvider", resource=_arn, context=request_tags
)
async def tag_provider(iam: IamState, call: Call, params: Params) -> Params:
    """Sets tags of the provider."""
    await iam.store.write(_tag, call.account, params)
    return {}


@operation(
    "UntagOpenIDConnectProvider", action="iam:UntagOpenIDConnectProvider", resource=_arn, context=request_tags
)
async def untag_provider(iam: IamState, call: Call, params: Params) -> Params:
    """Removes tags of the provider."""
    await iam.store.write(_untag, call.account, params)
    return {}


@operation("ListOpenIDConnectProviderTags", action="iam:ListOpenIDConnectProviderTags", resource=_arn)
async def list_provider_tags(iam: IamState, call: Call, params: Params) -> Params:
    """Returns the tags of the provider."""
    return await iam.store.read(_list_tags, call.account, params)


def _checked_url(url: str) -> str:
    """Returns the URL without its scheme; AwsError ``InvalidInput`` when it is not HTTPS, or more than an address."""
    try:
        parts = urlsplit(url)
        valid = url.startswith(_SCHEME) and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    plain = url.isascii() and url.isprintable() and not set(url) & set(" ?#@\\*")
    if not valid or not plain:
        raise errors.invalid_provider_url(url)
    return url.removeprefix(_SCHEME).rstrip("/")


def _create(tx: Tx, account: str, params: dict[str, Any]) -> Params:
    url = _checked_url(params["Url"])
    arn = provider_arn(account, url)
    if find_provider(tx, arn):
        raise errors.provider_exists(params["Url"])
    if len(providers_of(tx, account)) >= limits.PROVIDERS_PER_ACCOUNT:
        quota = f"OpenIdConnectProvidersPerAccount: {limits.PROVIDERS_PER_ACCOUNT}"
        raise errors.limit_exceeded(f"Cannot exceed quota for {quota}")
    clients, thumbprints = params.get("ClientIDList") or (), params.get("ThumbprintList") or ()
    _check_lists(clients, thumbprints)
    put_provider(
        tx, OidcProvider(arn, account, url, tuple(dict.fromkeys(clients)), tuple(thumbprints), tx.now_ms)
    )
    put_tags(tx, arn, params.get("Tags", []))
    return {"OpenIDConnectProviderArn": arn} | _tags(tx, arn)


def _check_lists(clients: Any, thumbprints: Any) -> None:
    if len(clients) > limits.CLIENTS_PER_PROVIDER:
        quota = f"ClientIdsPerOpenIdConnectProvider: {limits.CLIENTS_PER_PROVIDER}"
        raise errors.limit_exceeded(f"Cannot exceed quota for {quota}")
    if len(thumbprints) > limits.THUMBPRINTS_PER_PROVIDER:
        raise errors.invalid_input(
            f"Thumbprint list must contain fewer than {limits.THUMBPRINTS_PER_PROVIDER} entries."
        )


def _get(tx: ReadTx, account: str, arn: str) -> Params:
    provider = get_provider(tx, account, arn)
    return {
        "Url": provider.url,
        "ClientIDList": list(provider.client_ids),
        "ThumbprintList": list(provider.thumbprints),
        "CreateDate": instant(provider.created_ms),
    } | _tags(tx, arn)


def _delete(tx: Tx, account: str, arn: str) -> None:
    provider = get_provider(tx, account, arn)
    tx.run(Q.delete_provider, provider.arn)
    tx.run(Q.delete_tags, provider.arn)


def _add_client_id(tx: Tx, account: str, params: dict[str, Any]) -> None:
    provider = get_provider(tx, account, params["OpenIDConnectProviderArn"])
    clients = tuple(dict.fromkeys((*provider.client_ids, params["ClientID"])))
    _check_lists(clients, ())
    put_provider(tx, replace(provider, client_ids=clients))


def _remove_client_id(tx: Tx, account: str, params: dict[str, Any]) -> None:
    provider = get_provider(tx, account, params["OpenIDConnectProviderArn"])
    clients = tuple(client for client in provider.client_ids if client != params["ClientID"])
    put_provider(tx, replace(provider, client_ids=clients))


def _put_thumbprints(tx: Tx, account: str, params: dict[str, Any]) -> None:
    provider = get_provider(tx, account, params["OpenIDConnectProviderArn"])
    _check_lists((), params["ThumbprintList"])
    put_provider(tx, replace(provider, thumbprints=tuple(params["ThumbprintList"])))


def _tag(tx: Tx, account: str, params: dict[str, Any]) -> None:
    put_tags(tx, get_provider(tx, account, params["OpenIDConnectProviderArn"]).arn, params["Tags"])


def _untag(tx: Tx, account: str, params: dict[str, Any]) -> None:
    remove_tags(tx, get_provider(tx, account, params["OpenIDConnectProviderArn"]).arn, params["TagKeys"])


def _list_tags(tx: ReadTx, account: str, params: dict[str, Any]) -> Params:
    return tag_page(tx, get_provider(tx, account, params["OpenIDConnectProviderArn"]).arn, params)


def _tags(tx: ReadTx, arn: str) -> Params:
    tags = tag_list(tx, arn)
    return {"Tags": tags} if tags else {}
