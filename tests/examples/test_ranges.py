"""Ranges: each record is counted once, wherever the cuts fall and however often a message comes."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from penstock.testing import LocalServer

sys.path.insert(0, str(Path(__file__).parents[2] / "examples" / "ranges"))
from ranges import FILES, QUEUE, RESULTS, readings, set_up  # type: ignore[import-not-found]

RANGE_BYTES = 1000


@pytest.fixture(scope="module")
def s3(server: LocalServer) -> Any:
    set_up(server.client, RANGE_BYTES)
    return server.client("s3")


def result(s3: Any, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        s3.get_object(Bucket=RESULTS, Key=f"results/{name}.csv.json")["Body"].read()
    )
    return found


# The last: a record that is longer than a range.
@pytest.mark.parametrize(
    ("name", "count", "extra"),
    [
        ("one", 10, b""),
        ("many", 1500, b""),
        ("unended", 700, b"Wien,0"),
        ("long", 100, b"x" * 2500 + b",0\n"),
    ],
)
def test_each_record_is_counted_once(
    server: LocalServer, s3: Any, name: str, count: int, extra: bytes
) -> None:
    body, totals = readings(count)
    s3.put_object(Bucket=FILES, Key=f"{name}.csv", Body=body + extra)
    server.settle()
    found = result(s3, name)
    assert found["records"] == count + bool(extra)
    assert {station: found["totals"].get(station, 0) for station in totals} == totals


def test_a_message_that_comes_twice_changes_nothing(server: LocalServer, s3: Any) -> None:
    body, totals = readings(300)
    etag = s3.put_object(Bucket=FILES, Key="twice.csv", Body=body)["ETag"].strip('"')
    server.settle()
    first = s3.head_object(Bucket=RESULTS, Key="results/twice.csv.json")["LastModified"]
    ranges = -(-len(body) // RANGE_BYTES)
    task = {"bucket": FILES, "key": "twice.csv", "etag": etag, "size": len(body), "ranges": ranges}
    sqs = server.client("sqs")
    sqs.send_message(
        QueueUrl=sqs.get_queue_url(QueueName=QUEUE)["QueueUrl"],
        MessageBody=json.dumps({**task, "number": 0, "start": 0, "end": RANGE_BYTES}),
    )
    server.settle()
    assert result(s3, "twice")["totals"] == totals
    assert s3.head_object(Bucket=RESULTS, Key="results/twice.csv.json")["LastModified"] == first
