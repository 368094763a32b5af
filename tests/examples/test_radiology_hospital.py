"""What follows from the blueprint: each image has its effect once, in whatever way its event comes, or comes late."""

import itertools
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.kit.cli import run_cli
from tests.kit.functions import arrive, client, receive

from penstock.delivery.ledger import Q
from penstock.store import Tx
from penstock.testing import LocalServer

sys.path.insert(0, str(Path(__file__).parents[2] / "examples" / "radiology"))
from hospital import (  # type: ignore[import-not-found]
    BUCKET,
    EDGES,
    EDGES_BUCKET,
    IMAGES,
    MARKERS,
    STUDIES,
    TABLES,
    WORKLIST,
    items,
    set_up,
    upload,
)

MR_STUDY = "1.3.6.1.4.1.5962.1.2.4.20040826185059.5457"
CT_STUDY = "1.3.6.1.4.1.5962.1.2.1.20040119072730.12322"
DAY_S = 86_400
DAY_MS = DAY_S * 1000
RACE = list(itertools.permutations([("a", 100, 1), ("b", 100, 2), ("c", 99, 9), ("d", 100, 2)], 4))[::5]


@pytest.fixture(scope="module")
def built(server: LocalServer) -> LocalServer:
    set_up(server.client)
    arrive(server)
    return server


@pytest.fixture
def hospital(built: LocalServer) -> Iterator[LocalServer]:
    """The hospital with nothing in it, at noon of another day; time stands still."""
    built.clock.freeze((built.clock.now_ms() // DAY_MS + 1) * DAY_MS + DAY_MS // 2)
    s3, dynamo = client(built, "s3"), client(built, "dynamodb")
    for bucket in (BUCKET, EDGES_BUCKET):
        for found in s3.list_objects_v2(Bucket=bucket).get("Contents", ()):
            s3.delete_object(Bucket=bucket, Key=found["Key"])
    finish(built)
    for table, key in TABLES.items():
        for value in items(built.client, table):
            dynamo.delete_item(TableName=table, Key={key: {"S": value}})
        built.settle()  # what comes of an image's end is there before the studies are deleted
    yield built
    built.clock.resume()


def scan(server: LocalServer, *images: tuple[str, str]) -> None:
    """Uploads images under their keys; returns when all is done that comes of them."""
    for key, image in images:
        upload(server.client, key, image)
    finish(server)


def finish(server: LocalServer) -> None:
    """Returns when batches that wait for more have been through, too."""
    server.settle()
    server.advance(2)
    server.settle()


def files(server: LocalServer, study: str) -> list[str]:
    found = items(server.client, STUDIES).get(study, {})
    return sorted(found.get("Files", {}).get("SS", []))


def waiting(server: LocalServer) -> dict[str, int]:
    return {modality: int(item["Waiting"]["N"]) for modality, item in items(server.client, WORKLIST).items()}


def event_of(server: LocalServer, key: str) -> str:
    """Returns the event of an upload as S3 told it to the topic, taken from a queue beside the others."""
    sqs, sns = client(server, "sqs"), client(server, "sns")
    url = sqs.create_queue(QueueName="beside")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    sns.subscribe(
        TopicArn=topic(server), Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"}
    )
    scan(server, (key, "MR_small.dcm"))
    [message] = receive(server, url)
    body: str = message["Body"]
    return body


def topic(server: LocalServer) -> str:
    [found] = client(server, "sns").list_topics()["Topics"]
    arn: str = found["TopicArn"]
    return arn


def suppressed(server: LocalServer, key: str, image: str) -> None:
    """Uploads an image while the bucket tells nobody."""
    s3 = client(server, "s3")
    rules = s3.get_bucket_notification_configuration(Bucket=BUCKET)
    del rules["ResponseMetadata"]
    s3.put_bucket_notification_configuration(Bucket=BUCKET, NotificationConfiguration={})
    scan(server, (key, image))
    s3.put_bucket_notification_configuration(Bucket=BUCKET, NotificationConfiguration=rules)
    finish(server)


def forget_event(server: LocalServer, key: str) -> None:
    """Takes the newest event of the object out of the ledger, as a copy of the database without it would."""

    def forget(tx: Tx) -> None:
        row = tx.one(Q.find_object_events, BUCKET, key, 2**62, 1)
        assert row is not None
        tx.run(Q.delete_event, row[0])

    server.wait(server.app.store.write(forget))


def test_images_are_written_in_batches_and_studies_are_indexed_from_the_stream(hospital: LocalServer) -> None:
    scan(
        hospital,
        *[(f"{number:02}_mr.dcm", "MR_small.dcm") for number in range(12)],
        ("1_ct.dcm", "CT_small.dcm"),
    )
    assert len(items(hospital.client, IMAGES)) == 13
    assert files(hospital, MR_STUDY) == [f"{number:02}_mr.dcm" for number in range(12)]
    assert files(hospital, CT_STUDY) == ["1_ct.dcm"]
    assert items(hospital.client, STUDIES)[CT_STUDY]["Modalities"] == {"SS": ["CT"]}
    assert waiting(hospital) == {"MR": 12, "CT": 1}


def test_of_a_batch_only_what_fails_comes_again_and_is_put_aside(hospital: LocalServer) -> None:
    client(hospital, "s3").put_object(Bucket=BUCKET, Key="bad.dcm", Body=b"no image")
    scan(hospital, ("a.dcm", "MR_small.dcm"), ("b.dcm", "CT_small.dcm"))
    assert items(hospital.client, IMAGES).keys() == {"a.dcm", "b.dcm"}
    for _ in range(2):
        hospital.advance(181)
        finish(hospital)
    url = client(hospital, "sqs").get_queue_url(QueueName="hospital-failed")["QueueUrl"]
    [letter] = receive(hospital, url)
    assert json.loads(letter["Body"])["Records"][0]["s3"]["object"]["key"] == "bad.dcm"


def test_the_index_follows_an_image_that_changes_its_study_and_one_that_goes(hospital: LocalServer) -> None:
    scan(hospital, ("a.dcm", "MR_small.dcm"), ("b.dcm", "MR_small.dcm"))
    scan(hospital, ("a.dcm", "CT_small.dcm"))
    assert (files(hospital, MR_STUDY), files(hospital, CT_STUDY)) == (["b.dcm"], ["a.dcm"])
    client(hospital, "dynamodb").delete_item(TableName=IMAGES, Key={"FileKey": {"S": "b.dcm"}})
    finish(hospital)
    assert (files(hospital, MR_STUDY), files(hospital, CT_STUDY)) == ([], ["a.dcm"])


def test_an_event_that_comes_again_changes_nothing(hospital: LocalServer) -> None:
    event = event_of(hospital, "4MR1_head.dcm")
    before = {name: items(hospital.client, name) for name in (IMAGES, STUDIES, WORKLIST, MARKERS)}
    assert waiting(hospital) == {"MR": 1}
    for _ in range(3):
        client(hospital, "sns").publish(TopicArn=topic(hospital), Message=event)
    finish(hospital)
    assert {name: items(hospital.client, name) for name in before} == before
    scan(hospital, ("4MR1_head.dcm", "MR_small.dcm"))
    assert waiting(hospital) == {"MR": 1}
    scan(hospital, ("4MR1_head.dcm", "MR_small_RLE.dcm"))
    assert waiting(hospital) == {"MR": 2}


def test_of_two_edges_the_later_is_kept_in_whatever_order_they_arrive(hospital: LocalServer) -> None:
    image = ""
    for order in RACE:
        if image:
            client(hospital, "dynamodb").delete_item(TableName=EDGES, Key={"ImageId": {"S": image}})
        for device, clock, sequence in order:
            upload(
                hospital.client, f"{device}/scan.dcm", "MR_small.dcm", bucket=EDGES_BUCKET,
                device=device, clock=str(clock), sequence=str(sequence),
            )  # fmt: skip
            hospital.settle()
        [(image, kept)] = items(hospital.client, EDGES).items()
        assert (kept["DeviceName"], kept["FileKey"]) == ({"S": "d"}, {"S": "d/scan.dcm"})
        assert (kept["DeviceClock"], kept["DeviceSequence"]) == ({"N": "100"}, {"N": "2"})


def test_an_image_whose_event_was_suppressed_is_found_in_the_night(hospital: LocalServer) -> None:
    scan(hospital, ("known.dcm", "MR_small.dcm"))
    suppressed(hospital, "lost.dcm", "CT_small.dcm")
    assert items(hospital.client, IMAGES).keys() == {"known.dcm"}
    for _ in range(2):  # the second night finds nothing
        hospital.advance(DAY_S)
        finish(hospital)
        assert items(hospital.client, IMAGES).keys() == {"known.dcm", "lost.dcm"}
        assert files(hospital, CT_STUDY) == ["lost.dcm"]
        assert waiting(hospital) == {"MR": 1, "CT": 1}


def test_reconcile_finds_the_upload_that_the_ledger_does_not_know(
    hospital: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PENSTOCK_TEST_STORE", raising=False)  # the command refuses what is no setting
    scan(hospital, ("known.dcm", "MR_small.dcm"))
    suppressed(hospital, "gone.dcm", "CT_small.dcm")
    forget_event(hospital, "gone.dcm")
    assert "s3://hospital-images/gone.dcm: no event" in run_cli(hospital, "reconcile", "--bucket", BUCKET)[0]
    run_cli(hospital, "reconcile", "--bucket", BUCKET, "--yes")
    finish(hospital)
    assert items(hospital.client, IMAGES).keys() == {"known.dcm", "gone.dcm"}
    assert waiting(hospital) == {"MR": 1, "CT": 1}
    assert "0 to send" in run_cli(hospital, "reconcile", "--bucket", BUCKET)[0]


def test_a_replay_of_the_day_adds_only_what_was_missing(
    hospital: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PENSTOCK_TEST_STORE", raising=False)
    noon = datetime.fromtimestamp(hospital.clock.now_ms() / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    scan(hospital, ("known.dcm", "MR_small.dcm"))
    suppressed(hospital, "lost.dcm", "CT_small.dcm")
    run_cli(hospital, "replay", "--bucket", BUCKET, "--from", noon, "--yes")
    finish(hospital)
    assert items(hospital.client, IMAGES).keys() == {"known.dcm", "lost.dcm"}
    assert waiting(hospital) == {"MR": 1, "CT": 1}


def test_setting_up_gives_each_function_no_more_than_it_needs(hospital: LocalServer) -> None:
    iam = client(hospital, "iam")
    granted: dict[str, Any] = {}
    for role in iam.list_roles()["Roles"]:
        document = iam.get_role_policy(RoleName=role["RoleName"], PolicyName=role["RoleName"])[
            "PolicyDocument"
        ]
        granted[role["RoleName"]] = document["Statement"]
    for statements in granted.values():
        for statement in statements:
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            assert not any("*" in action for action in actions)
            assert statement["Resource"] != "*"


def test_markers_are_forgotten_after_a_week(hospital: LocalServer) -> None:
    scan(hospital, ("a.dcm", "MR_small.dcm"))
    assert len(items(hospital.client, MARKERS)) == 1
    hospital.advance(8 * DAY_S)
    hospital.wait(hospital.app.service("dynamodb").state.sweeper.sweep())
    assert items(hospital.client, MARKERS) == {}
