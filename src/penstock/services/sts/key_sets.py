"""The keys of OpenID Connect providers: from a file that the operator keeps, or asked for and remembered.

Source: https://openid.net/specs/openid-connect-discovery-1_0.html
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from penstock.outbound import ForbiddenEndpoint, Outbound, OutboundRequest, Unanswered
from penstock.services.sts import errors

Key = dict[str, Any]
"""A JSON Web Key."""

_FRESH_MS = 3_600_000
_PAUSE_MS = 10_000  # between questions to one provider, whatever strangers ask for
_TIMEOUT_S = 5
_MAX_PROVIDERS = 256
_MAX_KEYS = 200
_OK = 200


@dataclass(slots=True)
class _Kept:
    """What one provider has last said, and when it was last asked."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    keys: list[Key] = field(default_factory=list)
    asked_ms: int | None = None
    told_ms: int | None = None


class KeySets:
    """The key sets of all providers. ``file`` holds JSON: key sets by the providers' URLs, which are then not asked."""

    def __init__(self, outbound: Outbound, file: Path | None, now_ms: Callable[[], int]) -> None:
        self._outbound = outbound
        self._file = file
        self._now_ms = now_ms
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    async def keys(self, issuer: str, key_id: str | None) -> list[Key]:
        """Returns the provider's keys with that id, or all; AwsError ``IDPCommunicationError`` when it tells none."""
        if self._file is not None:
            configured = await asyncio.to_thread(_configured, self._file, issuer)
            if configured is not None:
                return _with_id(configured, key_id)
        kept = self._kept.setdefault(issuer, _Kept())
        self._kept.move_to_end(issuer)
        if len(self._kept) > _MAX_PROVIDERS:
            self._kept.popitem(last=False)
        async with kept.lock:
            return await self._asked(kept, issuer, key_id)

    async def _asked(self, kept: _Kept, issuer: str, key_id: str | None) -> list[Key]:
        now_ms = self._now_ms()
        is_fresh = kept.told_ms is not None and now_ms - kept.told_ms < _FRESH_MS
        if is_fresh and (found := _with_id(kept.keys, key_id)):
            return found
        if kept.asked_ms is None or now_ms - kept.asked_ms >= _PAUSE_MS:
            kept.asked_ms = now_ms
            kept.keys = await self._fetched(issuer)
            kept.told_ms = now_ms
        elif not is_fresh:
            raise errors.no_keys()
        return _with_id(kept.keys, key_id)

    async def _fetched(self, issuer: str) -> list[Key]:
        found = await self._json(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        url = found.get("jwks_uri")
        if found.get("issuer") != issuer or not isinstance(url, str) or not url.startswith("https://"):
            raise errors.no_keys()
        return _keys(await self._json(url))

    async def _json(self, url: str) -> dict[str, Any]:
        request = OutboundRequest("GET", url, [("accept", "application/json")], b"", _TIMEOUT_S)
        try:
            answer = await self._outbound.send(request)
            found = orjson.loads(answer.text)
        except (ForbiddenEndpoint, Unanswered, ValueError):
            raise errors.no_keys() from None
        if answer.status != _OK or not isinstance(found, dict):
            raise errors.no_keys()
        return found


def _configured(file: Path, issuer: str) -> list[Key] | None:
    """Returns the keys that the file has for the provider; None when it has none."""
    try:
        found = orjson.loads(file.read_bytes())
    except (OSError, ValueError):
        raise errors.no_keys() from None
    key_set = found.get(issuer) if isinstance(found, dict) else None
    return _keys(key_set) if isinstance(key_set, dict) else None


def _keys(key_set: dict[str, Any]) -> list[Key]:
    keys = key_set.get("keys")
    if not isinstance(keys, list):
        raise errors.no_keys()
    return [key for key in keys if isinstance(key, dict)][:_MAX_KEYS]


def _with_id(keys: list[Key], key_id: str | None) -> list[Key]:
    return keys if key_id is None else [key for key in keys if key.get("kid") == key_id]
