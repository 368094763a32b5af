"""Imports from S3 into new tables: DynamoDB's JSON and CSV, packed or not."""

import gzip
import json
from typing import Any

import pytest
from tests.kit.tables import (
    client_of_role,
    definitions,
    every_page,
    index,
    key_schema,
    make_table,
    refused,
    row,
)

from penstock.testing import LocalServer

BUCKET = "imports"


@pytest.fixture(scope="module")
def dynamo(server: LocalServer) -> Any:
    server.client("s3").create_bucket(Bucket=BUCKET)
    return server.client("dynamodb")


def load(server: LocalServer, dynamo: Any, name: str, prefix: str, **more: Any) -> dict[str, Any]:
    """Returns the import of what lies below the prefix, when it is over."""
    keys = more.pop("keys", ("pk",))
    table = {
        "TableName": name,
        "KeySchema": key_schema(*keys),
        "AttributeDefinitions": definitions(*keys, *more.pop("used", ())),
        "BillingMode": "PAY_PER_REQUEST",
        **more.pop("table", {}),
    }
    source = {"S3Bucket": more.pop("bucket", BUCKET), "S3KeyPrefix": prefix}
    about = {"InputFormat": "DYNAMODB_JSON", **more}
    begun = dynamo.import_table(S3BucketSource=source, TableCreationParameters=table, **about)
    assert begun["ImportTableDescription"]["ImportStatus"] == "IN_PROGRESS"
    server.settle()
    found = dynamo.describe_import(ImportArn=begun["ImportTableDescription"]["ImportArn"])
    shown: dict[str, Any] = found["ImportTableDescription"]
    return shown


def put(server: LocalServer, key: str, body: bytes) -> None:
    server.client("s3").put_object(Bucket=BUCKET, Key=key, Body=body)


def test_what_was_exported_is_imported(server: LocalServer, dynamo: Any) -> None:
    table = make_table(dynamo)
    dynamo.update_continuous_backups(
        TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    for number in range(120):
        dynamo.put_item(TableName=table, Item=row(f"{number:03}", by={"S": "x"}, bin={"B": b"\xff\x00"}))
    arn = dynamo.describe_table(TableName=table)["Table"]["TableArn"]
    begun = dynamo.export_table_to_point_in_time(TableArn=arn, S3Bucket=BUCKET, S3Prefix="whole")
    server.settle()
    folder = begun["ExportDescription"]["ExportManifest"].rpartition("/")[0]
    shown = load(
        server,
        dynamo,
        "again",
        f"{folder}/data/",
        InputCompressionType="GZIP",
        used=("by",),
        table={"GlobalSecondaryIndexes": [index("by-by", "by")]},
    )
    assert shown["ImportStatus"] == "COMPLETED"
    assert (shown["ImportedItemCount"], shown["ProcessedItemCount"], shown["ErrorCount"]) == (120, 120, 0)
    assert every_page(dynamo.scan, TableName="again") == every_page(dynamo.scan, TableName=table)
    described = dynamo.describe_table(TableName="again")["Table"]
    assert (described["TableStatus"], described["ItemCount"]) == ("ACTIVE", 120)
    assert described["GlobalSecondaryIndexes"][0]["ItemCount"] == 120


def test_csv_has_strings_and_keys_of_their_types(server: LocalServer, dynamo: Any) -> None:
    put(
        server,
        "csv/1.csv",
        b'pk,sk,name\r\na,1,"x, ""y"""\r\nb,2.50,\r\n\r\nc,not a number,z\r\nd\r\n\xff,1,z\r\n',
    )
    put(server, "csv/2.csv", b"pk,sk,other\ne,5,six")
    shown = load(server, dynamo, "from-csv", "csv/", InputFormat="CSV", keys=("pk", "sk"))
    assert (shown["ImportedItemCount"], shown["ErrorCount"]) == (3, 3)
    found = {item["pk"]["S"]: item for item in every_page(dynamo.scan, TableName="from-csv")}
    assert found == {
        "a": row("a", 1, name={"S": 'x, "y"'}),
        "b": {"pk": {"S": "b"}, "sk": {"N": "2.5"}},
        "e": row("e", 5, other={"S": "six"}),
    }
    put(server, "bare/1", b"a|b\n")
    options = {"Csv": {"Delimiter": "|", "HeaderList": ["pk", "other"]}}
    load(server, dynamo, "from-bare", "bare/", InputFormat="CSV", InputFormatOptions=options)
    assert every_page(dynamo.scan, TableName="from-bare") == [row("a", other={"S": "b"})]


def test_lines_that_are_no_items_are_counted(server: LocalServer, dynamo: Any) -> None:
    deep: Any = {"S": "x"}
    for _ in range(40):
        deep = {"L": [deep]}
    wrong = [
        b"not json",
        b"[]",
        b'{"Item": {}}',
        b'{"Item": {"pk": {"N": "1"}}}',
        b'{"Item": {"pk": {"S": ""}}}',
        b'{"Item": {"pk": {"S": "a", "N": "1"}}}',
        b'{"Item": {"pk": {"S": "a"}, "x": {"N": "1e999"}}}',
        b'{"Item": {"pk": {"S": "a"}, "x": {"B": "%%%"}}}',
        b'{"Item": {"pk": {"S": "a"}, "x": {"WHAT": "1"}}}',
        b'{"Item": {"pk": {"S": "a"}, "x": {"S": {"a": 1}}}}',
        b'{"Item": {"pk": {"S": "a"}}, "more": 1}',
        b'{"Item": {"pk": {"S": "\xff"}}}',
        json.dumps({"Item": row("a", deep=deep)}).encode(),
        json.dumps({"Item": row("a", large={"S": "x" * 500_000})}).encode(),
        b"[" * 5000,
    ]
    put(server, "wrong/1", b"\n".join([*wrong, json.dumps({"Item": row("right")}).encode(), b""]))
    shown = load(server, dynamo, "from-wrong", "wrong/")
    assert (shown["ImportStatus"], shown["ErrorCount"]) == ("COMPLETED", len(wrong))
    assert shown["ImportedItemCount"] == 1
    assert every_page(dynamo.scan, TableName="from-wrong") == [row("right")]


def test_an_object_that_cannot_be_unpacked_is_one_error(server: LocalServer, dynamo: Any) -> None:
    lines = [json.dumps({"Item": row(name)}).encode() + b"\n" for name in "abc"]
    put(server, "packed/1", gzip.compress(lines[0]) + gzip.compress(lines[1]))
    put(server, "packed/2", gzip.compress(lines[2])[:-9])
    put(server, "packed/3", b"plain")
    put(server, "packed/4", gzip.compress(b"x" * 50_000_000))  # one line that never ends
    shown = load(server, dynamo, "from-packed", "packed/", InputCompressionType="GZIP")
    names = {item["pk"]["S"] for item in every_page(dynamo.scan, TableName="from-packed")}
    assert {"a", "b"} <= names
    assert (shown["ImportStatus"], shown["ErrorCount"]) == ("COMPLETED", 3)


def test_what_cannot_be_imported_is_refused(server: LocalServer, dynamo: Any) -> None:
    taken = make_table(dynamo)
    with refused("ResourceInUseException"):
        load(server, dynamo, taken, "nothing/")
    for more in ({"InputFormat": "ION"}, {"InputCompressionType": "ZSTD"}):
        with refused("ValidationException"):
            load(server, dynamo, "refused", "nothing/", **more)
    shown = load(server, dynamo, "failed", "any", bucket="nowhere")
    assert (shown["ImportStatus"], shown["FailureCode"]) == ("FAILED", "S3NoSuchBucket")
    with refused("ResourceNotFoundException"):  # nothing is left of it, and the name is free
        dynamo.describe_table(TableName="failed")
    may = {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}
    denied = load(server, client_of_role(server, "importer", "dynamodb", may), "failed", "any")
    assert denied["FailureCode"] == "S3AccessDenied"
    empty = load(server, dynamo, "failed", "no-such-prefix/", ClientToken="one")
    assert (empty["ImportStatus"], empty["ImportedItemCount"]) == ("COMPLETED", 0)
    with refused("ImportConflictException"):
        load(server, dynamo, "failed", "other/", ClientToken="one")
    page = dynamo.list_imports(PageSize=2)
    assert [one["ImportStatus"] for one in page["ImportSummaryList"]]
    rest = dynamo.list_imports(NextToken=page["NextToken"])["ImportSummaryList"]
    assert empty["ImportArn"] in [one["ImportArn"] for one in rest]
    with refused("ImportNotFoundException"):
        dynamo.describe_import(ImportArn=empty["ImportArn"] + "1")
