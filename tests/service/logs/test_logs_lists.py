"""Saved queries, what there is to be queried, and policies of single log groups."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.functions import client
from tests.kit.policies import ACCOUNT

from penstock.testing import LocalServer


@pytest.fixture(scope="module")
def logs(server: LocalServer) -> Any:
    return client(server, "logs")


def refusal(call: Any, **params: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**params)
    code: str = caught.value.response["Error"]["Code"]
    return code


def test_queries_are_saved_changed_listed_and_deleted(logs: Any) -> None:
    ids = [
        logs.put_query_definition(name=name, queryString="fields @message")["queryDefinitionId"]
        for name in ("errors/a", "errors/b", "other")
    ]
    logs.put_query_definition(
        queryDefinitionId=ids[1], name="errors/c", queryString="stats count(*)", logGroupNames=["g"]
    )
    found = logs.describe_query_definitions(queryDefinitionNamePrefix="errors/")["queryDefinitions"]
    assert [(one["name"], one["queryString"], one.get("logGroupNames")) for one in found] == [
        ("errors/a", "fields @message", None),
        ("errors/c", "stats count(*)", ["g"]),
    ]
    first = logs.describe_query_definitions(maxResults=2)
    rest = logs.describe_query_definitions(nextToken=first["nextToken"])
    assert [one["queryDefinitionId"] for one in rest["queryDefinitions"]] == [ids[2]]
    assert logs.delete_query_definition(queryDefinitionId=ids[0])["success"] is True
    assert refusal(logs.delete_query_definition, queryDefinitionId=ids[0]) == "ResourceNotFoundException"
    unknown = {"queryDefinitionId": ids[0], "name": "x", "queryString": "y"}
    assert refusal(logs.put_query_definition, **unknown) == "ResourceNotFoundException"
    assert refusal(logs.describe_query_definitions, nextToken="bent") == "InvalidParameterException"


def test_groups_are_listed_by_texts_in_their_names_and_by_class(logs: Any) -> None:
    for name, log_class in (
        ("/app/web", "STANDARD"),
        ("/app/db", "INFREQUENT_ACCESS"),
        ("/sys/web", "STANDARD"),
    ):
        logs.create_log_group(logGroupName=name, logGroupClass=log_class)

    def names(**params: Any) -> list[str]:
        return [group["logGroupName"] for group in logs.list_log_groups(**params)["logGroups"]]

    assert names(logGroupNamePattern="^/app") == ["/app/db", "/app/web"]
    assert names(logGroupNamePattern="web|^/app/d") == ["/app/db", "/app/web", "/sys/web"]
    assert names(logGroupClass="INFREQUENT_ACCESS") == ["/app/db"]
    first = logs.list_log_groups(limit=1)
    assert first["logGroups"] == [
        {
            "logGroupName": "/app/db",
            "logGroupArn": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/app/db",
            "logGroupClass": "INFREQUENT_ACCESS",
        }
    ]
    assert names(nextToken=first["nextToken"], limit=1) == ["/app/web"]
    assert refusal(logs.list_log_groups, includeLinkedAccounts=True) == "InvalidParameterException"


def test_the_fields_of_a_group_are_those_of_its_last_events(server: LocalServer, logs: Any) -> None:
    logs.create_log_group(logGroupName="fields")
    assert logs.get_log_group_fields(logGroupName="fields")["logGroupFields"] == []
    logs.create_log_stream(logGroupName="fields", logStreamName="s")
    now_ms = server.clock.now_ms()
    messages = [json.dumps({"a": {"b": 1}}), json.dumps({"c": "x"}), "text", "text"]
    events = [{"timestamp": now_ms, "message": message} for message in messages]
    logs.put_log_events(logGroupName="fields", logStreamName="s", logEvents=events)
    found = logs.get_log_group_fields(logGroupName="fields")["logGroupFields"]
    percents = {one["name"]: one["percent"] for one in found}
    assert percents["@message"] == 100
    assert (percents["a.b"], percents["c"]) == (25, 25)
    id = logs.start_query(logGroupName="fields", startTime=0, endTime=1, queryString="fields a.b")["queryId"]
    assert logs.list_log_groups_for_query(queryId=id)["logGroupIdentifiers"] == ["fields"]
    assert refusal(logs.list_log_groups_for_query, queryId="none") == "ResourceNotFoundException"


def test_a_group_has_a_policy_of_its_own_that_is_changed_by_who_has_read_it(
    server: LocalServer, logs: Any
) -> None:
    logs.create_log_group(logGroupName="/aws/events/own")
    arn = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/events/own"
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": f"{arn}:*",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    events = client(server, "events")
    events.put_rule(Name="own", EventPattern='{"source": ["own"]}')
    events.put_targets(Rule="own", Targets=[{"Id": "t", "Arn": arn}])

    def told() -> int:
        entry = {"Source": "own", "DetailType": "d", "Detail": "{}"}
        events.put_events(Entries=[entry])
        server.settle()
        return len(logs.filter_log_events(logGroupName="/aws/events/own")["events"])

    assert told() == 0
    made = logs.put_resource_policy(resourceArn=arn, policyDocument=document)
    (found,) = logs.describe_resource_policies(resourceArn=arn)["resourcePolicies"]
    assert (found["policyScope"], found["policyDocument"], found["revisionId"]) == (
        "RESOURCE",
        document,
        made["revisionId"],
    )
    assert told() >= 1
    again = {"resourceArn": arn, "policyDocument": document}
    assert refusal(logs.put_resource_policy, **again) == "OperationAbortedException"
    revision = logs.put_resource_policy(**again, expectedRevisionId=made["revisionId"])["revisionId"]
    old = {"resourceArn": arn, "expectedRevisionId": made["revisionId"]}
    assert refusal(logs.delete_resource_policy, **old) == "OperationAbortedException"
    logs.delete_resource_policy(resourceArn=arn, expectedRevisionId=revision)
    count = len(logs.filter_log_events(logGroupName="/aws/events/own")["events"])
    assert told() == count
    assert logs.describe_resource_policies(resourceArn=arn)["resourcePolicies"] == []
    assert refusal(logs.describe_resource_policies, policyScope="RESOURCE") == "InvalidParameterException"
    assert (
        refusal(logs.put_resource_policy, policyDocument=document, resourceArn="x")
        == "InvalidParameterException"
    )
