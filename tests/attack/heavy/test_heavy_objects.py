"""A bucket of a million keys, or of a million delete markers, and an upload of ten thousand parts."""

import hashlib
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from penstock.services.s3.limits import PART_BYTES_MIN
from penstock.store import Statement, queries
from penstock.testing import LocalServer
from tests.attack.heavy.held import MOST_MS, fill, held_by, on_loop, scaled

ADD = queries("penstock.services.s3.objects").add_object
PUT_PART = queries("penstock.services.s3.multipart").put_part
USE_FILE = queries("penstock.services.s3").add_file_use
BUCKET = Statement.of("SELECT id FROM s3_bucket WHERE name = ?")
META = '{"checksum":{"algorithm":"CRC64NVME","value":"AAAAAAAAAAA=","type":"FULL_OBJECT"}}'
MD5 = hashlib.md5(b"part").hexdigest()


@pytest.fixture
def heavy() -> Iterator[LocalServer]:
    with LocalServer() as server:
        yield server


def put_keys(server: LocalServer, bucket: str, count: int, *, markers: bool = False) -> None:
    """Makes a bucket with ``count`` keys, or as many delete markers, in folders of a thousand."""
    server.client("s3").create_bucket(Bucket=bucket)
    ((id,),) = server.wait(server.app.store.read(lambda tx: tx.all(BUCKET, bucket)))
    now_ms = server.clock.now_ms()
    rows = (
        (id, f"{n // 1000:06}/{n:08}", -1, "null", int(markers), 1, MD5, now_ms, None, "[]", META)
        for n in range(count)
    )
    fill(server, ADD, rows)


def put_parts(server: LocalServer, bucket: str, key: str, count: int) -> str:
    """Returns the id of an upload of ``count`` parts, whose files are not there."""
    upload: str = server.client("s3").create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
    now_ms = server.clock.now_ms()
    refs = [f"{key}-{n:05}" for n in range(1, count + 1)]
    fill(server, USE_FILE, ((ref,) for ref in refs))
    rows = (
        (upload, n, PART_BYTES_MIN, MD5, now_ms, "AAAAAAAAAAA=", f'[["{ref}",0,{PART_BYTES_MIN}]]')
        for n, ref in enumerate(refs, 1)
    )
    fill(server, PUT_PART, rows)
    return upload


def test_listing_many_keys(heavy: LocalServer) -> None:
    put_keys(heavy, "many", scaled(1_000_000))
    s3 = heavy.client("s3")

    def work() -> None:
        s3.list_objects_v2(Bucket="many")
        s3.list_objects_v2(Bucket="many", Delimiter="/")
        s3.list_objects_v2(Bucket="many", StartAfter="000005/", Delimiter="/", Prefix="0")
        s3.list_object_versions(Bucket="many")

    assert held_by(heavy, work).busy_ms < MOST_MS


def test_a_bucket_with_many_keys_is_not_deleted(heavy: LocalServer) -> None:
    put_keys(heavy, "kept", scaled(1_000_000))

    def work() -> None:
        with pytest.raises(ClientError, match="BucketNotEmpty"):
            heavy.client("s3").delete_bucket(Bucket="kept")

    assert held_by(heavy, work).busy_ms < MOST_MS


def test_listing_what_is_current_among_many_delete_markers(heavy: LocalServer) -> None:
    put_keys(heavy, "markers", scaled(1_000_000), markers=True)
    s3 = heavy.client("s3")

    def work() -> None:
        assert s3.list_objects_v2(Bucket="markers")["KeyCount"] == 0
        assert s3.list_objects_v2(Bucket="markers", Delimiter="/")["KeyCount"] == 0

    assert held_by(heavy, work).busy_ms < MOST_MS


def test_deleting_a_thousand_objects_in_one_request(heavy: LocalServer) -> None:
    put_keys(heavy, "deleted", 1000)
    keys = [{"Key": f"000000/{n:08}"} for n in range(1000)]
    s3, sqs = heavy.client("s3"), heavy.client("sqs")
    arn = "arn:aws:sqs:us-east-1:000000000000:told"
    policy = '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"*"}]}'
    sqs.create_queue(QueueName="told", Attributes={"Policy": policy})
    rule = {"QueueArn": arn, "Events": ["s3:ObjectRemoved:*"]}
    s3.put_bucket_notification_configuration(
        Bucket="deleted", NotificationConfiguration={"QueueConfigurations": [rule]}
    )

    def work() -> None:
        assert len(s3.delete_objects(Bucket="deleted", Delete={"Objects": keys})["Deleted"]) == 1000

    assert held_by(heavy, work).busy_ms < MOST_MS


def test_completing_an_upload_of_ten_thousand_parts(heavy: LocalServer) -> None:
    s3 = heavy.client("s3")
    s3.create_bucket(Bucket="parts")
    upload = put_parts(heavy, "parts", "whole", 10_000)
    parts = [{"PartNumber": n, "ETag": MD5} for n in range(1, 10_001)]

    def work() -> None:
        for _ in range(2):  # asked again, it is answered the same
            s3.complete_multipart_upload(
                Bucket="parts", Key="whole", UploadId=upload, MultipartUpload={"Parts": parts}
            )

    assert held_by(heavy, work).busy_ms < MOST_MS
    head = s3.get_object_attributes(Bucket="parts", Key="whole", ObjectAttributes=["ObjectSize"])
    assert head["ObjectSize"] == 10_000 * PART_BYTES_MIN


def test_aborting_an_upload_of_ten_thousand_parts(heavy: LocalServer) -> None:
    s3 = heavy.client("s3")
    s3.create_bucket(Bucket="aborted")
    upload = put_parts(heavy, "aborted", "never", 10_000)

    def work() -> None:
        s3.abort_multipart_upload(Bucket="aborted", Key="never", UploadId=upload)

    assert held_by(heavy, work).busy_ms < MOST_MS


def test_reading_an_object_of_ten_thousand_parts(heavy: LocalServer) -> None:
    s3 = heavy.client("s3")
    s3.create_bucket(Bucket="read")
    upload = put_parts(heavy, "read", "whole", 10_000)
    parts = [{"PartNumber": n, "ETag": MD5} for n in range(1, 10_001)]
    s3.complete_multipart_upload(
        Bucket="read", Key="whole", UploadId=upload, MultipartUpload={"Parts": parts}
    )

    where = {"Bucket": "read", "Key": "whole"}
    held = [
        held_by(heavy, lambda: s3.head_object(**where)),
        held_by(heavy, lambda: s3.list_objects_v2(Bucket="read")),
        held_by(heavy, lambda: s3.get_object_attributes(**where, ObjectAttributes=["ObjectParts"])),
    ]
    assert max(one.busy_ms for one in held) < MOST_MS
    sweeper = heavy.app.service("s3").state.sweeper
    held = [
        held_by(heavy, lambda: s3.delete_object(**where)),
        held_by(heavy, on_loop(heavy, sweeper.sweep)),
    ]
    assert max(one.busy_ms for one in held) < MOST_MS


def test_deleting_a_bucket_with_many_uploads(heavy: LocalServer) -> None:
    s3 = heavy.client("s3")
    s3.create_bucket(Bucket="uploads")
    for number in range(20):
        put_parts(heavy, "uploads", f"k{number}", 1000)
    assert held_by(heavy, lambda: s3.delete_bucket(Bucket="uploads")).busy_ms < MOST_MS
