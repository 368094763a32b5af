"""Keys, and whose they are."""

from dataclasses import dataclass

from penstock.access.principal import Principal


@dataclass(frozen=True, slots=True)
class RootCredential:
    """The long-term key of an account's root user."""

    account: str
    access_key_id: str
    secret: str


@dataclass(frozen=True, slots=True)
class Credential:
    """An access key. ``session_token`` and ``expires_ms`` are None for a long-term one.

    ``unknown_to`` are the services (by their names in credential scopes) that do not know it.
    """

    access_key_id: str
    secret: str
    session_token: str | None
    expires_ms: int | None
    principal: Principal
    unknown_to: frozenset[str] = frozenset()
