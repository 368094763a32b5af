"""What API destinations are asked, how often, and what their answers say, without a server."""

import json
from typing import Any

import pytest

from penstock.outbound import Answer
from penstock.services.events.connections.oauth import Refused, token_of, token_request
from penstock.services.events.destinations.destination import Destination
from penstock.services.events.destinations.pace import Pace
from penstock.services.events.destinations.request import Unfit, request_for
from penstock.services.events.destinations.retry_after import retry_after_ms

NOON_MS = 1_767_268_800_000  # Thu, 01 Jan 2026 12:00:00 GMT


@pytest.mark.parametrize(
    ("text", "wait_ms"),
    [
        ("120", 120_000),
        (" 0 ", 0),
        ("-1", -1000),
        ("Thu, 01 Jan 2026 12:05:00 GMT", 300_000),
        ("Thu, 01 Jan 2026 11:00:00 GMT", 0),
        (None, 0),
        ("", 0),
        ("soon", 0),
        ("1e9", 0),
        ("9" * 40, 0),
        ("Thu, 01 Jan 99999 12:05:00 GMT", 0),
    ],
)
def test_retry_after_is_read_in_both_forms(text: str | None, wait_ms: int) -> None:
    assert retry_after_ms(text, NOON_MS) == wait_ms


def test_a_pace_gives_each_second_its_places_and_keeps_them() -> None:
    pace = Pace()
    turns = [pace.turn_ms("d", 2, job, NOON_MS + 400) for job in range(5)]
    assert turns == [NOON_MS + 400] * 2 + [NOON_MS + 1000] * 2 + [NOON_MS + 2000]
    assert pace.turn_ms("d", 2, 4, NOON_MS + 1000) == NOON_MS + 2000  # too early: it keeps its place
    assert pace.turn_ms("d", 2, 4, NOON_MS + 2000) == NOON_MS + 2000
    assert pace.turn_ms("other", 1, 9, NOON_MS) == NOON_MS
    assert pace.turn_ms("d", 2, 4, NOON_MS + 2001) == NOON_MS + 2001  # a later try takes a place of its own
    assert pace.turn_ms("d", 2, 5, NOON_MS + 2002) == NOON_MS + 3000


def destination(endpoint: str) -> Destination:
    return Destination(("1", "r", "d"), 1, "uid", None, "connection", endpoint, "POST", None, 0, 0)


@pytest.mark.parametrize(
    ("endpoint", "values", "url"),
    [
        ("https://h/a/*/b", ["x"], "https://h/a/x/b"),
        ("https://h/*/*", ["?q=1", "#f"], "https://h/%3Fq%3D1/%23f"),
        ("https://h/*", ["a/../b"], "https://h/a%2F..%2Fb"),
        ("https://h/*", ["%2e%2e"], "https://h/%252e%252e"),
        ("https://h/a?x=*", ["unused"], "https://h/a?x=%2A"),
        ("https://*.h/a", ["evil"], "https://*.h/a"),
    ],
)
def test_wildcards_of_the_path_are_filled_and_nothing_else(
    endpoint: str, values: list[str], url: str
) -> None:
    made = request_for(destination(endpoint), {}, {"PathParameterValues": values}, {}, b"{}")
    assert made.url == url


def test_a_wildcard_without_a_value_makes_no_request() -> None:
    with pytest.raises(Unfit):
        request_for(destination("https://h/*/*"), {}, {"PathParameterValues": ["one"]}, {}, b"{}")


@pytest.mark.parametrize("body", [b"[1]", b'"text"', b"plain"])
def test_only_objects_take_the_parameters_of_a_body(body: bytes) -> None:
    own = {"InvocationHttpParameters": {"BodyParameters": [{"Key": "a", "Value": "b"}]}}
    assert request_for(destination("https://h/"), own, {}, {}, body).body == body
    assert json.loads(request_for(destination("https://h/"), own, {}, {}, b'{"c":1}').body) == {
        "c": 1,
        "a": "b",
    }


def client(**more: Any) -> dict[str, Any]:
    return {
        "ClientParameters": {"ClientID": "i&d", "ClientSecret": "s"},
        "AuthorizationEndpoint": "https://a/token?own=1",
        "HttpMethod": "POST",
        **more,
    }


def test_credentials_go_in_the_query_of_a_get() -> None:
    made = token_request(client(HttpMethod="GET"))
    assert made.url == "https://a/token?own=1&grant_type=client_credentials&client_id=i%26d&client_secret=s"
    assert (made.body, made.shown) == (b"", "https://a/token?own=1")


def test_a_header_that_cannot_be_sent_is_refused_without_its_value() -> None:
    http = {"HeaderParameters": [{"Key": "X", "Value": "secret\r\nY: 1"}]}
    with pytest.raises(Refused) as refused:
        token_request(client(OAuthHttpParameters=http))
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("life", "life_ms"),
    [
        (60, 60_000),
        ("60", 60_000),
        (1.5, 1500),
        (-1, 0),
        (None, None),
        ("x", None),
        ([], None),
        ("nan", None),
    ],
)
def test_a_token_lives_as_long_as_its_giver_says(life: Any, life_ms: int | None) -> None:
    text = json.dumps({"access_token": "t", "expires_in": life})
    assert token_of(Answer(200, {}, text)) == ("t", life_ms)


@pytest.mark.parametrize(
    ("status", "is_final"), [(400, True), (401, True), (408, False), (429, False), (500, False)]
)
def test_a_refusal_is_final_when_the_credentials_are_at_fault(status: int, is_final: bool) -> None:
    with pytest.raises(Refused) as refused:
        token_of(Answer(status, {}, ""))
    assert refused.value.is_final is is_final
