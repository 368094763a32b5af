"""Keys of OpenID Connect providers: asked for once, remembered, and never asked for as often as strangers like."""

import asyncio
import json
from typing import Any, cast

import pytest

from penstock.errors import AwsError
from penstock.outbound import Answer, Outbound, OutboundRequest, Unanswered
from penstock.services.sts.key_sets import KeySets

ISSUER = "https://id.example.com"
HOUR_MS = 3_600_000


class Provider:
    """Answers as a provider with the ``keys``, or not at all; ``asked`` counts questions."""

    def __init__(self) -> None:
        self.keys: list[dict[str, Any]] | None = [{"kid": "one"}]
        self.about: dict[str, Any] = {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys"}
        self.asked = 0
        self.now_ms = 0
        self.sets = KeySets(cast(Outbound, self), None, lambda: self.now_ms)

    async def send(self, request: OutboundRequest) -> Answer:
        self.asked += 1
        if self.keys is None:
            raise Unanswered("nobody is there")
        told = self.about if request.url.endswith("openid-configuration") else {"keys": self.keys}
        return Answer(200, {}, json.dumps(told))

    def found(self, key_id: str | None = "one") -> list[str]:
        return [key["kid"] for key in asyncio.run(self.sets.keys(ISSUER, key_id))]


def refused(provider: Provider, key_id: str | None = "one") -> bool:
    with pytest.raises(AwsError, match="verification key"):
        provider.found(key_id)
    return True


def test_a_provider_is_asked_once_an_hour() -> None:
    provider = Provider()
    assert provider.found() == ["one"] and provider.found(None) == ["one"]
    assert provider.asked == 2  # what it says of itself, and its keys
    provider.now_ms = HOUR_MS
    assert provider.found() == ["one"] and provider.asked == 4


def test_an_unknown_key_is_asked_for_but_not_at_once_again() -> None:
    provider = Provider()
    provider.found()
    provider.keys = [{"kid": "one"}, {"kid": "two"}]
    assert provider.found("two") == [] and provider.asked == 2
    provider.now_ms = 10_000
    assert provider.found("two") == ["two"] and provider.asked == 4
    assert provider.found("three") == [] and provider.asked == 4


def test_a_provider_that_is_silent_is_left_alone_for_a_while_and_its_keys_last_an_hour() -> None:
    provider = Provider()
    provider.keys = None
    assert refused(provider) and refused(provider) and provider.asked == 1
    provider.keys, provider.now_ms = [{"kid": "one"}], 10_000
    assert provider.found() == ["one"]
    provider.keys, provider.now_ms = None, 30_000
    assert refused(provider, "two") and provider.found() == ["one"]
    provider.now_ms = HOUR_MS + 10_000
    assert refused(provider)


@pytest.mark.parametrize(
    "about",
    [
        {"issuer": "https://other.example.com", "jwks_uri": f"{ISSUER}/keys"},
        {"issuer": ISSUER, "jwks_uri": "http://id.example.com/keys"},
        {"issuer": ISSUER, "jwks_uri": ["x"]},
        {"issuer": ISSUER},
    ],
)
def test_what_a_provider_says_of_another_or_in_the_open_is_not_believed(about: dict[str, Any]) -> None:
    provider = Provider()
    provider.about = about
    assert refused(provider)


def test_keys_that_are_none_are_left_out() -> None:
    provider = Provider()
    provider.keys = cast(Any, [1, "x", None, {"kid": "one"}, {"kid": 2}])
    assert provider.found() == ["one"]
