"""What somebody else's trace headers may not do: end another's events, or stand in another's story."""

import json
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from typing import Any

import boto3
import pytest
from tests.kit.functions import SQS, arrive, client, make_function, make_queue, receive
from tests.kit.policies import ACCOUNT, document, s3_may_send

from penstock.app.commands import trace
from penstock.testing import LocalServer
from penstock.testing.server import REGION, client_config

THEM = "111122223333"
ACCOUNTS = f"{ACCOUNT}:AKIAPENSTOCKTESTING1:secret-one,{THEM}:AKIAPENSTOCKTESTING2:secret-two"
ROOT = "Root=1-5759e988-bd862e3fe1be46a994272793"

COPIES = """
import boto3, json
def handler(event, context):
    for record in event["Records"]:
        body = json.loads(record["body"]) if "body" in record else {"Records": [record]}
        for change in body.get("Records", ()):
            bucket, key = change["s3"]["bucket"]["name"], change["s3"]["object"]["key"]
            target = {"in": "mid", "mid": "out"}[key.split("/")[0]] + "/" + key.split("/")[1]
            boto3.client("s3").put_object(Bucket=bucket, Key=target, Body=b"done")
"""


class Stranger:
    """Another account on the same server, as the kit's helpers take a server."""

    def __init__(self, server: LocalServer) -> None:
        self._endpoint = server.endpoint
        self.app, self.wait = server.app, server.wait

    @cache  # noqa: B019 - one for each server
    def client(self, service: str) -> Any:
        return boto3.client(
            service, endpoint_url=self._endpoint, region_name=REGION, config=client_config(),
            aws_access_key_id="AKIAPENSTOCKTESTING2", aws_secret_access_key="secret-two",
        )  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with LocalServer(accounts=ACCOUNTS) as running:
        yield running


@pytest.fixture(scope="module")
def stranger(server: LocalServer) -> Any:
    return Stranger(server)


def watch(server: LocalServer, name: str) -> tuple[str, str, str]:
    """Returns the URL of the queue that gets the events of in/, its mapping and the function that mid/ runs."""
    s3, lambda_ = client(server, "s3"), client(server, "lambda")
    url, queue = make_queue(server, name)
    anybody = {"Effect": "Allow", "Principal": {"AWS": THEM}, "Action": "sqs:SendMessage", "Resource": queue}
    policy = document(anybody, *json.loads(s3_may_send())["Statement"])
    client(server, "sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    may = ("s3:PutObject", *SQS)
    make_function(server, f"{name}-first", COPIES, may=may, Timeout=30)
    second = make_function(server, f"{name}-second", COPIES, may=may, Timeout=30)["FunctionArn"]
    lambda_.add_permission(
        FunctionName=second, StatementId="s3", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com"
    )
    s3.create_bucket(Bucket=name)
    created = {"Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(
        Bucket=name,
        NotificationConfiguration={
            "QueueConfigurations": [{"QueueArn": queue, **created, **begins("in/")}],
            "LambdaFunctionConfigurations": [{"LambdaFunctionArn": second, **created, **begins("mid/")}],
        },
    )
    mapping = lambda_.create_event_source_mapping(
        FunctionName=f"{name}-first", EventSourceArn=queue, Enabled=False
    )
    arrive(server)
    return url, mapping["UUID"], second


def begins(prefix: str) -> dict[str, Any]:
    return {"Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": prefix}]}}}


def with_header(client: Any, operation: str, header: str, **params: Any) -> Any:
    def add(request: Any, **_: Any) -> None:
        request.headers["X-Amzn-Trace-Id"] = header

    event = f"before-sign.{client.meta.service_model.service_id.hyphenize()}"
    client.meta.events.register_first(event, add, unique_id="forged")
    try:
        return getattr(client, operation)(**params)
    finally:
        client.meta.events.unregister(event, unique_id="forged")


def story(server: LocalServer, bucket: str, key: str) -> dict[str, Any]:
    (event,) = server.wait(trace(server.app, {"bucket": bucket, "key": key}))["events"]
    found: dict[str, Any] = event
    return found


@pytest.mark.parametrize("way", ["header", "attribute"])
def test_a_message_with_a_forged_lineage_does_not_end_the_events_that_share_its_batch(
    server: LocalServer, stranger: Stranger, way: str
) -> None:
    name = f"shared-{way}"
    url, mapping, second = watch(server, name)
    runs = sha256(second.encode()).hexdigest()[:8] + ":99"
    forged = f"{ROOT};Parent=53995c3f42cd8ad8;Sampled=1;Lineage={runs}"
    message: dict[str, Any] = {"QueueUrl": url, "MessageBody": "{}"}
    if way == "header":
        with_header(stranger.client("sqs"), "send_message", forged, **message)
    else:
        value = {"AWSTraceHeader": {"DataType": "String", "StringValue": forged}}
        stranger.client("sqs").send_message(**message, MessageSystemAttributes=value)

    client(server, "s3").put_object(Bucket=name, Key="in/a", Body=b"1")
    client(server, "lambda").update_event_source_mapping(UUID=mapping, Enabled=True)
    server.settle()
    server.advance(61)  # what was too slow on a busy machine is tried again; what goes round is not
    server.settle()

    found = client(server, "s3").list_objects_v2(Bucket=name)["Contents"]
    assert [entry["Key"] for entry in found] == ["in/a", "mid/a", "out/a"]


def test_what_another_accounts_function_was_given_stays_a_claim_when_it_is_sent_from_elsewhere(
    server: LocalServer, stranger: Stranger
) -> None:
    tells = "import boto3, os\ndef handler(event, context):\n    return os.environ['_X_AMZN_TRACE_ID']"
    make_function(server, "given", tells)
    given = json.loads(client(server, "lambda").invoke(FunctionName="given")["Payload"].read())
    assert ";Proof=" in given

    client(server, "s3").create_bucket(Bucket="given")
    theirs_too = {"Principal": {"AWS": THEM}, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::given/*"}
    client(server, "s3").put_bucket_policy(Bucket="given", Policy=document({"Effect": "Allow", **theirs_too}))
    with_header(stranger.client("s3"), "put_object", given, Bucket="given", Key="theirs", Body=b"")
    with_header(client(server, "s3"), "put_object", given, Bucket="given", Key="ours", Body=b"")
    server.settle()  # what a function did is written behind its caller's back

    assert story(server, "given", "ours")["caused_by"]["function"].endswith(":given")
    theirs = story(server, "given", "theirs")
    assert theirs["caused_by"] is None
    assert theirs["claim"] == given


def test_a_forged_parent_does_not_make_anybody_a_consumer_or_a_writer_in_anothers_story(
    server: LocalServer, stranger: Stranger
) -> None:
    _, mapping, _ = watch(server, "told")
    client(server, "s3").put_object(Bucket="told", Key="in/a", Body=b"1")
    client(server, "lambda").update_event_source_mapping(UUID=mapping, Enabled=True)
    server.settle()
    (consumer,) = story(server, "told", "in/a")["consumers"]
    assert consumer["ok"], consumer
    event = int(story(server, "told", "in/a")["sequencer"], 16)

    their_url, their_queue = make_queue(stranger, "forger")  # type: ignore[arg-type]
    make_function(stranger, "forger", "def handler(event, context): pass", may=SQS)  # type: ignore[arg-type]
    stranger.client("lambda").create_event_source_mapping(FunctionName="forger", EventSourceArn=their_queue)
    forged = f"{ROOT};Parent={event:016x};Sampled=1"
    with_header(
        stranger.client("sqs"), "send_message", forged, QueueUrl=their_url, MessageBody="consumed by me"
    )
    stranger.client("s3").create_bucket(Bucket="forgers")
    forged = f"{ROOT};Parent={consumer['span']};Sampled=1"
    with_header(stranger.client("s3"), "put_object", forged, Bucket="forgers", Key="k", Body=b"by you")
    server.settle()

    assert receive(stranger, their_url) == []  # type: ignore[arg-type]
    assert story(server, "told", "in/a")["consumers"] == [consumer]
    assert [written["key"] for written in consumer["wrote"]] == ["mid/a"]
    assert story(server, "forgers", "k")["claim"] == forged


def test_a_claimed_header_is_passed_on_as_it_was_sent(server: LocalServer) -> None:
    url, _ = make_queue(server, "passed-on")
    sqs = client(server, "sqs")
    sent = f"Self=1-67891234-12456789abcdef012345678;{ROOT};Parent=53995c3f42cd8ad8;Sampled=0;Mine=1"
    with_header(sqs, "send_message", sent, QueueUrl=url, MessageBody="x")
    (message,) = sqs.receive_message(QueueUrl=url, MessageSystemAttributeNames=["AWSTraceHeader"])["Messages"]
    assert message["Attributes"]["AWSTraceHeader"] == sent
