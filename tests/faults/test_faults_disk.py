"""A disk that fails or is full: nothing is acknowledged that is not there afterwards."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.faults.faulty import FaultyServer

BODIES = {"row": b"x", "file": b"x" * 100_000}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FaultyServer]:
    """A server with a bucket and an object that it has acknowledged."""
    server = FaultyServer(tmp_path / "data")
    server.start()
    server.client("s3").create_bucket(Bucket="bucket")
    server.client("s3").put_object(Bucket="bucket", Key="before", Body=b"kept")
    yield server
    server.kill9()


def refuses(server: FaultyServer, key: str, body: bytes) -> None:
    with pytest.raises((ClientError, BotoCoreError)) as raised:
        server.client("s3").put_object(Bucket="bucket", Key=key, Body=body)
    if isinstance(raised.value, ClientError):
        assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] >= 500


def keys(server: FaultyServer) -> set[str]:
    listed = server.client("s3").list_objects_v2(Bucket="bucket")
    return {entry["Key"] for entry in listed["Contents"]}


@pytest.mark.parametrize(
    ("pattern", "kind"),
    [
        ("*/penstock.db-wal", "row"),
        ("*/penstock.db-wal", "file"),
        ("*/bodies/*", "file"),
        ("*/bodies", "file"),
    ],
)
def test_a_sync_that_fails_is_no_success_and_loses_nothing(
    server: FaultyServer, pattern: str, kind: str
) -> None:
    server.fail_fsync(pattern)
    refuses(server, "meanwhile", BODIES[kind])

    server.kill9()
    server.restart()

    server.client("s3").put_object(Bucket="bucket", Key="after", Body=BODIES[kind])
    # What was refused because its sync failed may be there all the same.
    assert {"before", "after"} <= keys(server) <= {"before", "after", "meanwhile"}


@pytest.mark.parametrize("kind", BODIES)
def test_a_full_disk_refuses_what_it_cannot_keep_and_takes_it_when_there_is_room(
    server: FaultyServer, kind: str
) -> None:
    server.fill_disk()
    with pytest.raises(ClientError) as raised:
        server.client("s3").put_object(Bucket="bucket", Key="meanwhile", Body=BODIES[kind])
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    assert "disk is full" in raised.value.response["Error"]["Message"]
    assert not [path for path in (server.folder / "bodies").rglob("*") if path.is_file()]
    assert server.client("s3").get_object(Bucket="bucket", Key="before")["Body"].read() == b"kept"

    server.restore()

    server.client("s3").put_object(Bucket="bucket", Key="after", Body=BODIES[kind])
    assert keys(server) == {"before", "after"}
