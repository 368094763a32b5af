"""API destinations as targets and enrichments of pipes."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.endpoints import Endpoint, Reply, endpoint
from tests.kit.functions import client
from tests.kit.pipes import ACTIONS, Line

from penstock.testing import LocalServer


@pytest.fixture
def site() -> Iterator[Endpoint]:
    with endpoint() as made:
        yield made


def destine(server: LocalServer, name: str, url: str) -> str:
    events = client(server, "events")
    key = {"ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "s3cret"}}
    connection = events.create_connection(Name=name, AuthorizationType="API_KEY", AuthParameters=key)
    made = events.create_api_destination(
        Name=name, ConnectionArn=connection["ConnectionArn"], InvocationEndpoint=url, HttpMethod="POST"
    )
    arn: str = made["ApiDestinationArn"]
    return arn


def test_a_record_is_posted_with_what_the_target_says(server: LocalServer, site: Endpoint) -> None:
    parameters = {
        "HttpParameters": {
            "PathParameterValues": ["$.body.id"],
            "HeaderParameters": {"X-Kind": "$.body.kind"},
            "QueryStringParameters": {"a": "b"},
        },
        "InputTemplate": '{"id": <$.body.id>}',
    }
    line = Line(server, "posted", destine(server, "posted", f"{site.url}/in/*"), TargetParameters=parameters)
    line.send({"id": "7", "kind": "new"})
    asked = site.next()
    assert (asked.method, asked.path, asked.json) == ("POST", "/in/7?a=b", {"id": "7"})
    assert (asked.headers["x-kind"], asked.headers["x-key"]) == ("new", "s3cret")
    server.settle()
    assert (line.left(), line.reason()) == (0, "")
    site.replies = [Reply(500, "no")]
    line.send({"id": "8", "kind": "x"})
    site.next()
    server.settle()
    assert line.left() == 1
    assert "answered with status 500" in line.reason()


def test_what_an_enrichment_answers_goes_on(server: LocalServer, site: Endpoint) -> None:
    site.replies = [Reply(body=json.dumps({"whole": True})), Reply(body="")]
    line = Line(server, "enriched", Enrichment=destine(server, "enriched", site.url))
    line.send({"n": 1})
    assert site.next().json["body"] == '{"n": 1}'
    server.settle()
    assert line.got() == [{"whole": True}]
    line.send({"n": 2})
    site.next()
    server.settle()
    assert (line.got(), line.left()) == ([], 0)


def test_a_role_that_may_not_ask_and_a_batch_are_refused(server: LocalServer, site: Endpoint) -> None:
    arn = destine(server, "refused", site.url)
    may = [action for action in ACTIONS if action != "events:InvokeApiDestination"]
    line = Line(server, "refused", arn, actions=may)
    line.send({"n": 1})
    assert site.waiting == 0
    assert "may not invoke" in line.reason()
    batch: dict[str, Any] = {"SourceParameters": {"SqsQueueParameters": {"BatchSize": 2}}}
    for settings in ({"Target": arn}, {"Target": line.target, "Enrichment": arn}):
        with pytest.raises(ClientError, match="BatchSize must not be more than 1"):
            client(server, "pipes").create_pipe(
                Name="batch", Source=line.source, RoleArn=line.role, **settings, **batch
            )
