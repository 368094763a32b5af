"""Versions and aliases: published, named, weighed, and reached by their ARNs from everywhere."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.functions import LOGS, client, make_function, make_queue, make_role, receive, run, zip_of

from penstock.testing import LocalServer

ARN = "arn:aws:lambda:us-east-1:000000000000:function"


def source(answer: int) -> str:
    shown = f"{answer}, context.function_version, context.invoked_function_arn"
    return f"def handler(event, context):\n    return [{shown}]\n"


@pytest.fixture(scope="module")
def role(server: LocalServer) -> str:
    return make_role(server, "shared", *LOGS, "sqs:*")


@pytest.fixture
def aws(server: LocalServer) -> Any:
    return client(server, "lambda")


def error(raised: pytest.ExceptionInfo[ClientError]) -> tuple[str, str, int]:
    answer: Any = raised.value.response
    found = answer["Error"]
    return found["Code"], found["Message"], answer["ResponseMetadata"]["HTTPStatusCode"]


def two_versions(server: LocalServer, name: str, role: str) -> None:
    """Leaves versions 1 and 2, and a third generation in ``$LATEST``."""
    aws = client(server, "lambda")
    make_function(server, name, source(1), Role=role, Publish=True)
    for answer in (2, 3):
        aws.update_function_code(FunctionName=name, ZipFile=zip_of(source(answer)), Publish=answer == 2)
        server.wait(server.app.service("lambda").state.transitions.finish())


def test_a_version_stays_as_it_was_published(server: LocalServer, aws: Any, role: str) -> None:
    two_versions(server, "kept", role)

    for qualifier, answer in (("1", 1), ("2", 2), ("$LATEST", 3)):
        found = run(server, "kept", Qualifier=qualifier)
        assert found["Payload"] == [answer, qualifier, f"{ARN}:kept:{qualifier}"]
        assert found["ExecutedVersion"] == qualifier
        assert f"Version: {qualifier}\n" in found["LogResult"]
    assert run(server, "kept:1")["Payload"][0] == 1
    listed = aws.list_versions_by_function(FunctionName="kept")["Versions"]
    assert [each["Version"] for each in listed] == ["$LATEST", "1", "2"]
    assert listed[1]["FunctionArn"] == f"{ARN}:kept:1"
    assert aws.get_function(FunctionName="kept", Qualifier="2")["Configuration"]["Version"] == "2"


def test_what_has_not_changed_is_published_once(server: LocalServer, aws: Any, role: str) -> None:
    make_function(server, "same", source(1), Role=role)

    first = aws.publish_version(FunctionName="same", Description="first")
    again = aws.publish_version(FunctionName="same", Description="again")

    assert first["Version"] == again["Version"] == "1"
    assert again["Description"] == "first"
    assert aws.get_function_configuration(FunctionName="same")["Description"] == ""
    aws.update_function_configuration(FunctionName="same", Timeout=9)
    server.wait(server.app.service("lambda").state.transitions.finish())
    assert aws.publish_version(FunctionName="same")["Version"] == "2"
    assert aws.get_function_configuration(FunctionName="same:1")["Timeout"] == 3


def test_a_version_of_other_code_or_another_revision_is_not_published(
    server: LocalServer, aws: Any, role: str
) -> None:
    made = make_function(server, "checked", source(1), Role=role)

    with pytest.raises(ClientError) as raised:
        aws.publish_version(FunctionName="checked", CodeSha256="other")
    assert error(raised) == (
        "InvalidParameterValueException",
        f"CodeSHA256 (other) is different from current CodeSHA256 in $LATEST ({made['CodeSha256']}). "
        "Please try again with the CodeSHA256 in $LATEST.",
        400,
    )
    with pytest.raises(ClientError) as raised:
        aws.publish_version(FunctionName="checked", RevisionId="other")
    assert error(raised)[0] == "PreconditionFailedException"


def test_numbers_of_deleted_versions_are_not_given_again(server: LocalServer, aws: Any, role: str) -> None:
    two_versions(server, "gone", role)

    aws.delete_function(FunctionName="gone", Qualifier="2")

    with pytest.raises(ClientError) as raised:
        run(server, "gone", Qualifier="2")
    assert error(raised) == ("ResourceNotFoundException", f"Function not found: {ARN}:gone:2", 404)
    assert aws.publish_version(FunctionName="gone")["Version"] == "3"
    assert run(server, "gone:1")["Payload"][0] == 1
    aws.delete_function(FunctionName="gone")
    with pytest.raises(ClientError, match=f"Function not found: {ARN}:gone:1"):
        run(server, "gone:1")


@pytest.mark.parametrize("qualifier", ["9", "01", "9" * 40, "nobody"])
def test_what_was_never_published_is_not_found(
    server: LocalServer, aws: Any, role: str, qualifier: str
) -> None:
    if "never" not in [each["FunctionName"] for each in aws.list_functions()["Functions"]]:
        make_function(server, "never", source(1), Role=role)

    for read in (aws.get_function, aws.get_function_configuration, aws.invoke, aws.get_policy):
        with pytest.raises(ClientError) as raised:
            read(FunctionName="never", Qualifier=qualifier)
        assert error(raised)[1] == f"Function not found: {ARN}:never:{qualifier}"


def test_code_that_a_deleted_version_shared_with_latest_stays(
    server: LocalServer, aws: Any, role: str
) -> None:
    make_function(server, "sharing", source(1), Role=role, Publish=True)

    aws.delete_function(FunctionName="sharing:1")

    assert run(server, "sharing")["Payload"][:2] == [1, "$LATEST"]


def test_an_alias_leads_where_it_was_led_last(server: LocalServer, aws: Any, role: str) -> None:
    two_versions(server, "led", role)

    made = aws.create_alias(FunctionName="led", Name="live", FunctionVersion="1", Description="d")

    assert made["AliasArn"] == f"{ARN}:led:live"
    found = run(server, "led", Qualifier="live")
    assert found["Payload"] == [1, "1", f"{ARN}:led:live"]
    assert found["ExecutedVersion"] == "1"
    changed = aws.update_alias(FunctionName="led", Name="live", FunctionVersion="2")
    assert (changed["Description"], changed["RevisionId"] == made["RevisionId"]) == ("d", False)
    assert run(server, f"{ARN}:led:live")["Payload"][0] == 2
    assert aws.get_function_configuration(FunctionName="led:live")["FunctionArn"] == f"{ARN}:led:live"
    aws.create_alias(FunctionName="led", Name="newest", FunctionVersion="$LATEST")
    assert run(server, "led:newest")["Payload"][0] == 3
    assert [each["Name"] for each in aws.list_aliases(FunctionName="led")["Aliases"]] == ["live", "newest"]
    assert [
        each["Name"] for each in aws.list_aliases(FunctionName="led", FunctionVersion="2")["Aliases"]
    ] == ["live"]
    for _ in range(2):
        aws.delete_alias(FunctionName="led", Name="live")
    with pytest.raises(ClientError, match=f"Cannot find alias arn: {ARN}:led:live"):
        aws.get_alias(FunctionName="led", Name="live")


def test_weights_decide_which_version_runs(server: LocalServer, aws: Any, role: str) -> None:
    two_versions(server, "weighed", role)
    everything = {"AdditionalVersionWeights": {"2": 1.0}}

    made = aws.create_alias(
        FunctionName="weighed", Name="live", FunctionVersion="1", RoutingConfig=everything
    )

    assert made["RoutingConfig"] == everything
    assert run(server, "weighed:live")["ExecutedVersion"] == "2"
    aws.update_alias(
        FunctionName="weighed", Name="live", RoutingConfig={"AdditionalVersionWeights": {"2": 0.0}}
    )
    assert run(server, "weighed:live")["ExecutedVersion"] == "1"
    with pytest.raises(ClientError) as raised:
        aws.delete_function(FunctionName="weighed", Qualifier="2")
    assert error(raised)[0] == "ResourceConflictException"
    aws.update_alias(FunctionName="weighed", Name="live", RoutingConfig={})
    assert "RoutingConfig" not in aws.get_alias(FunctionName="weighed", Name="live")
    aws.delete_function(FunctionName="weighed", Qualifier="2")


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"FunctionVersion": "7"}, f"Function not found: {ARN}:picky:7"),
    (
        {"RoutingConfig": {"AdditionalVersionWeights": {"1": 0.5}}},
        "Invalid function version 1. Function version 1 is already included in routing configuration.",
    ),
    (
        {"RoutingConfig": {"AdditionalVersionWeights": {"2": 0.5, "3": 0.1}}},
        "Number of items in AdditionalVersionWeights cannot be greater than 1",
    ),
    (
        {"FunctionVersion": "$LATEST", "RoutingConfig": {"AdditionalVersionWeights": {"1": 0.5}}},
        "$LATEST is not supported for an alias pointing to more than 1 version",
    ),
]


def test_an_alias_that_leads_nowhere_is_refused(server: LocalServer, aws: Any, role: str) -> None:
    make_function(server, "picky", source(1), Role=role, Publish=True)
    named = {"FunctionName": "picky", "Name": "live", "FunctionVersion": "1"}

    for settings, message in REFUSED:
        with pytest.raises(ClientError) as raised:
            aws.create_alias(**{**named, **settings})
        assert error(raised)[1] == message
    with pytest.raises(ClientError, match="less than or equal to 1"):
        aws.create_alias(**named, RoutingConfig={"AdditionalVersionWeights": {"2": 1.5}})
    aws.create_alias(**named)
    with pytest.raises(ClientError) as raised:
        aws.create_alias(**named)
    assert error(raised) == ("ResourceConflictException", f"Alias already exists: {ARN}:picky:live", 409)
    with pytest.raises(ClientError) as raised:
        aws.update_alias(FunctionName="picky", Name="live", RevisionId="other")
    assert error(raised)[0] == "PreconditionFailedException"
    with pytest.raises(ClientError, match="Deletion of aliases is not currently supported"):
        aws.delete_function(FunctionName="picky", Qualifier="live")
    with pytest.raises(ClientError, match="This operation is permitted on Lambda functions only"):
        aws.update_function_code(FunctionName="picky:live", ZipFile=zip_of(source(2)))


def test_each_qualifier_has_a_policy_of_its_own(server: LocalServer, aws: Any, role: str) -> None:
    make_function(server, "allowed", source(1), Role=role, Publish=True)
    aws.create_alias(FunctionName="allowed", Name="live", FunctionVersion="1")
    allowed = {"Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}
    revision = aws.get_alias(FunctionName="allowed", Name="live")["RevisionId"]

    aws.add_permission(FunctionName="allowed:live", StatementId="a", **allowed, RevisionId=revision)
    aws.add_permission(FunctionName="allowed", Qualifier="1", StatementId="b", **allowed)

    (of_alias,) = json.loads(aws.get_policy(FunctionName="allowed", Qualifier="live")["Policy"])["Statement"]
    assert (of_alias["Sid"], of_alias["Resource"]) == ("a", f"{ARN}:allowed:live")
    (of_version,) = json.loads(aws.get_policy(FunctionName="allowed:1")["Policy"])["Statement"]
    assert (of_version["Sid"], of_version["Resource"]) == ("b", f"{ARN}:allowed:1")
    with pytest.raises(ClientError):
        aws.get_policy(FunctionName="allowed")
    s3 = client(server, "s3")
    s3.create_bucket(Bucket="of-aliases")
    for arn, taken in ((f"{ARN}:allowed:live", True), (f"{ARN}:allowed:1", True), (f"{ARN}:allowed", False)):
        wanted = {
            "LambdaFunctionConfigurations": [{"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"]}]
        }
        put = s3.put_bucket_notification_configuration
        if taken:
            put(Bucket="of-aliases", NotificationConfiguration=wanted)
        else:
            with pytest.raises(ClientError, match="Unable to validate"):
                put(Bucket="of-aliases", NotificationConfiguration=wanted)
    aws.remove_permission(FunctionName="allowed", Qualifier="live", StatementId="a")
    with pytest.raises(ClientError):
        aws.get_policy(FunctionName="allowed", Qualifier="live")


def test_a_change_of_an_object_runs_what_the_alias_leads_to(server: LocalServer, aws: Any, role: str) -> None:
    two_versions(server, "changed", role)
    aws.create_alias(FunctionName="changed", Name="live", FunctionVersion="1")
    url, queue = make_queue(server, "records")
    config = {"DestinationConfig": {"OnSuccess": {"Destination": queue}}}
    put = aws.put_function_event_invoke_config(FunctionName="changed", Qualifier="live", **config)
    assert put["FunctionArn"] == f"{ARN}:changed:live"
    assert aws.list_function_event_invoke_configs(FunctionName="changed")["FunctionEventInvokeConfigs"] == [
        {key: value for key, value in put.items() if key != "ResponseMetadata"}
    ]
    allowed = {"Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com", "StatementId": "s3"}
    aws.add_permission(FunctionName="changed:live", **allowed)
    s3 = client(server, "s3")
    s3.create_bucket(Bucket="changing")
    wanted = [{"LambdaFunctionArn": f"{ARN}:changed:live", "Events": ["s3:ObjectCreated:*"]}]
    s3.put_bucket_notification_configuration(
        Bucket="changing", NotificationConfiguration={"LambdaFunctionConfigurations": wanted}
    )

    s3.put_object(Bucket="changing", Key="k", Body=b"")
    server.settle()

    (message,) = receive(server, url)
    record = json.loads(message["Body"])
    assert record["requestContext"]["functionArn"] == f"{ARN}:changed:live"
    assert record["responseContext"]["executedVersion"] == "1"
    assert record["responsePayload"] == [1, "1", f"{ARN}:changed:live"]


def test_a_queue_feeds_what_the_alias_leads_to(server: LocalServer, aws: Any, role: str) -> None:
    two_versions(server, "fed", role)
    aws.create_alias(FunctionName="fed", Name="live", FunctionVersion="2")
    url, queue = make_queue(server, "feeding")
    made = aws.create_event_source_mapping(FunctionName="fed:live", EventSourceArn=queue)
    assert made["FunctionArn"] == f"{ARN}:fed:live"
    server.wait(server.app.service("lambda").state.transitions.finish())

    client(server, "sqs").send_message(QueueUrl=url, MessageBody="x")
    server.settle()

    assert receive(server, url) == []
    streams = client(server, "logs").describe_log_streams(logGroupName="/aws/lambda/fed")["logStreams"]
    assert ["[2]" in stream["logStreamName"] for stream in streams] == [True]
    assert (
        aws.list_event_source_mappings(FunctionName="fed:live")["EventSourceMappings"][0]["UUID"]
        == made["UUID"]
    )


def test_lists_of_functions_have_every_version_when_asked(server: LocalServer, aws: Any, role: str) -> None:
    two_versions(server, "aaa", role)
    two_versions(server, "aab", role)

    found = aws.get_paginator("list_functions").paginate(
        FunctionVersion="ALL", PaginationConfig={"PageSize": 2, "MaxItems": 6}
    )

    assert [(each["FunctionName"], each["Version"]) for page in found for each in page["Functions"]] == [
        (name, version) for name in ("aaa", "aab") for version in ("$LATEST", "1", "2")
    ]
