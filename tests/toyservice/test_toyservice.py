"""A new service is its folder, one line in ``app`` and one in the import contract: no other file knows its name."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from penstock.app import SERVICES
from penstock.delivery import Message, MissingDestination, Source
from penstock.services.service import Service
from penstock.testing import LocalServer
from tests.kit.functions import make_function, make_queue, make_role, receive
from tests.toyservice import Toy

ROOT = Path(__file__).parents[2]
SOURCE = Source.of_service("s3.amazonaws.com", "arn:aws:s3:::bucket", "000000000000", "AROASENDER")


@pytest.fixture(autouse=True)
def one_line_in_app(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penstock.app.application.SERVICES", (*SERVICES, Toy))


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with LocalServer() as running:
        yield running


@pytest.fixture
def toy(server: LocalServer) -> Any:
    return server.client("codestar-connections")


@pytest.fixture
def arn(toy: Any) -> str:
    return toy.create_connection(ConnectionName="one", ProviderType="Bitbucket")["ConnectionArn"]


def status(toy: Any, arn: str) -> str:
    return toy.get_connection(ConnectionArn=arn)["Connection"]["ConnectionStatus"]


def deliver(server: LocalServer, arn: str) -> None:
    target = server.app.delivery.target(arn)
    server.wait(server.app.store.write(target.accept, arn, SOURCE, Message(b"{}", "Root=1")))


def test_its_operations_are_served(toy: Any, arn: str) -> None:
    assert toy.list_connections()["Connections"] == [
        {
            "ConnectionArn": arn,
            "ConnectionName": "one",
            "ProviderType": "Bitbucket",
            "OwnerAccountId": "000000000000",
            "ConnectionStatus": "PENDING",
        }
    ]


def test_what_it_does_not_declare_is_named_in_the_answer(toy: Any) -> None:
    with pytest.raises(ClientError, match="codestar-connections:ListHosts is not implemented") as raised:
        toy.list_hosts()
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_its_errors_have_its_shapes(toy: Any) -> None:
    with pytest.raises(toy.exceptions.ResourceNotFoundException):
        status(toy, "arn:aws:codestar-connections:us-east-1:000000000000:connection/none")


def test_whoever_may_not_is_refused(server: LocalServer, toy: Any, arn: str) -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
    }
    role = make_role(server, "reader", "codestar-connections:ListConnections", trust=trust)
    session = server.client("sts").assume_role(RoleArn=role, RoleSessionName="reading")["Credentials"]
    reader = server.client(
        "codestar-connections",
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
    )
    assert len(reader.list_connections()["Connections"]) == 1
    with pytest.raises(ClientError, match="codestar-connections:GetConnection on resource"):
        status(reader, arn)


def test_events_are_delivered_to_it(server: LocalServer, toy: Any, arn: str) -> None:
    deliver(server, arn)
    assert status(toy, arn) == "AVAILABLE"
    with pytest.raises(MissingDestination):
        deliver(server, arn + "0")


HEARS = """
import boto3, json
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=%r, MessageBody=json.dumps(event))
"""


def test_it_feeds_a_function(server: LocalServer, arn: str) -> None:
    url, _ = make_queue(server, "heard")
    make_function(server, "hears", HEARS % url, may=["sqs:SendMessage"])
    server.client("lambda").create_event_source_mapping(FunctionName="hears", EventSourceArn=arn)
    server.settle()
    assert [json.loads(message["Body"]) for message in receive(server, url)] == [[arn]]


def test_its_background_work_follows_the_clock(server: LocalServer, toy: Any, arn: str) -> None:
    server.advance(3599)
    server.settle()
    assert status(toy, arn) == "PENDING"
    server.advance(1)
    server.settle()
    assert status(toy, arn) == "ERROR"


def test_its_state_outlives_the_server(tmp_path: Path) -> None:
    with LocalServer(data=tmp_path) as server:
        arn = server.client("codestar-connections").create_connection(ConnectionName="kept")["ConnectionArn"]
    with LocalServer(data=tmp_path) as server:
        assert status(server.client("codestar-connections"), arn) == "PENDING"


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_a_service_takes_two_lines_outside_its_folder(service: type[Service]) -> None:
    folder = service.__module__.split(".")[2]
    app = (ROOT / "src" / "penstock" / "app").rglob("*.py")
    contracts = (ROOT / "pyproject.toml").read_text("utf-8")
    independent = contracts.split('name = "Services never import each other"')[1].split("[[")[0]
    lines = "".join(path.read_text("utf-8") for path in app) + independent
    named = re.findall(rf"^.*(?:services\.{folder}\b|\"{folder}\"(?!:)).*$", lines, re.MULTILINE)
    assert named == [f'    "{folder}",', f'    "penstock.services.{folder}",']


def test_nothing_outside_its_folder_knows_its_name() -> None:
    files = [path for path in (ROOT / "src").rglob("*") if path.suffix in (".py", ".sql")]
    name = re.compile("codestar|toyservice", re.IGNORECASE)
    assert [path for path in files if name.search(path.read_text("utf-8"))] == []
