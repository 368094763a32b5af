"""API destinations as targets of rules: what is sent, in whose name, how often, and what becomes of failures."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.buses import REGION, TRUST, Inbox, put_event, put_rule, rule_arn
from tests.kit.control import ask
from tests.kit.endpoints import Endpoint, Reply, endpoint, nobody
from tests.kit.functions import client, make_role
from tests.kit.policies import ACCOUNT

from penstock.delivery.breaker import FAILURES
from penstock.services.events.destinations import request
from penstock.store import Statement
from penstock.testing import LocalServer

BASIC = {"BasicAuthParameters": {"Username": "me", "Password": "pa:ss"}}
KEY = {"ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "s3cret"}}


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    """A server whose time stands still unless a test moves it."""
    with LocalServer() as running:
        running.clock.freeze()
        yield running


@pytest.fixture(scope="module")
def role(server: LocalServer) -> str:
    return make_role(server, "invoker", "events:InvokeApiDestination", trust=TRUST)


@pytest.fixture
def site() -> Iterator[Endpoint]:
    with endpoint() as made:
        yield made


def connect(server: LocalServer, name: str, kind: str = "API_KEY", **auth: Any) -> str:
    """Returns the ARN of a connection."""
    parameters = auth or {"API_KEY": KEY, "BASIC": BASIC}[kind]
    made = client(server, "events").create_connection(
        Name=name, AuthorizationType=kind, AuthParameters=parameters
    )
    arn: str = made["ConnectionArn"]
    return arn


def oauth(site: Endpoint, **more: Any) -> dict[str, Any]:
    return {
        "OAuthParameters": {
            "ClientParameters": {"ClientID": "id", "ClientSecret": "s3cret&"},
            "AuthorizationEndpoint": f"{site.url}/token",
            "HttpMethod": "POST",
            **more,
        }
    }


def token(text: str, life_s: int | None = 3600) -> Reply:
    return Reply(body=json.dumps({"access_token": text, "token_type": "Bearer", "expires_in": life_s}))


def destine(server: LocalServer, name: str, url: str, connection: str | None = None, **settings: Any) -> str:
    """Returns the ARN of an API destination."""
    made = client(server, "events").create_api_destination(
        Name=name,
        ConnectionArn=connection or connect(server, name),
        InvocationEndpoint=url,
        **{"HttpMethod": "POST", **settings},
    )
    arn: str = made["ApiDestinationArn"]
    return arn


def dead(server: LocalServer, rule: str) -> list[dict[str, Any]]:
    place = f"arn:aws:events:{REGION}:{ACCOUNT}:target/default/{rule}/0"
    deliveries: list[dict[str, Any]] = ask(server, "GET", f"/_penstock/dead?target={place}")[1]["deliveries"]
    return deliveries


def waiting(server: LocalServer, rule: str) -> list[tuple[str, str]]:
    """Returns state and last error of what is on its way to the rule's target."""
    place = f"arn:aws:events:{REGION}:{ACCOUNT}:target/default/{rule}/0"
    statement = Statement.of("SELECT state, error FROM delivery WHERE arn = ?")
    found: list[tuple[str, str]] = server.wait(server.app.store.read(lambda tx: tx.all(statement, place)))
    return found


def letter(inbox: Inbox) -> dict[str, str]:
    """Returns the attributes of the only dead letter."""
    (message,) = inbox.messages()
    return {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}


def test_an_event_is_sent_with_the_headers_of_aws(server: LocalServer, role: str, site: Endpoint) -> None:
    put_rule(server, "plain", {"Arn": destine(server, "plain", f"{site.url}/in"), "RoleArn": role})
    id = put_event(server, "plain", {"a": 1})
    asked = site.next()
    assert (asked.method, asked.path, asked.json["id"]) == ("POST", "/in", id)
    assert asked.json["detail"] == {"a": 1}
    expected = {
        "x-key": "s3cret",
        "user-agent": "Amazon/EventBridge/ApiDestinations",
        "content-type": "application/json; charset=utf-8",
        "range": "bytes=0-1048575",
        "accept-encoding": "gzip,deflate",
        "connection": "close",
        "host": site.url.removeprefix("http://"),
        "content-length": str(len(asked.body)),
    }
    assert asked.headers == expected


def test_what_target_and_connection_add_is_merged_and_the_connection_has_the_last_word(
    server: LocalServer, role: str, site: Endpoint
) -> None:
    connection = connect(
        server,
        "merged",
        "BASIC",
        **BASIC,
        InvocationHttpParameters={
            "HeaderParameters": [{"Key": "X-Both", "Value": "connection", "IsValueSecret": True}],
            "QueryStringParameters": [{"Key": "both", "Value": "connection"}, {"Key": "c", "Value": "c&d"}],
            "BodyParameters": [{"Key": "added", "Value": "here"}],
        },
    )
    arn = destine(server, "merged", f"{site.url}/a/*/b/*?own=1", connection, HttpMethod="PUT")
    http = {
        "PathParameterValues": ["x/y z", "$.detail.id"],
        "HeaderParameters": {"x-both": "target", "X-One": "$.detail.who", "X-None": "$.detail.nobody"},
        "QueryStringParameters": {"both": "target", "t": "$.detail.deep"},
    }
    put_rule(
        server,
        "merged",
        {"Arn": arn, "RoleArn": role, "HttpParameters": http, "InputPath": "$.detail"},
    )
    put_event(server, "merged", {"id": "../é", "who": "you", "deep": {"n": 1}})
    asked = site.next()
    assert (asked.method, asked.path) == (
        "PUT",
        "/a/x%2Fy%20z/b/..%2F%C3%A9?own=1&both=connection&t=%7B%22n%22%3A1%7D&c=c%26d",
    )
    assert (asked.headers["x-both"], asked.headers["x-one"]) == ("connection", "you")
    assert "x-none" not in asked.headers
    assert asked.headers["authorization"] == "Basic bWU6cGE6c3M="
    assert asked.json == {"id": "../é", "who": "you", "deep": {"n": 1}, "added": "here"}


def test_headers_that_are_the_connections_own_business_are_not_sent(
    server: LocalServer, role: str, site: Endpoint
) -> None:
    arn = destine(server, "own", site.url, HttpMethod="GET")
    headers = {"Host": "evil.example", "User-Agent": "me", "Transfer-Encoding": "chunked", "X-Mine": " kept "}
    put_rule(server, "own", {"Arn": arn, "RoleArn": role, "HttpParameters": {"HeaderParameters": headers}})
    put_event(server, "own")
    asked = site.next()
    assert asked.headers["user-agent"] == "Amazon/EventBridge/ApiDestinations"
    assert asked.headers["host"] == site.url.removeprefix("http://")
    assert (asked.headers["x-mine"], asked.body) == ("kept", "")


@pytest.mark.parametrize("value", ["a\r\nX-Injected: 1", "é"])
def test_a_value_that_is_no_header_is_not_sent(
    server: LocalServer, role: str, site: Endpoint, value: str
) -> None:
    name = f"injected-{len(value)}"
    http = {"HeaderParameters": {"X-From": "$.detail.from"}}
    arn = destine(server, name, site.url)
    put_rule(server, name, {"Arn": arn, "RoleArn": role, "HttpParameters": http})
    put_event(server, name, {"from": value})
    server.settle()
    (told,) = dead(server, name)
    assert "the header 'X-From' cannot be sent" in told["error"]
    assert site.waiting == 0


@pytest.mark.parametrize("value", [None, "..", "."])
def test_a_wildcard_is_not_filled_with_nothing_or_steps(
    server: LocalServer, role: str, site: Endpoint, value: str | None
) -> None:
    name = f"wild-{value}"
    http = {"PathParameterValues": ["$.detail.id"]}
    arn = destine(server, name, f"{site.url}/a/*")
    put_rule(server, name, {"Arn": arn, "RoleArn": role, "HttpParameters": http})
    put_event(server, name, {"id": value})
    server.settle()
    assert len(dead(server, name)) == 1
    assert site.waiting == 0


@pytest.mark.parametrize("status", [409, 429, 500, 503, 401, 407])
def test_what_may_pass_is_tried_again(server: LocalServer, role: str, site: Endpoint, status: int) -> None:
    name = f"again-{status}"
    put_rule(server, name, {"Arn": destine(server, name, site.url), "RoleArn": role})
    site.replies = [Reply(status), Reply(status)]
    id = put_event(server, name)
    for wait_s in (1, 2):
        assert site.next().json["id"] == id
        server.settle()
        server.advance(wait_s)
    assert site.next().json["id"] == id
    server.settle()
    assert (site.waiting, dead(server, name)) == (0, [])


@pytest.mark.parametrize("status", [301, 400, 403, 404])
def test_what_will_not_pass_goes_to_the_dead_letters_at_once(
    server: LocalServer, role: str, site: Endpoint, status: int
) -> None:
    name = f"final-{status}"
    letters = Inbox(server, name)
    arn = destine(server, name, site.url)
    put_rule(server, name, {"Arn": arn, "RoleArn": role, "DeadLetterConfig": {"Arn": letters.arn}})
    site.replies = [Reply(status, headers={"Location": f"{server.endpoint}/_penstock/health"})]
    put_event(server, name)
    site.next()
    server.settle()
    assert letter(letters) == {
        "RULE_ARN": rule_arn(name),
        "TARGET_ARN": arn,
        "ERROR_CODE": "SDK_CLIENT_ERROR",
        "ERROR_MESSAGE": f"Unable to invoke ApiDestination endpoint: {site.url} answered with status {status}",
        "RETRY_ATTEMPTS": "0",
    }
    assert site.waiting == 0


def test_the_dead_letter_names_the_bound_of_the_policy(
    server: LocalServer, role: str, site: Endpoint
) -> None:
    letters = Inbox(server, "bound")
    target = {
        "Arn": destine(server, "bound", site.url),
        "RoleArn": role,
        "RetryPolicy": {"MaximumRetryAttempts": 1},
        "DeadLetterConfig": {"Arn": letters.arn},
    }
    put_rule(server, "bound", target)
    site.replies = [Reply(500), Reply(500)]
    put_event(server, "bound")
    site.next()
    server.settle()
    server.advance(1)
    site.next()
    server.settle()
    found = letter(letters)
    assert (found["ERROR_CODE"], found["EXHAUSTED_RETRY_CONDITION"]) == (
        "ERROR_FROM_TARGET",
        "MaximumRetryAttempts",
    )
    assert found["RETRY_ATTEMPTS"] == "1"


def test_an_endpoint_is_left_alone_for_as_long_as_it_asks(
    server: LocalServer, role: str, site: Endpoint
) -> None:
    put_rule(server, "patient", {"Arn": destine(server, "patient", site.url), "RoleArn": role})
    site.replies = [Reply(503, headers={"Retry-After": "600"})]
    put_event(server, "patient")
    site.next()
    server.settle()
    server.advance(598)
    server.settle()
    assert site.waiting == 0
    server.advance(3)
    site.next()


def test_an_endpoint_that_asks_for_no_other_try_gets_none(
    server: LocalServer, role: str, site: Endpoint
) -> None:
    put_rule(server, "never", {"Arn": destine(server, "never", site.url), "RoleArn": role})
    site.replies = [Reply(503, headers={"Retry-After": "-1"})]
    put_event(server, "never")
    site.next()
    server.settle()
    (told,) = dead(server, "never")
    assert told["attempts"] == 1


def test_an_endpoint_that_asks_for_longer_than_the_event_lives_gets_none(
    server: LocalServer, role: str, site: Endpoint
) -> None:
    letters = Inbox(server, "longer")
    target = {
        "Arn": destine(server, "longer", site.url),
        "RoleArn": role,
        "RetryPolicy": {"MaximumEventAgeInSeconds": 60},
        "DeadLetterConfig": {"Arn": letters.arn},
    }
    put_rule(server, "longer", target)
    site.replies = [Reply(503, headers={"Retry-After": "61"})]
    put_event(server, "longer")
    site.next()
    server.settle()
    assert letter(letters)["EXHAUSTED_RETRY_CONDITION"] == "MaximumEventAgeInSeconds"


def test_a_dead_endpoint_gets_what_it_missed_when_it_is_back(
    server: LocalServer, role: str, site: Endpoint
) -> None:
    with nobody() as url:
        put_rule(server, "gone", {"Arn": destine(server, "gone", url), "RoleArn": role})
        id = put_event(server, "gone")
        server.settle()
    client(server, "events").update_api_destination(Name="gone", InvocationEndpoint=site.url)
    server.advance(2)
    assert site.next().json["id"] == id


def test_an_endpoint_that_keeps_failing_is_asked_by_one_event_until_it_is_back(
    server: LocalServer, role: str, site: Endpoint
) -> None:
    place = f"arn:aws:events:{REGION}:{ACCOUNT}:target/default/broken/0"
    with nobody() as url:
        put_rule(server, "broken", {"Arn": destine(server, "broken", url), "RoleArn": role})
        ids = {put_event(server, "broken") for _ in range(FAILURES)}
        server.settle()
    targets = ask(server, "GET", "/_penstock/targets")[1]["targets"]
    assert [one["breaker"] for one in targets if one["arn"] == place] == ["open"]
    client(server, "events").update_api_destination(Name="broken", InvocationEndpoint=site.url)
    server.advance(5)
    server.settle()
    assert site.waiting == 0
    got = set[str]()
    while got != ids:  # so many at once are more than the test's endpoint takes: some are tried again
        server.advance(5)
        server.settle()
        got |= {site.next().json["id"] for _ in range(site.waiting)}


def test_a_certificate_that_does_not_fit_is_a_failure_to_try_again(
    server: LocalServer, role: str, site: Endpoint
) -> None:
    with LocalServer(tls="self-signed") as strange:
        url = f"https://127.0.0.1:{strange.endpoint.rpartition(':')[2]}/"
        put_rule(server, "strange", {"Arn": destine(server, "strange", url), "RoleArn": role})
        id = put_event(server, "strange")
        server.settle()
    ((state, error),) = waiting(server, "strange")
    assert state == "due" and "certificate" in error.lower()
    client(server, "events").update_api_destination(Name="strange", InvocationEndpoint=site.url)
    server.advance(2)
    assert site.next().json["id"] == id


def test_a_slow_endpoint_is_asked_again(
    server: LocalServer, role: str, site: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_rule(server, "slow", {"Arn": destine(server, "slow", site.url), "RoleArn": role})
    with monkeypatch.context() as patch:
        patch.setattr(request, "TIMEOUT_S", 1)
        site.held.clear()
        id = put_event(server, "slow")
        server.settle()
    ((state, error),) = waiting(server, "slow")
    assert (state, error) == (
        "due",
        f"Unable to invoke ApiDestination endpoint: {site.url} did not answer within 1 seconds",
    )
    site.held.set()
    server.advance(1)
    assert [site.next().json["id"], site.next().json["id"]] == [id, id]


def test_the_story_of_an_object_tells_what_the_endpoint_answered(
    server: LocalServer, role: str, site: Endpoint
) -> None:
    s3 = client(server, "s3")
    s3.create_bucket(Bucket="told")
    s3.put_bucket_notification_configuration(
        Bucket="told", NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    put_rule(
        server,
        "told",
        {"Arn": destine(server, "told", site.url), "RoleArn": role},
        pattern={"source": ["aws.s3"]},
    )
    site.replies = [Reply(503, "later")]
    s3.put_object(Bucket="told", Key="k", Body=b"x")
    assert site.next().json["detail"]["object"]["key"] == "k"
    server.settle()
    server.advance(1)
    site.next()
    server.settle()
    _, answer = ask(server, "GET", "/_penstock/trace?bucket=told&key=k")
    told = [one for one in answer["events"][0]["deliveries"] if ":target/" in one["arn"]]
    (delivery,) = told
    assert delivery["state"] == "delivered"
    assert [(one["status"], one["response"]) for one in delivery["tries"]] == [(503, "later"), (200, "ok")]


@pytest.mark.parametrize("path", ["/_penstock/settle", "/a/..%2f_penstock/x"])
def test_the_control_api_is_not_reached(server: LocalServer, role: str, path: str) -> None:
    name = f"control-{len(path)}"
    arn = destine(server, name, server.endpoint + path)
    put_rule(server, name, {"Arn": arn, "RoleArn": role})
    put_event(server, name)
    server.settle()
    (told,) = dead(server, name)
    assert "is the control API" in told["error"]


def test_a_role_that_may_not_invoke_is_a_reason_to_wait_for_its_policy(
    server: LocalServer, site: Endpoint
) -> None:
    powerless = make_role(server, "powerless", trust=TRUST)
    put_rule(server, "powerless", {"Arn": destine(server, "powerless", site.url), "RoleArn": powerless})
    put_event(server, "powerless")
    server.settle()
    assert site.waiting == 0
    statement = {"Effect": "Allow", "Action": "events:InvokeApiDestination", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    client(server, "iam").put_role_policy(RoleName="powerless", PolicyName="may", PolicyDocument=document)
    server.advance(2)
    site.next()


def test_a_host_that_can_have_no_address_is_a_failure_to_try_again(server: LocalServer, role: str) -> None:
    put_rule(server, "nowhere", {"Arn": destine(server, "nowhere", "https://a..b/"), "RoleArn": role})
    put_event(server, "nowhere")
    server.settle()
    ((state, error),) = waiting(server, "nowhere")
    assert (state, error) == (
        "due",
        "Unable to invoke ApiDestination endpoint: https://a..b/: a..b is no name of a host",
    )


def test_another_accounts_destination_is_not_invoked(site: Endpoint) -> None:
    accounts = f"{ACCOUNT}:AKIAPENSTOCKTESTING1:s,111122223333:AKIAPENSTOCKTESTING2:s"
    with LocalServer(accounts=accounts) as server:
        server.clock.freeze()
        theirs = server.client("events", aws_access_key_id="AKIAPENSTOCKTESTING2", aws_secret_access_key="s")
        connection = theirs.create_connection(Name="c", AuthorizationType="API_KEY", AuthParameters=KEY)
        arn = theirs.create_api_destination(
            Name="d",
            ConnectionArn=connection["ConnectionArn"],
            InvocationEndpoint=site.url,
            HttpMethod="POST",
        )["ApiDestinationArn"]
        role = make_role(server, "invoker", "events:InvokeApiDestination", trust=TRUST)
        put_rule(server, "foreign", {"Arn": arn, "RoleArn": role})
        put_event(server, "foreign")
        server.settle()
        ((_, error),) = waiting(server, "foreign")
        assert error == f"The role {role} may not invoke {arn}."
        assert site.waiting == 0


def test_no_more_are_sent_a_second_than_the_destination_takes(role: str, site: Endpoint) -> None:
    with LocalServer() as server:
        server.clock.freeze()
        role = make_role(server, "invoker", "events:InvokeApiDestination", trust=TRUST)
        arn = destine(server, "paced", site.url, InvocationRateLimitPerSecond=2)
        put_rule(server, "paced", {"Arn": arn, "RoleArn": role})
        for _ in range(5):
            put_event(server, "paced")
        seen = []
        for _ in range(4):
            server.settle()
            seen.append(site.waiting)
            server.advance(1)
        assert seen == [2, 4, 5, 5]


def test_a_token_is_fetched_kept_and_renewed_before_it_ends(
    server: LocalServer, role: str, site: Endpoint
) -> None:
    site.replies = [token("first", 3600)]
    http = {"BodyParameters": [{"Key": "audience", "Value": "them", "IsValueSecret": False}]}
    connection = connect(server, "oauth", "OAUTH_CLIENT_CREDENTIALS", **oauth(site, OAuthHttpParameters=http))
    question = site.next()
    assert question.body == "grant_type=client_credentials&client_id=id&client_secret=s3cret%26&audience=them"
    assert question.headers["content-type"] == "application/x-www-form-urlencoded"
    server.settle()
    events = client(server, "events")
    assert events.describe_connection(Name="oauth")["ConnectionState"] == "AUTHORIZED"
    put_rule(server, "oauth", {"Arn": destine(server, "oauth", site.url, connection), "RoleArn": role})
    for _ in range(2):
        put_event(server, "oauth")
        assert site.next().headers["authorization"] == "Bearer first"
    server.settle()
    server.advance(3600 - 59)
    site.replies = [token("second")]
    put_event(server, "oauth")
    assert site.next().path == "/token"
    assert site.next().headers["authorization"] == "Bearer second"


def test_a_token_that_is_refused_is_fetched_anew(server: LocalServer, role: str, site: Endpoint) -> None:
    site.replies = [token("stale"), Reply(401), token("fresh", None), Reply(200)]
    connection = connect(server, "stale", "OAUTH_CLIENT_CREDENTIALS", **oauth(site))
    server.settle()
    put_rule(server, "stale", {"Arn": destine(server, "stale", site.url, connection), "RoleArn": role})
    put_event(server, "stale")
    assert [site.next().path, site.next().headers["authorization"]] == ["/token", "Bearer stale"]
    server.settle()
    server.advance(1)
    assert [site.next().path, site.next().headers["authorization"]] == ["/token", "Bearer fresh"]


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(400), "status 400"),
        (Reply(500), "status 500"),
        (Reply(200, "no json"), "without an access token"),
        (Reply(200, json.dumps({"access_token": "a\r\nb"})), "without an access token"),
        (Reply(200, json.dumps({"access_token": 7})), "without an access token"),
        (Reply(200, "[" * 5000), "without an access token"),
    ],
)
def test_a_connection_that_gets_no_token_is_not_authorised_and_says_why(
    server: LocalServer, site: Endpoint, reply: Reply, reason: str
) -> None:
    site.replies = [reply]
    events = client(server, "events")
    connection = connect(server, "refused", "OAUTH_CLIENT_CREDENTIALS", **oauth(site))
    try:
        site.next()
        server.settle()
        found = events.describe_connection(Name="refused")
        assert found["ConnectionState"] == "DEAUTHORIZED" and reason in found["StateReason"]
        assert destine(server, "refused", site.url, connection)
        assert events.describe_api_destination(Name="refused")["ApiDestinationState"] == "INACTIVE"
        events.delete_api_destination(Name="refused")
    finally:
        events.delete_connection(Name="refused")


def test_no_token_is_asked_for_where_webhooks_may_not_go(server: LocalServer, site: Endpoint) -> None:
    auth = oauth(site, AuthorizationEndpoint="https://169.254.169.254/latest/api/token")
    connect(server, "metadata", "OAUTH_CLIENT_CREDENTIALS", **auth)
    server.settle()
    found = client(server, "events").describe_connection(Name="metadata")
    assert found["ConnectionState"] == "DEAUTHORIZED" and "link-local" in found["StateReason"]


def test_errors_do_not_tell_what_is_secret(server: LocalServer, role: str) -> None:
    query = {"QueryStringParameters": [{"Key": "key", "Value": "t0p-s3cret", "IsValueSecret": True}]}
    with nobody() as url:
        for name, place in [("quiet", url), ("quiet-control", f"{server.endpoint}/_penstock/x")]:
            connection = connect(server, name, **KEY, InvocationHttpParameters=query)
            put_rule(server, name, {"Arn": destine(server, name, place, connection), "RoleArn": role})
            put_event(server, name)
            server.settle()
            ((_, error),) = waiting(server, name)
            assert error.startswith("Unable to invoke ApiDestination endpoint") and "s3cret" not in error


def test_an_authorization_server_that_fails_for_a_while_loses_no_event(
    server: LocalServer, role: str, site: Endpoint
) -> None:
    site.replies = [token("short", 30), Reply(503), token("long")]
    connection = connect(server, "flaky", "OAUTH_CLIENT_CREDENTIALS", **oauth(site))
    site.next()
    server.settle()
    put_rule(server, "flaky", {"Arn": destine(server, "flaky", site.url, connection), "RoleArn": role})
    id = put_event(server, "flaky")
    assert site.next().path == "/token"
    server.settle()
    assert client(server, "events").describe_connection(Name="flaky")["ConnectionState"] == "AUTHORIZED"
    server.advance(1)
    assert site.next().path == "/token"
    asked = site.next()
    assert (asked.headers["authorization"], asked.json["id"]) == ("Bearer long", id)


def test_a_connection_without_authorization_holds_events_until_it_has_it_again(
    server: LocalServer, role: str, site: Endpoint
) -> None:
    events = client(server, "events")
    put_rule(server, "held", {"Arn": destine(server, "held", site.url), "RoleArn": role})
    assert events.deauthorize_connection(Name="held")["ConnectionState"] == "DEAUTHORIZED"
    assert events.describe_connection(Name="held")["AuthParameters"] == {}
    put_event(server, "held")
    server.settle()
    assert site.waiting == 0
    with pytest.raises(ClientError, match="ApiKeyName must be specified"):
        events.update_connection(Name="held", Description="still without")
    events.update_connection(Name="held", AuthParameters=KEY)
    server.advance(2)
    assert site.next().headers["x-key"] == "s3cret"


def test_an_event_under_way_when_the_server_stops_is_sent_by_the_next(
    tmp_path: Any, site: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    site.held.clear()
    with LocalServer(data=tmp_path) as server:
        role = make_role(server, "invoker", "events:InvokeApiDestination", trust=TRUST)
        put_rule(server, "restart", {"Arn": destine(server, "restart", site.url), "RoleArn": role})
        id = put_event(server, "restart")
        assert site.next().json["id"] == id
    assert not [record for record in caplog.records if record.exc_info], "a try that was ended is no defect"
    site.held.set()
    with LocalServer(data=tmp_path):
        assert site.next().json["id"] == id


def test_secrets_lie_sealed(tmp_path: Any, site: Endpoint) -> None:
    site.replies = [token("t0ken-in-the-open")]
    with LocalServer(data=tmp_path) as server:
        connect(server, "key", **KEY)
        connect(server, "basic", "BASIC", **BASIC)
        connect(server, "oauth", "OAUTH_CLIENT_CREDENTIALS", **oauth(site))
        site.next()
        server.settle()
    data = b"".join(path.read_bytes() for path in tmp_path.glob("penstock.db*"))
    for secret in (b"s3cret", b"pa:ss", b"t0ken-in-the-open"):
        assert secret not in data


def test_targets_are_refused_that_cannot_be(server: LocalServer, role: str, site: Endpoint) -> None:
    events = client(server, "events")
    put_rule(server, "refusing")
    arn = destine(server, "refusing", site.url)
    queue = Inbox(server, "refusing").arn
    topic = f"arn:aws:sns:{REGION}:{ACCOUNT}:topic.fifo"
    for target, text in [
        ({"Arn": arn}, "RoleArn is required"),
        ({"Arn": queue, "HttpParameters": {"HeaderParameters": {}}}, "HttpParameters not valid"),
        (
            {"Arn": arn, "RoleArn": role, "HttpParameters": {"PathParameterValues": ["$.a["]}},
            "HttpParameters is not valid",
        ),
        ({"Arn": topic}, "FIFO SNS topics"),
    ]:
        with pytest.raises(ClientError, match=text.replace("$", r"\$")):
            events.put_targets(Rule="refusing", Targets=[{"Id": "1", **target}])
