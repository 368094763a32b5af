"""A trace header of a client's own goes on as it was sent; what the ledger links does not need it."""

import pytest
from tests.kit.functions import make_function, receive
from tests.kit.policies import s3_may_send
from tests.kit.signed import send

from penstock.delivery.telling.story import object_story
from penstock.testing import LocalServer

ROOT = "Root=1-5759e988-bd862e3fe1be46a994272793"
HEADERS = [
    f"{ROOT};Parent=53995c3f42cd8ad8;Sampled=0",
    f"Self=1-67891234-12456789abcdef012345678;{ROOT};Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a87bd80c:99|b:1",
    f"{ROOT};Parent=53995c3f42cd8ad8;Sampled=1;Proof=0123456789abcdef01234567",
    f"!{ROOT};Parent=53995c3f42cd8ad8;Sampled=1 {ROOT}",
    "?",
    "none of AWS's",
]
COPIES = """
import boto3, json, os
def handler(event, context):
    for record in event["Records"]:
        for change in json.loads(record["body"]).get("Records", []):
            bucket, key = change["s3"]["bucket"]["name"], change["s3"]["object"]["key"]
            if key.startswith("in/"):
                text = record["attributes"]["AWSTraceHeader"] + "\\n" + os.environ["_X_AMZN_TRACE_ID"]
                boto3.client("s3").put_object(Bucket=bucket, Key="out/" + key[3:], Body=text.encode())
"""


def watch(server: LocalServer, bucket: str) -> tuple[str, str]:
    """Returns URL and ARN of a new queue that gets the events of the new ``bucket``."""
    sqs, s3 = server.client("sqs"), server.client("s3")
    url = sqs.create_queue(QueueName=bucket, Attributes={"Policy": s3_may_send()})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    s3.create_bucket(Bucket=bucket)
    rule = {"QueueArn": arn, "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]}
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"QueueConfigurations": [rule]}
    )
    receive(server, url)
    return url, arn


@pytest.fixture(scope="module")
def watched(server: LocalServer) -> tuple[str, str]:
    """Returns what ``watch`` does, of the bucket ``traced``."""
    return watch(server, "traced")


@pytest.mark.parametrize("header", HEADERS)
def test_the_header_of_a_client_reaches_the_message_as_it_was_sent(
    server: LocalServer, watched: tuple[str, str], header: str
) -> None:
    assert send(server, "PUT", "/traced/k", b"x", X_Amzn_Trace_Id=header).status_code == 200
    assert send(server, "DELETE", "/traced/k", X_Amzn_Trace_Id=header).status_code == 204
    messages = receive(server, watched[0])
    assert [message["Attributes"]["AWSTraceHeader"] for message in messages] == [header, header]


def test_a_client_without_a_header_gets_one_of_ours(server: LocalServer, watched: tuple[str, str]) -> None:
    server.client("s3").put_object(Bucket="traced", Key="bare", Body=b"")
    (message,) = receive(server, watched[0])
    assert message["Attributes"]["AWSTraceHeader"].startswith("Root=1-")


def test_the_test_event_carries_the_header_of_the_client(
    server: LocalServer, watched: tuple[str, str]
) -> None:
    document = (
        "<NotificationConfiguration><QueueConfiguration><Event>s3:ObjectCreated:*</Event>"
        f"<Queue>{watched[1]}</Queue></QueueConfiguration></NotificationConfiguration>"
    ).encode()
    server.client("s3").create_bucket(Bucket="traced-test")
    assert send(server, "PUT", "/traced-test?notification", document, X_Amzn_Trace_Id=HEADERS[0]).is_success
    (message,) = receive(server, watched[0])
    assert message["Attributes"]["AWSTraceHeader"] == HEADERS[0]


@pytest.mark.parametrize("header", [HEADERS[0], HEADERS[-1]])
def test_the_story_links_consumers_whatever_header_the_client_has_sent(
    server: LocalServer, header: str
) -> None:
    name = f"consumer-{HEADERS.index(header)}"
    _, queue = watch(server, name)
    function = make_function(server, name, COPIES, may=("s3:*", "sqs:*"), Timeout=30)["FunctionArn"]
    server.client("lambda").create_event_source_mapping(EventSourceArn=queue, FunctionName=name, BatchSize=1)

    assert send(server, "PUT", f"/{name}/in/k", b"x", X_Amzn_Trace_Id=header).status_code == 200
    server.settle()

    (event,) = server.wait(server.app.store.read(object_story, name, "in/k"))
    (consumer,) = event["consumers"]
    assert (consumer["arn"], consumer["ok"]) == (function, True)
    (written,) = consumer["wrote"]
    assert written["key"] == "out/k"
    body = server.client("s3").get_object(Bucket=name, Key="out/k")["Body"].read().decode()
    of_message, of_function = body.split("\n")
    assert of_message == header
    assert f"Parent={consumer['span']}" in of_function


def test_a_message_that_waited_for_its_queue_has_the_header_of_the_client(server: LocalServer) -> None:
    sqs = server.client("sqs")
    url, _ = watch(server, "traced-late")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})

    send(server, "PUT", "/traced-late/k", b"x", X_Amzn_Trace_Id=HEADERS[0])
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": s3_may_send()})
    server.advance(60)
    server.settle()

    (message,) = receive(server, url)
    assert message["Attributes"]["AWSTraceHeader"] == HEADERS[0]
