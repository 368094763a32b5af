"""``penstock trace --openlineage``: each run of a function with what it read and wrote, as lineage stores take it."""

import json
import uuid
from datetime import datetime
from typing import Any

import pytest
from tests.kit.cli import run_cli
from tests.kit.functions import arrive, client, let_s3_invoke, make_function

from penstock.testing import LocalServer

COPIES = """
import boto3

def handler(event, context):
    for record in event["Records"]:
        bucket, key = record["s3"]["bucket"]["name"], record["s3"]["object"]["key"]
        if key.endswith("bad"):
            raise ValueError("cannot read it")
        boto3.client("s3").put_object(Bucket=bucket, Key=key.replace("in/", "out/"), Body=b"x")
"""


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PENSTOCK_TEST_STORE", raising=False)  # the command refuses what is no setting


@pytest.fixture(scope="module")
def bucket(server: LocalServer) -> str:
    s3 = client(server, "s3")
    s3.create_bucket(Bucket="lineage")
    s3.put_bucket_versioning(Bucket="lineage", VersioningConfiguration={"Status": "Enabled"})
    function = make_function(server, "copies", COPIES, may=("s3:PutObject",))["FunctionArn"]
    arrive(server)
    let_s3_invoke(server, "copies")
    filters = [{"Name": "prefix", "Value": "in/"}]
    rule = {
        "LambdaFunctionArn": function,
        "Events": ["s3:ObjectCreated:*"],
        "Filter": {"Key": {"FilterRules": filters}},
    }
    s3.put_bucket_notification_configuration(
        Bucket="lineage", NotificationConfiguration={"LambdaFunctionConfigurations": [rule]}
    )
    return "lineage"


def lineage(server: LocalServer, bucket: str, key: str) -> list[dict[str, Any]]:
    client(server, "s3").put_object(Bucket=bucket, Key=key, Body=b"1")
    server.settle()
    printed = run_cli(server, "trace", f"s3://{bucket}/{key}", "--openlineage")[0]
    return [json.loads(line) for line in printed.splitlines()]


def test_a_run_has_its_input_and_output_with_their_versions(server: LocalServer, bucket: str) -> None:
    start, complete = lineage(server, bucket, "in/good")
    assert (start["eventType"], complete["eventType"]) == ("START", "COMPLETE")
    assert start["run"]["runId"] == complete["run"]["runId"] == str(uuid.UUID(start["run"]["runId"]))
    assert datetime.fromisoformat(start["eventTime"]) <= datetime.fromisoformat(complete["eventTime"])
    assert complete["job"] == {"namespace": "lambda://000000000000/us-east-1", "name": "copies"}
    (read,), (wrote,) = complete["inputs"], complete["outputs"]
    assert (read["namespace"], read["name"], wrote["name"]) == ("s3://lineage", "in/good", "out/good")
    versions = client(server, "s3").list_object_versions(Bucket=bucket, Prefix="out/good")["Versions"]
    assert wrote["facets"]["version"]["datasetVersion"] == versions[0]["VersionId"]


def test_a_run_that_failed_says_why(server: LocalServer, bucket: str) -> None:
    _, failed = lineage(server, bucket, "in/bad")
    assert failed["eventType"] == "FAIL" and failed["outputs"] == []
    assert "cannot read it" in failed["run"]["facets"]["errorMessage"]["message"]
