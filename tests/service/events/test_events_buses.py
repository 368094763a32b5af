"""Buses over the wire: made, listed, changed, deleted, and the policies on them."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.buses import bus_arn, put_rule

from penstock.testing import LocalServer


@pytest.fixture(scope="module")
def events(server: LocalServer) -> Any:
    return server.client("events")


def bare(answer: dict[str, Any]) -> dict[str, Any]:
    answer.pop("ResponseMetadata")
    return answer


def refused(code: str, text: str) -> Any:
    return pytest.raises(ClientError, match=rf"\({code}\).*{text}")


def test_the_default_bus_is_always_there(events: Any) -> None:
    assert bare(events.describe_event_bus()) == {"Name": "default", "Arn": bus_arn()}
    assert {"Name": "default", "Arn": bus_arn()} in events.list_event_buses()["EventBuses"]


def test_a_bus_comes_back_as_it_was_made(events: Any) -> None:
    made = events.create_event_bus(Name="made", Description="of tests", Tags=[{"Key": "a", "Value": "b"}])
    assert (made["EventBusArn"], made["Description"]) == (bus_arn("made"), "of tests")
    found = events.describe_event_bus(Name="made")
    assert found["Arn"] == bus_arn("made") and found["CreationTime"] == found["LastModifiedTime"]
    assert events.describe_event_bus(Name=bus_arn("made"))["Name"] == "made"
    assert events.list_tags_for_resource(ResourceARN=bus_arn("made"))["Tags"] == [{"Key": "a", "Value": "b"}]
    with refused("ResourceAlreadyExistsException", "Event bus made already exists."):
        events.create_event_bus(Name="made")


def test_an_update_replaces_the_description_and_keeps_the_policy(events: Any) -> None:
    events.create_event_bus(Name="updated", Description="old")
    events.put_permission(
        EventBusName="updated", Action="events:PutEvents", Principal="111122223333", StatementId="s"
    )
    assert events.update_event_bus(Name="updated", Description="new")["Description"] == "new"
    found = events.describe_event_bus(Name="updated")
    assert found["Description"] == "new" and "111122223333" in found["Policy"]


def test_a_bus_with_rules_is_not_deleted(server: LocalServer, events: Any) -> None:
    events.create_event_bus(Name="ruled")
    put_rule(server, "one", EventBusName="ruled")
    with refused("ValidationException", "EventBus can't be deleted since it has rules."):
        events.delete_event_bus(Name="ruled")
    events.delete_rule(Name="one", EventBusName="ruled")
    events.delete_event_bus(Name="ruled")
    events.delete_event_bus(Name="ruled")
    with refused("ResourceNotFoundException", "Event bus ruled does not exist."):
        events.describe_event_bus(Name="ruled")
    with refused("ValidationException", "Cannot delete event bus default."):
        events.delete_event_bus(Name="default")


def test_buses_are_listed_in_pages(events: Any) -> None:
    for number in range(3):
        events.create_event_bus(Name=f"cpage-{number}")
    names, token = [], {}
    while True:
        page = events.list_event_buses(Limit=1, **token)
        names += [bus["Name"] for bus in page["EventBuses"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert names == sorted(set(names)) and {"cpage-0", "cpage-1", "cpage-2", "default"} <= set(names)
    found = events.list_event_buses(NamePrefix="cpage-")["EventBuses"]
    assert [bus["Name"] for bus in found] == ["cpage-0", "cpage-1", "cpage-2"]
    with refused("ValidationException", "Parameter NextToken is not valid."):
        events.list_event_buses(NextToken="not ours!")


def test_permissions_are_statements_by_id(events: Any) -> None:
    events.create_event_bus(Name="open")
    for principal in ("111122223333", "444455556666"):
        events.put_permission(
            EventBusName="open", Action="events:PutEvents", Principal=principal, StatementId="one"
        )
    (statement,) = json.loads(events.describe_event_bus(Name="open")["Policy"])["Statement"]
    assert statement == {
        "Sid": "one",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::444455556666:root"},
        "Action": "events:PutEvents",
        "Resource": bus_arn("open"),
    }
    with refused("ResourceNotFoundException", "Statement with the provided id does not exist."):
        events.remove_permission(EventBusName="open", StatementId="two")
    events.remove_permission(EventBusName="open", StatementId="one")
    assert "Policy" not in events.describe_event_bus(Name="open")
    with refused("ResourceNotFoundException", "EventBus does not have a policy."):
        events.remove_permission(EventBusName="open", StatementId="one")


def test_a_policy_must_be_one_and_not_longer_than_10_kb(events: Any) -> None:
    events.create_event_bus(Name="policied")
    with refused("ValidationException", ""):
        events.put_permission(EventBusName="policied", Policy="{")
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "events:PutEvents",
        "Resource": bus_arn("policied"),
    }
    long = json.dumps({"Version": "2012-10-17", "Id": "x" * 10_240, "Statement": [statement]})
    with refused("PolicyLengthExceededException", ""):
        events.put_permission(EventBusName="policied", Policy=long)
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    events.put_permission(EventBusName="policied", Policy=policy)
    assert events.describe_event_bus(Name="policied")["Policy"] == policy
    events.remove_permission(EventBusName="policied", RemoveAllPermissions=True)
    assert "Policy" not in events.describe_event_bus(Name="policied")


def test_the_default_bus_takes_tags_and_keeps_them_apart_from_others(events: Any) -> None:
    events.tag_resource(ResourceARN=bus_arn(), Tags=[{"Key": "k", "Value": "v"}, {"Key": "l", "Value": "w"}])
    events.untag_resource(ResourceARN=bus_arn(), TagKeys=["k"])
    assert events.list_tags_for_resource(ResourceARN=bus_arn())["Tags"] == [{"Key": "l", "Value": "w"}]
    with refused("ResourceNotFoundException", "Event bus none does not exist."):
        events.tag_resource(ResourceARN=bus_arn("none"), Tags=[])


@pytest.mark.parametrize(
    "lacking",
    [
        {"LogConfig": {"Level": "TRACE"}},
        {"EventSourceName": "aws.partner/a/b"},
    ],
    ids=lambda lacking: next(iter(lacking)),
)
def test_what_a_bus_cannot_be_is_refused_by_name(events: Any, lacking: dict[str, Any]) -> None:
    with refused("NotImplemented", "not implemented by this server"):
        events.create_event_bus(Name="lacking", **lacking)


def test_what_is_not_served_is_refused_by_name(events: Any) -> None:
    with refused("NotImplemented", "which has no global endpoints"):
        events.list_endpoints()
