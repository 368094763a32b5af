"""Notification configurations over the wire: put, checked against real queues and functions, and acted on."""

import json
from collections.abc import Callable
from typing import Any
from urllib.request import Request, urlopen
from zlib import crc32

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError
from tests.kit.functions import let_s3_invoke, make_function
from tests.kit.policies import s3_may_send

from penstock.store import Statement
from penstock.testing import LocalServer

ACCOUNT = "000000000000"


@pytest.fixture(scope="module")
def s3(server: LocalServer) -> Any:
    return server.client("s3")


@pytest.fixture(scope="module")
def sqs(server: LocalServer) -> Any:
    return server.client("sqs")


@pytest.fixture
def bucket(s3: Any, request: pytest.FixtureRequest) -> str:
    name = f"n-{crc32(request.node.name.encode()):08x}"
    s3.create_bucket(Bucket=name)
    return name


class Queue:
    """A queue, and what is in it."""

    def __init__(self, sqs: Any, name: str, *, bucket: str | None = None, **attributes: str) -> None:
        """``bucket`` may send to it; without one only its owner may."""
        self.arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"
        if bucket:
            attributes["Policy"] = s3_may_send(self.arn, bucket=bucket)
        self._url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        self._sqs = sqs

    def take(self) -> list[dict[str, Any]]:
        """Returns the bodies of the messages that wait, and removes them."""
        found = self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10).get("Messages", [])
        for message in found:
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in found]


@pytest.fixture
def queue(sqs: Any, bucket: str) -> Queue:
    return Queue(sqs, bucket, bucket=bucket)


def to(queue: Queue, *events: str, **more: Any) -> dict[str, Any]:
    return {"QueueArn": queue.arn, "Events": list(events or ["s3:ObjectCreated:*"]), **more}


def put(s3: Any, bucket: str, *queues: dict[str, Any], **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"QueueConfigurations": list(queues)}, **more
    )
    return answer


def get(s3: Any, bucket: str) -> dict[str, Any]:
    answer: dict[str, Any] = s3.get_bucket_notification_configuration(Bucket=bucket)
    answer.pop("ResponseMetadata")
    return answer


def refusal(call: Callable[..., Any], *args: Any, **params: Any) -> dict[str, Any]:
    """Returns the error document of a call that must fail with InvalidArgument."""
    with pytest.raises(ClientError) as raised:
        call(*args, **params)
    error: dict[str, Any] = raised.value.response["Error"]  # type: ignore[assignment]
    assert error["Code"] == "InvalidArgument"
    return error


def test_a_bucket_has_no_configuration_at_first(s3: Any, bucket: str) -> None:
    assert get(s3, bucket) == {}


def test_a_configuration_comes_back_whole(s3: Any, bucket: str, queue: Queue) -> None:
    rules = [{"Name": "prefix", "Value": "in/"}, {"Name": "SUFFIX", "Value": ".csv"}]
    put(
        s3,
        bucket,
        to(
            queue,
            "s3:ObjectCreated:*",
            "s3:ObjectTagging:Put",
            Id="x",
            Filter={"Key": {"FilterRules": rules}},
        ),
    )
    shown = [{"Name": "Prefix", "Value": "in/"}, {"Name": "Suffix", "Value": ".csv"}]
    assert get(s3, bucket) == {
        "QueueConfigurations": [
            to(
                queue,
                "s3:ObjectCreated:*",
                "s3:ObjectTagging:Put",
                Id="x",
                Filter={"Key": {"FilterRules": shown}},
            )
        ]
    }


def test_a_put_replaces_everything_and_an_empty_one_removes_it(s3: Any, bucket: str, queue: Queue) -> None:
    put(s3, bucket, to(queue, "s3:ObjectCreated:*"), to(queue, "s3:ObjectRemoved:*"))
    put(s3, bucket, to(queue, "s3:ObjectTagging:*"))
    (left,) = get(s3, bucket)["QueueConfigurations"]
    assert left["Events"] == ["s3:ObjectTagging:*"] and left["Id"]
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
    assert get(s3, bucket) == {}


def test_a_queue_gets_one_test_event_for_each_put(s3: Any, bucket: str, queue: Queue) -> None:
    answer = put(s3, bucket, to(queue, "s3:ObjectCreated:*"), to(queue, "s3:ObjectRemoved:*"))
    (event,) = queue.take()
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    assert event.pop("Time").endswith("Z")
    assert event == {
        "Service": "Amazon S3",
        "Event": "s3:TestEvent",
        "Bucket": bucket,
        "RequestId": headers["x-amz-request-id"],
        "HostId": headers["x-amz-id-2"],
    }


def test_events_follow_the_configuration(s3: Any, bucket: str, queue: Queue) -> None:
    put(
        s3,
        bucket,
        to(queue, Id="csv", Filter={"Key": {"FilterRules": [{"Name": "suffix", "Value": ".csv"}]}}),
    )
    queue.take()
    s3.put_object(Bucket=bucket, Key="a.txt")
    s3.put_object(Bucket=bucket, Key="a.csv")
    s3.delete_object(Bucket=bucket, Key="a.csv")
    (message,) = queue.take()
    (record,) = message["Records"]
    assert (record["eventName"], record["s3"]["object"]["key"]) == ("ObjectCreated:Put", "a.csv")
    assert record["s3"]["configurationId"] == "csv"
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
    s3.put_object(Bucket=bucket, Key="a.csv")
    assert queue.take() == []


def test_a_bucket_made_anew_has_no_configuration_of_the_former(s3: Any, bucket: str, queue: Queue) -> None:
    put(s3, bucket, to(queue))
    queue.take()
    s3.delete_bucket(Bucket=bucket)
    s3.create_bucket(Bucket=bucket)
    assert get(s3, bucket) == {}
    s3.put_object(Bucket=bucket, Key="k")
    assert queue.take() == []


def test_a_refused_configuration_changes_nothing(s3: Any, bucket: str, queue: Queue) -> None:
    put(s3, bucket, to(queue, Id="stays"))
    queue.take()
    missing = to(queue, "s3:ObjectRemoved:*") | {"QueueArn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:no-such-queue"}
    error = refusal(put, s3, bucket, to(queue), missing)
    assert error["Message"] == "Unable to validate the following destination configurations"
    assert error["ArgumentValue1"] == "The destination queue does not exist"
    assert [found["Id"] for found in get(s3, bucket)["QueueConfigurations"]] == ["stays"]
    assert queue.take() == []


def test_every_destination_that_cannot_take_events_is_named(s3: Any, sqs: Any, bucket: str) -> None:
    forbidding = Queue(sqs, f"{bucket}-forbidding")
    function = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:no-such-function"
    configuration = {
        "QueueConfigurations": [to(forbidding)],
        "LambdaFunctionConfigurations": [{"LambdaFunctionArn": function, "Events": ["s3:ObjectRemoved:*"]}],
    }
    error = refusal(
        s3.put_bucket_notification_configuration, Bucket=bucket, NotificationConfiguration=configuration
    )
    assert error["ArgumentName1"] == forbidding.arn
    assert error["ArgumentValue1"] == (
        "Permissions on the destination queue do not allow S3 to publish notifications from this bucket"
    )
    assert error["ArgumentName2"] == f"{function}, null"
    assert error["ArgumentValue2"] == f"Not authorized to invoke function [{function}]"


def test_a_queue_that_lets_another_bucket_in_is_refused(s3: Any, sqs: Any, bucket: str) -> None:
    other = Queue(sqs, f"{bucket}-other", bucket="another-bucket")
    assert "destination configurations" in refusal(put, s3, bucket, to(other))["Message"]


@pytest.mark.parametrize("skip", [False, True])
def test_a_fifo_queue_is_refused(s3: Any, bucket: str, skip: bool) -> None:
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:orders.fifo"
    fifo = {"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}
    error = refusal(put, s3, bucket, fifo, SkipDestinationValidation=skip)
    assert error["Message"] == "Unable to validate the following destination configurations"
    assert (error["ArgumentName1"], "FIFO" in error["ArgumentValue1"]) == (arn, True)


def test_a_topic_is_refused_while_there_are_none(s3: Any, bucket: str) -> None:
    topic = f"arn:aws:sns:us-east-1:{ACCOUNT}:t"
    configuration = {"TopicConfigurations": [{"TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}]}
    error = refusal(
        s3.put_bucket_notification_configuration, Bucket=bucket, NotificationConfiguration=configuration
    )
    assert error["ArgumentName1"] == topic


def test_event_bridge_is_enabled_beside_other_destinations_and_disabled_again(
    s3: Any, bucket: str, queue: Queue
) -> None:
    configuration = {"EventBridgeConfiguration": {}, "QueueConfigurations": [to(queue, Id="EventBridge")]}
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=configuration)
    assert get(s3, bucket) == configuration
    queue.take()
    s3.put_object(Bucket=bucket, Key="k")
    assert len(queue.take()) == 1
    put(s3, bucket)
    assert get(s3, bucket) == {}


def test_a_destination_in_another_region_is_refused(s3: Any, bucket: str, queue: Queue) -> None:
    abroad = to(queue) | {"QueueArn": queue.arn.replace("us-east-1", "eu-west-1")}
    assert refusal(put, s3, bucket, abroad)["Message"] == (
        "The notification destination service region is not valid for the bucket location constraint"
    )


def test_validation_can_be_skipped_for_a_queue_that_comes_later(s3: Any, sqs: Any, bucket: str) -> None:
    name = f"{bucket}-later"
    later = {"QueueArn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}", "Events": ["s3:ObjectCreated:*"]}
    put(s3, bucket, later, SkipDestinationValidation=True)
    queue = Queue(sqs, name, bucket=bucket)
    s3.put_object(Bucket=bucket, Key="k")
    assert [record["s3"]["object"]["key"] for event in queue.take() for record in event["Records"]] == ["k"]


def test_overlapping_configurations_are_refused(s3: Any, bucket: str, queue: Queue) -> None:
    error = refusal(put, s3, bucket, to(queue, "s3:ObjectCreated:Put"), to(queue, "s3:ObjectCreated:*"))
    assert error["Message"].startswith("Configurations overlap.")
    assert error["ArgumentValue"] == "s3:ObjectCreated:Put, s3:ObjectCreated:*"


def test_an_event_that_does_not_exist_is_refused(s3: Any, bucket: str, queue: Queue) -> None:
    message = refusal(put, s3, bucket, to(queue, "s3:ObjectCreated:Nothing"))["Message"]
    assert message == "The event 's3:ObjectCreated:Nothing' is not supported for notifications"


def test_a_function_is_invoked_but_not_by_a_test_event(server: LocalServer, s3: Any, bucket: str) -> None:
    arn = make_function(server, "notified", "def handler(event, context): return event")["FunctionArn"]
    let_s3_invoke(server, "notified", SourceArn=f"arn:aws:s3:::{bucket}", SourceAccount=ACCOUNT)
    configuration = {
        "LambdaFunctionConfigurations": [{"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"]}]
    }
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=configuration)
    (shown,) = get(s3, bucket)["LambdaFunctionConfigurations"]
    assert shown["LambdaFunctionArn"] == arn
    server.settle()
    assert attempts(server, arn) == []
    s3.put_object(Bucket=bucket, Key="k")
    server.settle()
    assert attempts(server, arn) == [1]


def attempts(server: LocalServer, arn: str) -> list[int]:
    """Returns whether each invocation of the function succeeded, from the ledger."""
    query = Statement.of("SELECT ok FROM attempt WHERE arn = ? ORDER BY id")
    return [ok for (ok,) in server.wait(server.app.store.read(lambda tx: tx.all(query, arn)))]


def test_the_elements_of_the_first_api_are_understood(
    server: LocalServer, s3: Any, bucket: str, queue: Queue
) -> None:
    """CloudFunctionConfiguration and friends are what the wire still calls them; several Event elements repeat."""
    document = (
        '<NotificationConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><QueueConfiguration>'
        f"<Id>old</Id><Queue>{queue.arn}</Queue><Event>s3:ObjectCreated:Put</Event>"
        "<Event>s3:ObjectRemoved:Delete</Event></QueueConfiguration></NotificationConfiguration>"
    )
    request = AWSRequest("PUT", f"{server.endpoint}/{bucket}?notification", data=document.encode())
    S3SigV4Auth(server.session().get_credentials(), "s3", "us-east-1").add_auth(request)
    prepared = request.prepare()
    with urlopen(Request(prepared.url, prepared.body, dict(prepared.headers), method="PUT")) as answer:
        assert answer.status == 200
    expected = to(queue, "s3:ObjectCreated:Put", "s3:ObjectRemoved:Delete", Id="old")
    assert get(s3, bucket) == {"QueueConfigurations": [expected]}
