"""A disk with little room: what grows is refused while what makes room works."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from tests.kit.forms import encoded, post, presigned

from penstock.clock import Ids
from penstock.errors import NoRoom
from penstock.store import Disk, FileBodies
from penstock.testing import LocalServer

LARGE = bytes(100_000)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Returns a data directory with an object, a queue and a message."""
    with LocalServer(data=tmp_path / "data") as server:
        server.client("s3").create_bucket(Bucket="bucket")
        server.client("s3").put_object(Bucket="bucket", Key="k", Body=LARGE)
        queue = server.client("sqs").create_queue(QueueName="queue")["QueueUrl"]
        server.client("sqs").send_message(QueueUrl=queue, MessageBody="kept")
    return tmp_path / "data"


@pytest.fixture
def server(data: Path) -> Iterator[LocalServer]:
    """A server that wants more room than any disk has."""
    with LocalServer(data=data, disk_floor=1 << 30) as server:
        yield server


def test_what_grows_is_refused_in_clear_words(server: LocalServer) -> None:
    s3, sqs = server.client("s3"), server.client("sqs")
    queue = sqs.get_queue_url(QueueName="queue")["QueueUrl"]
    for grow in (
        lambda: s3.put_object(Bucket="bucket", Key="small", Body=b"x"),
        lambda: s3.put_object(Bucket="bucket", Key="large", Body=LARGE),
        lambda: s3.create_bucket(Bucket="another"),
        lambda: sqs.send_message(QueueUrl=queue, MessageBody="more"),
    ):
        with pytest.raises(ClientError, match="disk is full") as raised:
            grow()
        assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    form = encoded(presigned(server, "bucket", "posted"))
    assert post(server, "/bucket", form).status_code == 503


def test_reading_and_deleting_work(server: LocalServer) -> None:
    s3, sqs = server.client("s3"), server.client("sqs")
    assert s3.get_object(Bucket="bucket", Key="k")["Body"].read() == LARGE
    s3.delete_object(Bucket="bucket", Key="k")
    s3.delete_bucket(Bucket="bucket")
    queue = sqs.get_queue_url(QueueName="queue")["QueueUrl"]
    (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])


def test_health_says_how_much_is_free(server: LocalServer) -> None:
    health = server.app.health()
    assert health["state"] == "degraded"
    assert "MiB are free" in health["problems"]["disk"]


def test_a_body_that_is_under_way_when_the_room_ends_is_refused_and_leaves_no_file(tmp_path: Path) -> None:
    disk = Disk(tmp_path, 1 << 60)
    body = FileBodies(tmp_path, Ids(), fsync=False, disk=disk).stage()
    body.write(LARGE)
    disk.look()
    with pytest.raises(NoRoom):
        body.write(LARGE)
    body.discard()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
