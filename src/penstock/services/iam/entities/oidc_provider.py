"""An OpenID Connect provider: who vouches for strangers, and in tokens for whom."""

from dataclasses import dataclass

import orjson

from penstock.arn import Arn
from penstock.services.iam import errors
from penstock.store import ReadTx, Row, Tx, queries

Q = queries("penstock.services.iam")

_KIND = "oidc-provider/"


@dataclass(frozen=True, slots=True)
class OidcProvider:
    """One row of ``iam_provider``; ``url`` is without ``https://``, ``client_ids`` are the audiences of its tokens."""

    arn: str
    account: str
    url: str
    client_ids: tuple[str, ...]
    thumbprints: tuple[str, ...]
    created_ms: int


def provider_arn(account: str, url: str) -> str:
    """Returns ``arn:aws:iam::account:oidc-provider/host/path``."""
    return f"arn:aws:iam::{account}:{_KIND}{url}"


def find_provider(tx: ReadTx, arn: str) -> OidcProvider | None:
    """Returns the provider with this ARN, or None."""
    row = tx.one(Q.find_provider, arn)
    return _provider(row) if row else None


def get_provider(tx: ReadTx, account: str, arn: str) -> OidcProvider:
    """Returns the account's provider; AwsError ``NoSuchEntity``."""
    provider = find_provider(tx, arn)
    if provider is None or provider.account != account:
        raise errors.no_such_provider(arn)
    return provider


def providers_of(tx: ReadTx, account: str) -> list[OidcProvider]:
    """Returns the account's providers, by ARN."""
    return [_provider(row) for row in tx.all(Q.find_providers, account)]


def put_provider(tx: Tx, provider: OidcProvider) -> None:
    """Keeps a provider, new or changed."""
    lists = (orjson.dumps(one).decode() for one in (provider.client_ids, provider.thumbprints))
    tx.run(Q.put_provider, provider.arn, provider.account, provider.url, *lists, provider.created_ms)


def checked_provider_arn(text: str) -> str:
    """Returns ``text``, which is the ARN of such a provider; AwsError ``InvalidInput``."""
    try:
        parsed = Arn.parse(text)
    except ValueError:
        raise errors.invalid_arn(text) from None
    if parsed.service != "iam" or parsed.region or not parsed.resource.startswith(_KIND):
        raise errors.invalid_arn(text)
    return text


def _provider(row: Row) -> OidcProvider:
    arn, account, url, client_ids, thumbprints, created_ms = row
    return OidcProvider(
        arn, account, url, tuple(orjson.loads(client_ids)), tuple(orjson.loads(thumbprints)), created_ms
    )
