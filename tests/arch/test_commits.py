"""How many commits an event costs: each is a wait for the disk."""

import json

import pytest
from tests.kit.functions import make_function, make_queue

from penstock.testing import LocalServer


@pytest.fixture(scope="module")
def queue_url(server: LocalServer) -> str:
    """Returns the URL of a queue that gets the events of the bucket ``commits``."""
    allow = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    url, arn = make_queue(server, "commits", Policy=policy)
    s3 = server.client("s3")
    s3.create_bucket(Bucket="commits")
    rule = {"QueueArn": arn, "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]}
    s3.put_bucket_notification_configuration(
        Bucket="commits", NotificationConfiguration={"QueueConfigurations": [rule]}
    )
    return url


def test_an_object_its_event_and_its_message_are_one_commit(server: LocalServer, queue_url: str) -> None:
    s3 = server.client("s3")
    server.settle()
    before = server.app.store.commits
    s3.put_object(Bucket="commits", Key="k", Body=b"1")
    assert server.app.store.commits == before + 1
    s3.delete_object(Bucket="commits", Key="k")
    assert server.app.store.commits == before + 2


@pytest.mark.embedded
def test_a_batch_of_deletes_with_its_events_is_one_commit(server: LocalServer, queue_url: str) -> None:
    server.settle()
    before = server.app.store.commits
    keys = [{"Key": str(number)} for number in range(50)]
    server.client("s3").delete_objects(Bucket="commits", Delete={"Objects": keys})
    assert server.app.store.commits == before + 1


def test_reads_commit_nothing(server: LocalServer, queue_url: str) -> None:
    s3 = server.client("s3")
    s3.put_object(Bucket="commits", Key="read", Body=b"1")
    server.settle()
    before = server.app.store.commits
    s3.get_object(Bucket="commits", Key="read")["Body"].read()
    s3.list_objects_v2(Bucket="commits")
    assert server.app.store.commits == before


def test_a_function_s_run_is_the_invocation_s_commit_and_its_outcome_s(server: LocalServer) -> None:
    make_function(server, "commits-run", "def handler(event, context):\n    pass\n", may=())
    client = server.client("lambda")
    client.invoke(FunctionName="commits-run", InvocationType="Event", Payload=b"1")
    server.settle()
    before = server.app.store.commits

    client.invoke(FunctionName="commits-run", InvocationType="Event", Payload=b"2")
    server.settle()

    # Besides the two there is what the run wrote to its log.
    assert before + 2 <= server.app.store.commits <= before + 4
