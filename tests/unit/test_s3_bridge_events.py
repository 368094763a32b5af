"""S3's events for EventBridge, compared with those that AWS documents."""

from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from penstock.delivery import ObjectChange
from penstock.services.s3.notifications.event_bridge import bridge_event, bridge_rule, is_bridge

GOLDEN = Path(__file__).parents[1] / "golden" / "events"
EMPTY = "d41d8cd98f00b204e9800998ecf8427e"
CREATED = ObjectChange(
    event_name="ObjectCreated:Put",
    account="111122223333",
    region="ca-central-1",
    bucket="amzn-s3-demo-bucket1",
    key="example-key",
    version_id="IYV3p45BT0ac8hjHg1houSdS1a.Mro8e",
    size=5,
    etag="b1946ac92492d2347c6235b4d2611184",
    time_ms=1_636_675_200_000,
    requester="AROAEXAMPLE:session",
    source_ip="1.2.3.4",
    request_id="N4N7GDK58NMKJ12R",
    host_id="H",
    requester_account="123456789012",
)
DELETED = replace(
    CREATED,
    event_name="ObjectRemoved:DeleteMarkerCreated",
    version_id="1QW9g1Z99LUNbvaaYVpW9xDlOLU.qxgF",
    size=None,
    etag=EMPTY,
    request_id="0BH729840619AG5K",
)
EXPIRED = replace(
    DELETED,
    event_name="LifecycleExpiration:DeleteMarkerCreated",
    version_id="mtB0cV.jejK63XkRNceanNMC.qXPWLeK",
    request_id="20EB74C14654DC47",
    requester="s3.amazonaws.com",
    requester_account="",
    source_ip="",
)


@pytest.mark.parametrize(
    ("change", "name"),
    [(CREATED, "object_created"), (DELETED, "object_deleted"), (EXPIRED, "object_expired")],
    ids=["created", "deleted", "expired"],
)
def test_an_event_is_the_one_that_aws_documents(change: ObjectChange, name: str) -> None:
    found = orjson.loads(bridge_event(change, 26))
    assert len(found["id"]) == 36 and found["detail"]["object"]["sequencer"] == f"{26:018X}"
    found["id"] = "ID"
    found["detail"]["object"]["sequencer"] = "SEQUENCER"
    # As text: the members are in the documented order too.
    golden = orjson.loads((GOLDEN / f"{name}.json").read_bytes())
    assert orjson.dumps(found) == orjson.dumps(golden)


@pytest.mark.parametrize(
    ("event", "detail_type", "reason", "deletion"),
    [
        ("ObjectCreated:Copy", "Object Created", "CopyObject", None),
        ("ObjectCreated:Post", "Object Created", "POST Object", None),
        ("ObjectCreated:CompleteMultipartUpload", "Object Created", "CompleteMultipartUpload", None),
        ("ObjectRemoved:Delete", "Object Deleted", "DeleteObject", "Permanently Deleted"),
        ("LifecycleExpiration:Delete", "Object Deleted", "Lifecycle Expiration", "Permanently Deleted"),
        ("ObjectTagging:Put", "Object Tags Added", None, None),
        ("ObjectTagging:Delete", "Object Tags Deleted", None, None),
        ("ObjectAcl:Put", "Object ACL Updated", None, None),
    ],
)
def test_each_kind_of_event_has_its_type_and_reason(
    event: str, detail_type: str, reason: str | None, deletion: str | None
) -> None:
    found = orjson.loads(bridge_event(replace(CREATED, event_name=event), 1))
    detail = found["detail"]
    assert (found["detail-type"], detail.get("reason"), detail.get("deletion-type")) == (
        detail_type,
        reason,
        deletion,
    )
    assert ("sequencer" in detail["object"]) == detail_type.startswith(("Object Created", "Object Deleted"))


def test_the_same_change_has_the_same_id_and_another_one_has_not() -> None:
    once, twice = bridge_event(CREATED, 1), bridge_event(CREATED, 1)
    assert once == twice
    assert orjson.loads(once)["id"] != orjson.loads(bridge_event(CREATED, 2))["id"]


def test_keys_are_not_encoded() -> None:
    found = orjson.loads(bridge_event(replace(CREATED, key="dir/a b+é.txt"), 1))
    assert found["detail"]["object"]["key"] == "dir/a b+é.txt"


def test_the_rule_takes_what_has_a_type_and_nothing_else() -> None:
    rule = bridge_rule("us-east-1", "111122223333")
    assert is_bridge(rule) and rule.arn == "arn:aws:events:us-east-1:111122223333:event-bus/default"
    assert rule.why_not("ObjectCreated:Copy", "k") is None
    assert rule.why_not("Replication:OperationNotTracked", "k") is not None
