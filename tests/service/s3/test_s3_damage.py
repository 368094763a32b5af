"""A disk that changes bytes: what is not what was written is never sent as if it were."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from tests.kit.commands import penstock
from tests.kit.control import ask, scrubbed

from penstock.store import Statement
from penstock.store.bodies.blocks import BLOCK_BYTES
from penstock.testing import LocalServer

SIZE = 10 * BLOCK_BYTES + 17
BODY = (bytes(range(251)) * (SIZE // 251 + 1))[:SIZE]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def s3(data: Path) -> Iterator[Any]:
    """Returns a client of a server with the object ``k``, a file."""
    with LocalServer(data=data) as server:
        s3 = server.client("s3")
        s3.create_bucket(Bucket="bucket")
        s3.put_object(Bucket="bucket", Key="k", Body=BODY)
        yield s3


def body_file(data: Path) -> Path:
    (path,) = [path for path in (data / "bodies").rglob("*") if path.is_file()]
    return path


def flip(path: Path, offset: int) -> None:
    """Changes one bit."""
    with path.open("r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ 4]))


def status_of(ask: Any, **params: Any) -> int:
    with pytest.raises(ClientError) as raised:
        ask(Bucket="bucket", **params)
    assert raised.value.response["Error"]["Code"] == "InternalError"
    status: int = raised.value.response["ResponseMetadata"]["HTTPStatusCode"]
    return status


def test_a_flipped_bit_in_the_first_block_is_no_answer_of_200(s3: Any, data: Path) -> None:
    flip(body_file(data), 5)
    assert status_of(s3.get_object, Key="k") == 500


def test_a_flipped_bit_further_on_breaks_the_answer_off(s3: Any, data: Path) -> None:
    flip(body_file(data), 9 * BLOCK_BYTES)
    body = s3.get_object(Bucket="bucket", Key="k")["Body"]
    with pytest.raises(BotoCoreError):
        body.read()


@pytest.mark.parametrize("offset", [SIZE, SIZE + 4 * 11 + 2, -1])
def test_a_flipped_bit_behind_the_data_is_no_answer_of_200(s3: Any, data: Path, offset: int) -> None:
    path = body_file(data)
    flip(path, offset % path.stat().st_size)
    assert status_of(s3.get_object, Key="k") == 500


@pytest.mark.parametrize("length", [0, 100, SIZE, SIZE + 20])
def test_a_file_that_has_lost_its_end_is_no_answer_of_200(s3: Any, data: Path, length: int) -> None:
    with body_file(data).open("r+b") as file:
        file.truncate(length)
    assert status_of(s3.get_object, Key="k") == 500


def test_a_missing_file_is_no_answer_of_200(s3: Any, data: Path) -> None:
    body_file(data).unlink()
    assert status_of(s3.get_object, Key="k", Range="bytes=7-9") == 500
    assert s3.head_object(Bucket="bucket", Key="k")["ContentLength"] == SIZE


def test_a_missing_part_behind_the_first_is_no_answer_of_200(s3: Any, data: Path) -> None:
    known = body_file(data)
    upload = s3.create_multipart_upload(Bucket="bucket", Key="parts")["UploadId"]
    parts, last = [], known
    for number, body in enumerate((bytes(5 << 20), b"tail" * 30_000), 1):
        before = set((data / "bodies").rglob("*"))
        part = {"Bucket": "bucket", "Key": "parts", "UploadId": upload, "PartNumber": number}
        parts.append({"PartNumber": number, "ETag": s3.upload_part(**part, Body=body)["ETag"]})
        (last,) = [path for path in set((data / "bodies").rglob("*")) - before if path.is_file()]
    s3.complete_multipart_upload(
        Bucket="bucket", Key="parts", UploadId=upload, MultipartUpload={"Parts": parts}
    )
    assert s3.get_object(Bucket="bucket", Key="parts")["Body"].read().endswith(b"tailtail")
    last.unlink()
    assert status_of(s3.get_object, Key="parts") == 500
    assert s3.get_object(Bucket="bucket", Key="parts", PartNumber=1)["Body"].read() == bytes(5 << 20)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (0, 0),
        (BLOCK_BYTES - 1, BLOCK_BYTES),
        (3, 3 * BLOCK_BYTES),
        (BLOCK_BYTES, 9 * BLOCK_BYTES + 1),
        (SIZE - 18, SIZE - 1),
        (SIZE - 1, SIZE - 1),
        (4 * BLOCK_BYTES - 1, SIZE - 1),
    ],
)
def test_ranges_are_cut_out_of_blocks(s3: Any, start: int, end: int) -> None:
    found = s3.get_object(Bucket="bucket", Key="k", Range=f"bytes={start}-{end}")["Body"].read()
    assert found == BODY[start : end + 1]


def test_a_range_is_verified_by_its_whole_blocks(s3: Any, data: Path) -> None:
    flip(body_file(data), 2 * BLOCK_BYTES + 99)
    assert (
        status_of(s3.get_object, Key="k", Range=f"bytes={2 * BLOCK_BYTES + 500}-{2 * BLOCK_BYTES + 501}")
        == 500
    )
    found = s3.get_object(Bucket="bucket", Key="k", Range=f"bytes=0-{2 * BLOCK_BYTES - 1}")["Body"].read()
    assert found == BODY[: 2 * BLOCK_BYTES]


def test_a_copy_gives_rotten_bytes_no_checksum_of_their_own(s3: Any, data: Path) -> None:
    flip(body_file(data), 9 * BLOCK_BYTES)
    copy = {"Key": "copy", "CopySource": "bucket/k", "ChecksumAlgorithm": "SHA256"}
    assert status_of(s3.copy_object, **copy) == 500
    assert s3.list_objects_v2(Bucket="bucket")["KeyCount"] == 1


def older_file(data: Path) -> Path:
    """Returns the file of the object ``k`` of a directory from before there were checksums."""
    with LocalServer(data=data) as server:
        server.client("s3").create_bucket(Bucket="bucket")
        server.client("s3").put_object(Bucket="bucket", Key="k", Body=BODY)
    new = body_file(data)
    old = new.rename(new.with_name(new.name[:32]))
    with old.open("r+b") as file:
        file.truncate(SIZE)
    with closing(sqlite3.connect(data / "penstock.db")) as database, database:
        database.execute("UPDATE s3_file SET ref = ?", (old.name,))
        database.execute("UPDATE s3_object SET files = replace(files, ?, ?)", (new.name, old.name))
    return old


@pytest.mark.embedded
def test_a_file_of_an_older_directory_is_served_as_it_is(data: Path) -> None:
    older_file(data)
    with LocalServer(data=data) as server:
        assert server.client("s3").get_object(Bucket="bucket", Key="k")["Body"].read() == BODY


def test_a_scrub_names_what_is_damaged_until_it_is_overwritten_or_deleted(data: Path) -> None:
    with LocalServer(data=data) as server:
        s3 = server.client("s3")
        s3.create_bucket(Bucket="bucket")
        s3.put_object(Bucket="bucket", Key="file", Body=BODY)
        flip(body_file(data), 3 * BLOCK_BYTES)
        for key in ("row", "whole", "empty"):
            s3.put_object(Bucket="bucket", Key=key, Body=b"" if key == "empty" else key.encode())
        server.wait(server.app.store.write(rot, b"rot", b"row"))
        s3.copy_object(Bucket="bucket", Key="copy", CopySource="bucket/whole")

        report = scrubbed(server)
        assert [found["key"] for found in report["damaged"]] == ["file", "row"]
        assert (report["versions"], report["bytes"]) == (5, SIZE + 13)
        assert server.app.health()["problems"]["s3: damaged objects"].startswith("2;")

    with LocalServer(data=data) as server:
        assert server.app.health()["problems"]["s3: damaged objects"].startswith("2;")
        s3 = server.client("s3")
        s3.put_object(Bucket="bucket", Key="file", Body=b"new")
        s3.delete_object(Bucket="bucket", Key="row")
        assert server.app.health()["problems"] == {}
        assert scrubbed(server)["damaged"] == []


def rot(tx: Any, after: bytes, before: bytes) -> None:
    tx.run(Statement.of("UPDATE s3_inline SET data = ? WHERE data = ?"), after, before)


def test_a_scrub_knows_the_etag_of_what_came_in_parts(data: Path) -> None:
    with LocalServer(data=data) as server:
        s3 = server.client("s3")
        s3.create_bucket(Bucket="bucket")
        upload = s3.create_multipart_upload(Bucket="bucket", Key="parts")["UploadId"]
        parts = []
        for number, body in enumerate((bytes(5 << 20), BODY * 2, b"tail"), 1):
            part = {"Bucket": "bucket", "Key": "parts", "UploadId": upload, "PartNumber": number}
            parts.append({"PartNumber": number, "ETag": s3.upload_part(**part, Body=body)["ETag"]})
        s3.complete_multipart_upload(
            Bucket="bucket", Key="parts", UploadId=upload, MultipartUpload={"Parts": parts}
        )
        assert scrubbed(server)["damaged"] == []


@pytest.mark.embedded
def test_a_scrub_gives_an_older_file_its_checksums_and_a_week_later_finds_what_has_rotted(data: Path) -> None:
    path = older_file(data)
    with LocalServer(data=data) as server:
        assert scrubbed(server)["damaged"] == []
        flip(path, 10 * BLOCK_BYTES)
        server.clock.advance(8 * 86_400)
        while not server.app.health()["problems"]:
            ask(server, "GET", "/_penstock/scrub")
        ((damaged),) = scrubbed(server)["damaged"]
        assert damaged["why"].endswith("block 10 is not what was written")


@pytest.mark.embedded
def test_a_pass_that_was_cut_off_goes_on_where_it_was(data: Path) -> None:
    with LocalServer(data=data) as server:
        s3 = server.client("s3")
        s3.create_bucket(Bucket="bucket")
        for key in ("a", "b", "c"):
            s3.put_object(Bucket="bucket", Key=key, Body=b"x")
    with closing(sqlite3.connect(data / "penstock.db")) as database, database:
        (bucket,) = database.execute("SELECT id FROM s3_bucket").fetchone()
        database.execute("INSERT INTO s3_scrub VALUES (1, 1, NULL, ?, 'b', -1, 2, 2)", (bucket,))
    with LocalServer(data=data) as server:
        report = scrubbed(server)
    assert (report["versions"], report["bytes"]) == (3, 3)


def test_the_command_names_what_is_damaged_and_ends_with_status_1(data: Path) -> None:
    with LocalServer(data=data) as server:
        keys = {"PENSTOCK_ACCOUNTS": server.accounts, "AWS_ENDPOINT_URL": server.endpoint}
        s3 = server.client("s3")
        s3.create_bucket(Bucket="bucket")
        s3.put_object(Bucket="bucket", Key="k", Body=BODY)
        whole = penstock("scrub", **keys)
        assert (whole.returncode, whole.stdout) == (0, "1 objects, 2.6 MB read, 0 damaged\n")
        flip(body_file(data), 0)
        damaged = penstock("scrub", **keys)
        assert damaged.returncode == 1 and "s3://bucket/k: " in damaged.stdout
        report = json.loads(penstock("scrub", "--json", **keys).stdout)
        assert [found["key"] for found in report["damaged"]] == ["k"]
