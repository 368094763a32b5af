"""The walk-through, run as its README says, with the real aws CLI; and what AWS refuses of it as it is published."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from botocore.exceptions import ClientError
from tests.kit.control import ask
from tests.kit.functions import client, make_function, make_queue, make_role

from penstock.testing import LocalServer
from penstock.testing.server import ACCESS_KEY_ID, REGION, SECRET

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "examples" / "walkthrough" / "walkthrough.sh"
BIN = Path(sys.executable).parent
MAILBOX = "operator@example.com"
LINK = re.compile(r"https?://\S+ConfirmSubscription\S+")


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("walkthrough") / "names.env"


@pytest.fixture(scope="module")
def set_up(server: LocalServer, names: Path) -> Iterator[str]:
    """What the set-up printed; afterwards everything is cleaned up, and nothing is left."""
    yield run(server, names, "set-up", MAILBOX)
    run(server, names, "clean-up")
    assert left(server) == []


@pytest.fixture(scope="module")
def validated(server: LocalServer, names: Path, set_up: str) -> str:
    """What the validation printed, by an operator who had followed the link in the first mail."""
    (question,) = letters(server)
    link = LINK.search(question["text"])
    assert link
    urlopen(link[0]).close()
    return run(server, names, "validate")


def run(server: LocalServer, names: Path, *arguments: str) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PENSTOCK_"))}
    env = {
        **kept,
        "PATH": f"{BIN.parent / 'aws' / 'bin'}:{BIN}:{kept.get('PATH', '')}",
        "AWS_ENDPOINT_URL": server.endpoint,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": REGION,
        "WALKTHROUGH_NAMES": str(names),
    }
    done = subprocess.run([SCRIPT, *arguments], capture_output=True, text=True, env=env, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def letters(server: LocalServer) -> list[dict[str, Any]]:
    """Returns the letters to the operator, oldest first."""
    server.settle()
    found = ask(server, "GET", "/_penstock/mail")[1]["letters"]
    return [ask(server, "GET", f"/_penstock/mail?id={one['id']}")[1] for one in found if one["to"] == MAILBOX]


def left(server: LocalServer) -> list[Any]:
    """Returns whatever the account still has of what the set-up made."""
    return [
        *client(server, "s3").list_buckets()["Buckets"],
        *client(server, "sqs").list_queues().get("QueueUrls", []),
        *client(server, "sns").list_topics()["Topics"],
        *client(server, "lambda").list_functions()["Functions"],
        *client(server, "lambda").list_event_source_mappings()["EventSourceMappings"],
        *client(server, "iam").list_roles()["Roles"],
        *client(server, "logs").describe_log_groups()["logGroups"],
        *client(server, "cloudwatch").describe_alarms()["MetricAlarms"],
    ]


def test_a_good_file_has_a_report_and_a_line_in_the_log(validated: str) -> None:
    assert "reports/orders.csv.json" in validated
    assert '"columns": ["id", "name", "amount"], "rows": 2, "empty_cells": 1' in validated
    assert "processed data/orders.csv" in validated


def test_a_broken_file_is_told_by_mail(server: LocalServer, validated: str) -> None:
    texts = [letter["text"] for letter in letters(server) if letter["subject"] == "File processing failed"]
    assert any("data/broken.json could not be processed" in text for text in texts)


def test_what_nobody_foresaw_is_tried_again_dead_lettered_and_told(
    server: LocalServer, validated: str
) -> None:
    for _ in range(2):
        server.settle()
        server.advance(180)
    server.settle()
    server.advance(6)  # the window of the mapping
    texts = [letter["text"] for letter in letters(server) if letter["subject"] == "File processing failed"]
    assert any("data/notes.txt" in text and "no way to process" in text for text in texts)


def test_the_errors_raise_an_alarm_that_is_told_by_mail(
    server: LocalServer, names: Path, validated: str
) -> None:
    server.settle()
    server.advance(360)
    subjects = [letter["subject"] for letter in letters(server)]
    assert any(re.match(r'ALARM: "errors-\w+" in US East \(N\. Virginia\)', subject) for subject in subjects)
    assert '"Sum":' in run(server, names, "validate")


# What AWS refuses of the walk-through as it is published.


@pytest.fixture(scope="module")
def queue(server: LocalServer) -> Iterator[tuple[str, str]]:
    made = make_queue(server, "published")
    yield made
    client(server, "sqs").delete_queue(QueueUrl=made[0])


def test_a_queue_has_no_attribute_visibility_timeout_seconds(server: LocalServer) -> None:
    with pytest.raises(
        ClientError, match=r"InvalidAttributeName.*Unknown Attribute VisibilityTimeoutSeconds"
    ):
        client(server, "sqs").create_queue(QueueName="no", Attributes={"VisibilityTimeoutSeconds": "300"})


def test_attribute_names_are_not_joined_by_commas(server: LocalServer, queue: tuple[str, str]) -> None:
    joined = "ApproximateNumberOfMessages,ApproximateNumberOfMessagesNotVisible"
    with pytest.raises(ClientError, match=rf"InvalidAttributeName.*Unknown Attribute {joined}"):
        client(server, "sqs").get_queue_attributes(QueueUrl=queue[0], AttributeNames=[joined])


def test_a_mapping_needs_a_role_that_may_receive(server: LocalServer, queue: tuple[str, str]) -> None:
    role = make_role(server, "sends-only", "sqs:SendMessage")
    make_function(server, "no-receiver", "def handler(event, context): pass", Role=role)
    with pytest.raises(
        ClientError, match=r"InvalidParameterValue.*permissions to call ReceiveMessage on SQS"
    ):
        client(server, "lambda").create_event_source_mapping(
            FunctionName="no-receiver", EventSourceArn=queue[1]
        )
    client(server, "lambda").delete_function(FunctionName="no-receiver")
    client(server, "iam").delete_role_policy(RoleName="sends-only", PolicyName="may")
    client(server, "iam").delete_role(RoleName="sends-only")


def test_a_bucket_with_versions_is_not_deleted(server: LocalServer) -> None:
    s3 = client(server, "s3")
    s3.create_bucket(Bucket="versions-remain")
    s3.put_bucket_versioning(Bucket="versions-remain", VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket="versions-remain", Key="a")["VersionId"]
    marker = s3.delete_object(Bucket="versions-remain", Key="a")["VersionId"]
    with pytest.raises(ClientError, match=r"BucketNotEmpty.*You must delete all versions in the bucket"):
        s3.delete_bucket(Bucket="versions-remain")
    for one in (version, marker):
        s3.delete_object(Bucket="versions-remain", Key="a", VersionId=one)
    s3.delete_bucket(Bucket="versions-remain")


def test_an_alarm_on_a_metric_that_there_is_not_never_has_data(server: LocalServer) -> None:
    watch = client(server, "cloudwatch")
    watch.put_metric_alarm(
        AlarmName="no-such-metric",
        Namespace="AWS/SQS",
        MetricName="ApproximateNumberOfVisibleMessages",
        Dimensions=[{"Name": "QueueName", "Value": "published"}],
        Statistic="Average",
        Period=300,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    server.advance(3600)
    server.settle()
    (alarm,) = watch.describe_alarms(AlarmNames=["no-such-metric"])["MetricAlarms"]
    assert alarm["StateValue"] == "INSUFFICIENT_DATA"
    watch.delete_alarms(AlarmNames=["no-such-metric"])
