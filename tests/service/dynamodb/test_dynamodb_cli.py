"""DynamoDB from the aws CLI: a table made, waited for, written, read in pages, and deleted."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from penstock.testing import LocalServer
from penstock.testing.server import ACCESS_KEY_ID, REGION, SECRET

BIN = Path(sys.executable).parent


def aws(server: LocalServer, *args: str, service: str = "dynamodb") -> Any:
    """Returns what the command printed, as JSON; None when it printed nothing."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PENSTOCK_"))}
    env = {
        **kept,
        "PATH": f"{BIN.parent / 'aws' / 'bin'}:{BIN}:{kept.get('PATH', '')}",
        "AWS_ENDPOINT_URL": server.endpoint,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": REGION,
    }
    done = subprocess.run(
        ["aws", service, *args], capture_output=True, text=True, env=env, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) if done.stdout.strip() else None


@pytest.fixture(scope="module")
def table(server: LocalServer) -> str:
    aws(
        server, "create-table", "--table-name", "cli", "--billing-mode", "PAY_PER_REQUEST",
        "--attribute-definitions", "AttributeName=pk,AttributeType=S", "AttributeName=sk,AttributeType=N",
        "--key-schema", "AttributeName=pk,KeyType=HASH", "AttributeName=sk,KeyType=RANGE",
    )  # fmt: skip
    aws(server, "wait", "table-exists", "--table-name", "cli")
    return "cli"


def test_items_are_put_read_and_queried_in_pages(server: LocalServer, table: str) -> None:
    for number in range(3):
        item = {"pk": {"S": "a"}, "sk": {"N": str(number)}, "text": {"S": "é"}}
        aws(server, "put-item", "--table-name", table, "--item", json.dumps(item))
    key = '{"pk":{"S":"a"},"sk":{"N":"1"}}'
    found = aws(server, "get-item", "--table-name", table, "--key", key, "--consistent-read")
    assert found["Item"]["text"] == {"S": "é"}
    pages = aws(
        server, "query", "--table-name", table, "--page-size", "1", "--no-scan-index-forward",
        "--key-condition-expression", "pk = :p", "--expression-attribute-values", '{":p":{"S":"a"}}',
    )  # fmt: skip
    assert [item["sk"]["N"] for item in pages["Items"]] == ["2", "1", "0"]


def test_statements_are_run(server: LocalServer, table: str) -> None:
    aws(server, "execute-statement", "--statement", f"INSERT INTO {table} VALUE {{'pk': 'p', 'sk': 1}}")
    found = aws(
        server, "execute-statement", "--statement", f"SELECT * FROM {table} WHERE pk = ?",
        "--parameters", '[{"S": "p"}]',
    )  # fmt: skip
    assert found["Items"] == [{"pk": {"S": "p"}, "sk": {"N": "1"}}]


def test_a_stream_is_read(server: LocalServer, table: str) -> None:
    changed = aws(
        server, "update-table", "--table-name", table,
        "--stream-specification", "StreamEnabled=true,StreamViewType=NEW_IMAGE",
    )  # fmt: skip
    arn = changed["TableDescription"]["LatestStreamArn"]
    aws(server, "put-item", "--table-name", table, "--item", '{"pk":{"S":"s"},"sk":{"N":"1"}}')
    described = aws(server, "describe-stream", "--stream-arn", arn, service="dynamodbstreams")
    [shard] = described["StreamDescription"]["Shards"]
    begin = aws(
        server, "get-shard-iterator", "--stream-arn", arn, "--shard-id", shard["ShardId"],
        "--shard-iterator-type", "TRIM_HORIZON", service="dynamodbstreams",
    )  # fmt: skip
    found = aws(
        server, "get-records", "--shard-iterator", begin["ShardIterator"], service="dynamodbstreams"
    )  # fmt: skip
    assert [record["eventName"] for record in found["Records"]] == ["INSERT"]


def test_a_table_is_deleted(server: LocalServer, table: str) -> None:
    aws(server, "delete-table", "--table-name", table)
    aws(server, "wait", "table-not-exists", "--table-name", table)
    assert table not in aws(server, "list-tables")["TableNames"]
