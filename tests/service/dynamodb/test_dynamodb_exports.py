"""Exports to S3: everything as it was at a time, or what has changed between two."""

import gzip
import hashlib
import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.kit.tables import client_of_role, make_table, refused, row

from penstock.testing import LocalServer
from penstock.testing.server import ACCOUNT

BUCKET = "exports"


@pytest.fixture(scope="module")
def dynamo(server: LocalServer) -> Any:
    server.client("s3").create_bucket(Bucket=BUCKET)
    return server.client("dynamodb")


def recoverable(dynamo: Any, *keys: str) -> tuple[str, str]:
    """Returns the name and the ARN of a new table that can be brought back."""
    name = make_table(dynamo, *keys)
    dynamo.update_continuous_backups(
        TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    return name, dynamo.describe_table(TableName=name)["Table"]["TableArn"]


def now(server: LocalServer) -> datetime:
    return datetime.fromtimestamp(server.app.clock.now_ms() / 1000, UTC)


def export(server: LocalServer, dynamo: Any, arn: str, **more: Any) -> dict[str, Any]:
    begun = dynamo.export_table_to_point_in_time(TableArn=arn, **{"S3Bucket": BUCKET, **more})
    assert begun["ExportDescription"]["ExportStatus"] == "IN_PROGRESS"
    server.settle()
    found = dynamo.describe_export(ExportArn=begun["ExportDescription"]["ExportArn"])
    shown: dict[str, Any] = found["ExportDescription"]
    return shown


def read(server: LocalServer, key: str) -> bytes:
    body: bytes = server.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
    return body


def lines_of(server: LocalServer, shown: dict[str, Any]) -> list[dict[str, Any]]:
    """Returns what the files say that the manifests name, whose checksums are right."""
    for name in ("manifest-summary", "manifest-files"):
        key = shown["ExportManifest"].replace("manifest-summary.json", name)
        digest = hashlib.md5(read(server, f"{key}.json"), usedforsecurity=False).digest()
        assert read(server, f"{key}.checksum") == b64encode(digest)
    summary = json.loads(read(server, shown["ExportManifest"]))
    assert (summary["exportArn"], summary["itemCount"]) == (shown["ExportArn"], shown["ItemCount"])
    found = []
    for line in read(server, summary["manifestFilesS3Key"]).splitlines():
        file = json.loads(line)
        data = read(server, file["dataFileS3Key"])
        assert b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode() == file["md5Checksum"]
        lines = gzip.decompress(data).splitlines()
        assert len(lines) == file["itemCount"]
        found += [json.loads(line) for line in lines]
    return found


def test_an_export_shows_the_table_at_a_time(server: LocalServer, dynamo: Any) -> None:
    table, arn = recoverable(dynamo)
    dynamo.put_item(TableName=table, Item=row("a", bin={"B": b"\x00\xff"}, set={"BS": [b"x"]}))
    dynamo.put_item(
        TableName=table, Item=row("b", n={"N": "1.50"}, deep={"L": [{"M": {"x": {"NULL": True}}}]})
    )
    server.advance(60)
    at = now(server)
    server.advance(60)
    dynamo.delete_item(TableName=table, Key=row("a"))
    shown = export(server, dynamo, arn, ExportTime=at, S3Prefix="then")
    assert (shown["ExportStatus"], shown["ItemCount"], shown["ExportType"]) == ("COMPLETED", 2, "FULL_EXPORT")
    assert shown["ExportManifest"].startswith("then/AWSDynamoDB/")
    assert sorted(lines_of(server, shown), key=lambda line: line["Item"]["pk"]["S"]) == [
        {"Item": {"pk": {"S": "a"}, "bin": {"B": "AP8="}, "set": {"BS": ["eA=="]}}},
        {"Item": {"pk": {"S": "b"}, "n": {"N": "1.5"}, "deep": {"L": [{"M": {"x": {"NULL": True}}}]}}},
    ]
    summary = json.loads(read(server, shown["ExportManifest"]))
    assert summary["version"] == "2020-06-30"
    assert summary["exportTime"] == at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert read(server, f"then/AWSDynamoDB/{shown['ExportArn'].rpartition('/')[2]}/_started") == b""
    shown = export(server, dynamo, arn)
    assert [line["Item"]["pk"]["S"] for line in lines_of(server, shown)] == ["b"]


def test_an_incremental_export_shows_what_has_changed(server: LocalServer, dynamo: Any) -> None:
    table, arn = recoverable(dynamo, "pk", "sk")
    for name in ("same", "changed", "gone"):
        dynamo.put_item(TableName=table, Item=row(name, 1, v={"N": "0"}))
    server.advance(60)
    begin = now(server)
    server.advance(600)
    dynamo.put_item(TableName=table, Item=row("changed", 1, v={"N": "1"}))
    dynamo.put_item(TableName=table, Item=row("changed", 1, v={"N": "2"}))
    dynamo.delete_item(TableName=table, Key=row("gone", 1))
    dynamo.put_item(TableName=table, Item=row("new", 1))
    dynamo.put_item(TableName=table, Item=row("came and went", 1))
    dynamo.delete_item(TableName=table, Key=row("came and went", 1))
    server.advance(600)
    end = now(server)
    dynamo.put_item(TableName=table, Item=row("same", 1, v={"N": "9"}))
    dynamo.put_item(TableName=table, Item=row("changed", 1, v={"N": "9"}))
    window = {"ExportFromTime": begin, "ExportToTime": end}
    about = {"ExportType": "INCREMENTAL_EXPORT", "IncrementalExportSpecification": window}
    shown = export(server, dynamo, arn, **about)
    lines = {line["Keys"]["pk"]["S"]: line for line in lines_of(server, shown)}
    assert lines.keys() == {"changed", "gone", "new"}
    assert lines["changed"]["OldImage"]["v"] == {"N": "0"}
    assert lines["changed"]["NewImage"]["v"] == {"N": "2"}
    assert lines["new"].keys() == {"Metadata", "Keys", "NewImage"}
    assert lines["gone"].keys() == {"Metadata", "Keys", "OldImage"}
    assert lines["gone"]["Keys"] == {"pk": {"S": "gone"}, "sk": {"N": "1"}}
    written = int(lines["new"]["Metadata"]["WriteTimestampMicros"]["N"]) / 1e6
    assert begin.timestamp() < written < end.timestamp()
    summary = json.loads(read(server, shown["ExportManifest"]))
    assert (summary["version"], summary["exportType"]) == ("2023-08-01", "INCREMENTAL_EXPORT")
    window["ExportViewType"] = "NEW_IMAGE"
    lines = {line["Keys"]["pk"]["S"]: line for line in lines_of(server, export(server, dynamo, arn, **about))}
    assert lines["gone"].keys() == {"Metadata", "Keys"}
    for wrong in (
        {"ExportFromTime": begin, "ExportToTime": begin + timedelta(minutes=10)},
        {"ExportFromTime": end},
    ):
        with refused("InvalidExportTimeException"):
            export(server, dynamo, arn, **{**about, "IncrementalExportSpecification": wrong})


def test_a_token_makes_two_requests_one(server: LocalServer, dynamo: Any) -> None:
    _, arn = recoverable(dynamo)
    first = export(server, dynamo, arn, ClientToken="one")
    again = dynamo.export_table_to_point_in_time(TableArn=arn, S3Bucket=BUCKET, ClientToken="one")
    assert again["ExportDescription"]["ExportArn"] == first["ExportArn"]
    with refused("ExportConflictException"):
        export(server, dynamo, arn, ClientToken="one", S3Prefix="other")
    assert lines_of(server, first) == []
    more = [export(server, dynamo, arn)["ExportArn"] for _ in range(2)]
    page = dynamo.list_exports(TableArn=arn, MaxResults=2)
    assert [one["ExportArn"] for one in page["ExportSummaries"]] == [first["ExportArn"], more[0]]
    rest = dynamo.list_exports(TableArn=arn, NextToken=page["NextToken"])
    assert [one["ExportStatus"] for one in rest["ExportSummaries"]] == ["COMPLETED"]
    with refused("ValidationException", "NextToken"):
        dynamo.list_exports(NextToken="\u2603")


def test_what_cannot_be_exported_is_refused(server: LocalServer, dynamo: Any) -> None:
    table = make_table(dynamo)
    plain = dynamo.describe_table(TableName=table)["Table"]["TableArn"]
    with refused("PointInTimeRecoveryUnavailableException"):
        export(server, dynamo, plain)
    with refused("TableNotFoundException"):
        export(server, dynamo, plain + "-not")
    _, arn = recoverable(dynamo)
    with refused("InvalidExportTimeException"):
        export(server, dynamo, arn, ExportTime=now(server) + timedelta(days=1))
    for wrong in (
        {"ExportFormat": "ION"},
        {"ExportType": "INCREMENTAL_EXPORT"},
        {"IncrementalExportSpecification": {"ExportFromTime": now(server)}},
        {"S3SseAlgorithm": "KMS"},
    ):
        with refused("ValidationException"):
            export(server, dynamo, arn, **wrong)
    for unknown in (f"{arn}/export/1-2", "x" * 40, f"{arn}/backup/01-abc"):
        with refused("ExportNotFoundException"):
            dynamo.describe_export(ExportArn=unknown)
    missing = export(server, dynamo, arn, S3Bucket="nowhere")
    assert (missing["ExportStatus"], missing["FailureCode"]) == ("FAILED", "S3NoSuchBucket")


def test_an_export_is_written_as_who_wants_it(server: LocalServer, dynamo: Any) -> None:
    _, arn = recoverable(dynamo)
    may = {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}
    refused_there = export(server, client_of_role(server, "exporter", "dynamodb", may), arn)
    assert (refused_there["ExportStatus"], refused_there["FailureCode"]) == ("FAILED", "S3AccessDenied")
    write = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{BUCKET}/mine/*"}
    writer = client_of_role(server, "writer", "dynamodb", may, write)
    assert export(server, writer, arn, S3Prefix="mine")["ExportStatus"] == "COMPLETED"
    owner = export(server, dynamo, arn, S3BucketOwner="999999999999")
    assert owner["FailureCode"] == "S3AccessDenied"
    assert export(server, dynamo, arn, S3BucketOwner=ACCOUNT)["ExportStatus"] == "COMPLETED"
