"""A 200 is sent when what it promises is on disk: bytes, names and the folders that know them.

A kill cannot show that, for what a killed process wrote is in the machine's memory still. So every write and sync is
logged, and at the first byte of every answer nothing may be waiting for a sync.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.crash.crash_server import ACCOUNT
from tests.faults.faulty import FaultyServer
from tests.faults.journal import Answer
from tests.kit.functions import TRUST, zip_of
from tests.kit.policies import document

LARGE = b"x" * 100_000

Act = Callable[[FaultyServer], object]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FaultyServer]:
    """A server that has its first start, and a bucket, behind it."""
    with_shim = FaultyServer(tmp_path / "data")
    with_shim.start()
    with_shim.client("s3").create_bucket(Bucket="bucket")
    yield with_shim
    with_shim.kill9()


def answers_to(server: FaultyServer, act: Act) -> list[Answer]:
    """Returns the answers with which ``act`` was told that something is done."""
    before = len(server.answers())
    act(server)
    return [answer for answer in server.answers()[before:] if answer.line.startswith("HTTP/1.1 2")]


def put_small(server: FaultyServer) -> None:
    server.client("s3").put_object(Bucket="bucket", Key="small", Body=b"x")


def put_large(server: FaultyServer) -> None:
    server.client("s3").put_object(Bucket="bucket", Key="large", Body=LARGE)


def overwrite(server: FaultyServer) -> None:
    put_large(server)
    put_large(server)


def upload_parts(server: FaultyServer) -> None:
    s3 = server.client("s3")
    where = {"Bucket": "bucket", "Key": "parts"}
    id = s3.create_multipart_upload(**where)["UploadId"]
    etag = s3.upload_part(**where, UploadId=id, PartNumber=1, Body=LARGE)["ETag"]
    parts = {"Parts": [{"PartNumber": 1, "ETag": etag}]}
    s3.complete_multipart_upload(**where, UploadId=id, MultipartUpload=parts)


def send_message(server: FaultyServer) -> None:
    sqs = server.client("sqs")
    url = sqs.create_queue(QueueName="queue")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="hello")


def create_function(server: FaultyServer) -> None:
    server.client("iam").create_role(RoleName="role", AssumeRolePolicyDocument=document(*TRUST["Statement"]))
    server.client("lambda").create_function(
        FunctionName="function",
        Runtime="python3.11",
        Handler="app.handler",
        Role=f"arn:aws:iam::{ACCOUNT}:role/role",
        Code={"ZipFile": zip_of("def handler(event, context): pass")},
    )


CHANGES = [put_small, put_large, overwrite, upload_parts, send_message, create_function]


@pytest.mark.parametrize("change", CHANGES)
def test_nothing_that_an_answer_promises_waits_for_a_sync(server: FaultyServer, change: Act) -> None:
    found = answers_to(server, change)
    assert found
    assert [answer for answer in found if answer.unsynced] == []


@pytest.mark.parametrize("change", CHANGES)
def test_the_check_sees_a_database_that_is_not_synced(server: FaultyServer, change: Act) -> None:
    server.pretend_fsync("*/penstock.db-wal")
    assert any("penstock.db-wal" in path for path in answers_to(server, change)[-1].unsynced)


@pytest.mark.parametrize(
    ("change", "pattern", "lost"),
    [
        (put_large, "*/bodies/staging/*", "/bodies/"),
        (put_large, "*/bodies/??", "/bodies/"),
        (put_large, "*/bodies", "/bodies/"),
        (upload_parts, "*/bodies/staging/*", "/bodies/"),
        (create_function, "*/code/staging/*", "/functions/code/"),
        (create_function, "*/code/??", "/functions/code/"),
    ],
)
def test_the_check_sees_a_file_that_is_not_synced_and_a_folder_that_does_not_know_it(
    server: FaultyServer, change: Act, pattern: str, lost: str
) -> None:
    server.pretend_fsync(pattern)
    assert any(lost in path for path in answers_to(server, change)[-1].unsynced)


def test_the_check_sees_that_durability_normal_leaves_the_last_moments_unsynced(tmp_path: Path) -> None:
    server = FaultyServer(tmp_path / "data", "--durability", "normal")
    server.start()
    server.client("s3").create_bucket(Bucket="bucket")
    found = answers_to(server, put_small)
    server.kill9()
    assert any("penstock.db-wal" in path for path in found[-1].unsynced)


class Keyless(FaultyServer):
    """A server that makes its root key at its first start."""

    def environment(self) -> dict[str, str]:
        """Returns the environment without credentials."""
        return {name: value for name, value in super().environment().items() if name != "PENSTOCK_ACCOUNTS"}


@pytest.mark.parametrize(("pattern", "lost"), [("-", False), ("*credentials.json*", True), ("*/data", True)])
def test_the_root_key_is_on_disk_before_the_server_answers(tmp_path: Path, pattern: str, lost: bool) -> None:
    server = Keyless(tmp_path / "data")
    server.pretend_fsync(pattern)
    server.start()
    with urlopen(f"{server.endpoint}/_penstock/health"):
        (first,) = server.answers()
    server.kill9()
    assert any("credentials.json" in path for path in first.unsynced) is lost
