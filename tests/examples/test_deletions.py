"""Deletions: the access key that deletes too much in a minute is made inactive, and no other."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.cli import run_cli
from tests.kit.functions import run

from penstock.testing import LocalServer

sys.path.insert(0, str(Path(__file__).parents[2] / "examples" / "deletions"))
from deletions import BUCKET, LIMIT, USER, set_up  # type: ignore[import-not-found]


@pytest.fixture(scope="module")
def key(server: LocalServer) -> dict[str, str]:
    """The user's access key, once everything is set up and data events of the bucket are events on the bus."""
    run_cli(server, "audit", "settings", "--data-events", f"write:arn:aws:s3:::{BUCKET}/", "--bus")
    made: dict[str, str] = set_up(server.client)
    server.settle()
    return made


def s3_of(server: LocalServer, key: dict[str, str]) -> Any:
    return server.client(
        "s3", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"]
    )


def status(server: LocalServer, key: dict[str, str]) -> str:
    found = server.client("iam").list_access_keys(UserName=USER)["AccessKeyMetadata"]
    return next(one["Status"] for one in found if one["AccessKeyId"] == key["AccessKeyId"])


def test_a_spike_of_deletions_takes_the_key_away(server: LocalServer, key: dict[str, str]) -> None:
    s3 = s3_of(server, key)
    for number in range(LIMIT * 2):  # root's own do not count
        server.client("s3").delete_object(Bucket=BUCKET, Key=f"old-{number}")
    server.clock.freeze()  # so that what follows is of one minute
    try:
        for number in range(LIMIT - 11):
            s3.delete_object(Bucket=BUCKET, Key=f"scan-{number}")
        server.settle()
        assert status(server, key) == "Active"
        batch = [{"Key": f"scan-{number}"} for number in range(11)]
        s3.delete_objects(Bucket=BUCKET, Delete={"Objects": batch})
        server.settle()
    finally:
        server.clock.resume()
    assert status(server, key) == "Inactive"
    with pytest.raises(ClientError, match="InvalidAccessKeyId"):
        s3.delete_object(Bucket=BUCKET, Key="one-more")
    out, _ = run_cli(server, "audit", "search", "--json", "--event", "UpdateAccessKey")
    (record,) = [json.loads(line) for line in out.splitlines()]
    assert record["userIdentity"]["sessionContext"]["sessionIssuer"]["userName"] == "deletions"
    assert record["requestParameters"]["accessKeyId"] == key["AccessKeyId"]


def test_an_event_that_comes_twice_counts_once(server: LocalServer, key: dict[str, str]) -> None:
    record = {
        "eventID": "once",
        "eventTime": "2026-01-31T12:00:00Z",
        "userIdentity": {"accessKeyId": "AKIATWICE00000000000", "userName": USER},
        "resources": [{"ARN": f"arn:aws:s3:::{BUCKET}/{number}"} for number in range(LIMIT - 1)],
    }
    for _ in range(2):
        answer = run(server, "deletions-watch", {"detail": record})
        assert "FunctionError" not in answer
    item = server.client("dynamodb").get_item(
        TableName="Deletions", Key={"KeyAndMinute": {"S": "AKIATWICE00000000000 2026-01-31T12:00"}}
    )["Item"]
    assert item["Deleted"] == {"N": str(LIMIT - 1)}
