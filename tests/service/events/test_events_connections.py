"""Connections and API destinations as resources: made, shown without secrets, changed, listed, deleted."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.buses import REGION
from tests.kit.functions import client
from tests.kit.policies import ACCOUNT

from penstock.testing import LocalServer

KEY = {"ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "s3cret"}}
URL = "https://api.example/in"


@pytest.fixture(scope="module")
def events(server: LocalServer) -> Any:
    return client(server, "events")


def connect(events: Any, name: str, **settings: Any) -> dict[str, Any]:
    found: dict[str, Any] = events.create_connection(
        Name=name, **{"AuthorizationType": "API_KEY", "AuthParameters": KEY, **settings}
    )
    return found


def refusal(call: Any, **params: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as raised:
        call(**params)
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_connection_is_shown_without_what_is_secret(events: Any) -> None:
    http = {
        "HeaderParameters": [
            {"Key": "a", "Value": "shown", "IsValueSecret": False},
            {"Key": "b", "Value": "hidden", "IsValueSecret": True},
        ]
    }
    made = connect(events, "shown", AuthParameters={**KEY, "InvocationHttpParameters": http}, Description="d")
    arn = made["ConnectionArn"]
    assert arn.startswith(f"arn:aws:events:{REGION}:{ACCOUNT}:connection/shown/")
    assert made["ConnectionState"] == "AUTHORIZED"
    found = events.describe_connection(Name="shown")
    assert found["AuthParameters"] == {
        "ApiKeyAuthParameters": {"ApiKeyName": "X-Key"},
        "InvocationHttpParameters": {
            "HeaderParameters": [
                {"Key": "a", "Value": "shown", "IsValueSecret": False},
                {"Key": "b", "IsValueSecret": True},
            ]
        },
    }
    assert (found["Description"], found["AuthorizationType"], found["ConnectionArn"]) == ("d", "API_KEY", arn)
    assert found["SecretArn"].startswith(
        f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:events!connection/shown/"
    )
    assert "LastAuthorizedTime" in found
    assert refusal(connect, events=events, name="shown")[0] == "ResourceAlreadyExistsException"


def test_an_update_keeps_what_it_does_not_say(events: Any) -> None:
    connect(events, "kept", Description="before")
    events.update_connection(Name="kept", AuthParameters={"ApiKeyAuthParameters": {"ApiKeyName": "X-Other"}})
    found = events.describe_connection(Name="kept")
    assert found["AuthParameters"]["ApiKeyAuthParameters"] == {"ApiKeyName": "X-Other"}
    assert found["Description"] == "before"
    basic = {"BasicAuthParameters": {"Username": "me", "Password": "p"}}
    events.update_connection(Name="kept", AuthorizationType="BASIC", AuthParameters=basic)
    found = events.describe_connection(Name="kept")
    assert (found["AuthorizationType"], found["AuthParameters"]) == (
        "BASIC",
        {"BasicAuthParameters": {"Username": "me"}},
    )
    assert (
        "must be specified"
        in refusal(events.update_connection, Name="kept", AuthorizationType="OAUTH_CLIENT_CREDENTIALS")[1]
    )


@pytest.mark.parametrize(
    ("settings", "code", "text"),
    [
        ({"AuthParameters": {}}, "ValidationException", "ApiKeyName must be specified"),
        (
            {"AuthParameters": {**KEY, "BasicAuthParameters": {"Username": "u", "Password": "p"}}},
            "ValidationException",
            "BasicAuthParameters can't be given",
        ),
        ({"AuthorizationType": "BASIC"}, "ValidationException", "ApiKeyAuthParameters can't be given"),
        ({"KmsKeyIdentifier": "alias/mine"}, "NotImplemented", "KMS keys"),
        ({"Name": "a b"}, "ValidationException", "regular expression"),
        (
            {
                "AuthorizationType": "OAUTH_CLIENT_CREDENTIALS",
                "AuthParameters": {
                    "OAuthParameters": {
                        "ClientParameters": {"ClientID": "i", "ClientSecret": "s"},
                        "AuthorizationEndpoint": "http://auth.example/token",
                        "HttpMethod": "POST",
                    }
                },
            },
            "ValidationException",
            "must use HTTPS",
        ),
        (
            {"AuthParameters": {**KEY, "InvocationHttpParameters": {"HeaderParameters": [{"Value": "v"}]}}},
            "ValidationException",
            "Key must be specified",
        ),
    ],
)
def test_what_is_no_connection_is_refused(
    events: Any, settings: dict[str, Any], code: str, text: str
) -> None:
    params = {"Name": "no", "AuthorizationType": "API_KEY", "AuthParameters": KEY, **settings}
    found = refusal(events.create_connection, **params)
    assert found[0] == code and text in found[1]
    assert refusal(events.describe_connection, Name="no")[0] == "ResourceNotFoundException"


def test_connections_are_listed_by_name_prefix_and_state(events: Any) -> None:
    for number in range(5):
        connect(events, f"list-{number}")
    events.deauthorize_connection(Name="list-3")
    names, token = [], None
    while True:
        more = {"NextToken": token} if token else {}
        page = events.list_connections(NamePrefix="list-", Limit=2, **more)
        names.append([one["Name"] for one in page["Connections"]])
        token = page.get("NextToken")
        if token is None:
            break
    assert names == [["list-0", "list-1"], ["list-2", "list-3"], ["list-4"]]
    found = events.list_connections(NamePrefix="list-", ConnectionState="DEAUTHORIZED")["Connections"]
    assert [one["Name"] for one in found] == ["list-3"]
    assert refusal(events.list_connections, NextToken="!")[0] == "ValidationException"


def test_a_deleted_connection_leaves_its_destinations_inactive(events: Any) -> None:
    arn = connect(events, "deleted")["ConnectionArn"]
    made = events.create_api_destination(
        Name="orphan", ConnectionArn=arn, InvocationEndpoint=URL, HttpMethod="POST"
    )
    assert made["ApiDestinationState"] == "ACTIVE"
    assert events.delete_connection(Name="deleted")["ConnectionArn"] == arn
    assert refusal(events.delete_connection, Name="deleted")[0] == "ResourceNotFoundException"
    connect(events, "deleted")  # of the same name, and not the same
    assert events.describe_api_destination(Name="orphan")["ApiDestinationState"] == "INACTIVE"


def test_a_destination_is_made_shown_changed_listed_and_deleted(events: Any) -> None:
    arn = connect(events, "whole")["ConnectionArn"]
    made = events.create_api_destination(
        Name="whole",
        Description="d",
        ConnectionArn=arn,
        InvocationEndpoint=URL,
        HttpMethod="POST",
        InvocationRateLimitPerSecond=7,
    )
    found = events.describe_api_destination(Name="whole")
    assert found["ApiDestinationArn"] == made["ApiDestinationArn"]
    settings = {"InvocationEndpoint": URL, "HttpMethod": "POST", "InvocationRateLimitPerSecond": 7}
    assert {name: found[name] for name in settings} == settings
    events.update_api_destination(Name="whole", HttpMethod="PATCH", InvocationEndpoint="http://localhost:1/x")
    found = events.describe_api_destination(Name="whole")
    assert (found["HttpMethod"], found["InvocationEndpoint"], found["Description"]) == (
        "PATCH",
        "http://localhost:1/x",
        "d",
    )
    listed = events.list_api_destinations(ConnectionArn=arn)["ApiDestinations"]
    assert [one["Name"] for one in listed] == ["whole"]
    assert "whole" in [one["Name"] for one in events.list_api_destinations()["ApiDestinations"]]
    events.delete_api_destination(Name="whole")
    assert refusal(events.describe_api_destination, Name="whole")[0] == "ResourceNotFoundException"


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example/",
        "ftp://api.example/",
        "https://",
        "https://user:pass@api.example/",
        "https://api.example:99999/",
        "https://[::1/",
        "/path",
        "http://localhost.evil.example/",
    ],
)
def test_what_is_no_endpoint_is_refused(events: Any, url: str) -> None:
    name = f"url-{abs(hash(url))}"
    arn = connect(events, name)["ConnectionArn"]
    found = refusal(
        events.create_api_destination, Name="no", ConnectionArn=arn, InvocationEndpoint=url, HttpMethod="POST"
    )
    assert found[0] == "ValidationException"


def test_a_destination_needs_a_connection_that_is_there(events: Any) -> None:
    account = ACCOUNT.replace("0", "1")
    for arn, code in [
        (f"arn:aws:events:{REGION}:{ACCOUNT}:connection/nobody/1", "ResourceNotFoundException"),
        (f"arn:aws:events:{REGION}:{account}:connection/others/1", "ValidationException"),
    ]:
        found = refusal(
            events.create_api_destination,
            Name="no",
            ConnectionArn=arn,
            InvocationEndpoint=URL,
            HttpMethod="POST",
        )
        assert found[0] == code
