"""Lambda's answers where only a recording tells what they are; each is as AWS gave it.

The whole documents are in tests/golden/lambda.
"""

import hashlib
import http.client
import json
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.exceptions import ClientError
from tests.kit.functions import LOGS, SQS, client, make_function, make_queue, make_role, receive, run, zip_of

from penstock.testing import LocalServer
from penstock.testing.server import ACCOUNT, REGION, client_config

ONE = "def handler(event, context):\n    return context.aws_request_id\n"
FAILS = "def handler(event, context):\n    print('by', context.aws_request_id)\n    raise ValueError('x')\n"
NOBODY = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:nobody"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:"


def refusal(operation: Any, **params: Any) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as raised:
        operation(**params)
    response = raised.value.response
    error = response["Error"]
    return error["Code"], error["Message"], response["ResponseMetadata"]["HTTPStatusCode"]


def unchecked(server: LocalServer) -> Any:
    """Returns a client that sends what its model forbids."""
    return server.client("lambda", config=client_config().merge(Config(parameter_validation=False)))


def test_the_request_id_of_an_event_invocation_is_the_function_s(server: LocalServer) -> None:
    dead_url, dead_arn = make_queue(server, "ids-dead")
    told_url, told_arn = make_queue(server, "ids-told")
    make_function(server, "ids", FAILS, may=SQS, DeadLetterConfig={"TargetArn": dead_arn})
    aws = client(server, "lambda")
    aws.put_function_event_invoke_config(
        FunctionName="ids", MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": told_arn}}
    )

    answer = aws.invoke(FunctionName="ids", InvocationType="Event", Payload=b"{}")

    request_id = answer["ResponseMetadata"]["RequestId"]
    server.settle()
    (letter,), (record,) = receive(server, dead_url), receive(server, told_url)
    assert letter["MessageAttributes"]["RequestID"]["StringValue"] == request_id
    assert json.loads(record["Body"])["requestContext"]["requestId"] == request_id
    logged = client(server, "logs").filter_log_events(logGroupName="/aws/lambda/ids")["events"]
    messages = [event["message"] for event in logged]
    assert f"by {request_id}\n" in messages
    assert f"START RequestId: {request_id} Version: $LATEST\n" in messages


def test_the_request_id_of_an_event_invocation_stays_when_it_is_tried_again(server: LocalServer) -> None:
    make_function(server, "again-ids", FAILS)
    answer = client(server, "lambda").invoke(FunctionName="again-ids", InvocationType="Event")
    server.settle()
    server.advance(61)
    server.settle()

    logged = client(server, "logs").filter_log_events(logGroupName="/aws/lambda/again-ids")["events"]

    said = [event["message"] for event in logged if event["message"].startswith("by ")]
    assert said == [f"by {answer['ResponseMetadata']['RequestId']}\n"] * 2


def test_every_configuration_names_the_version_of_its_runtime(server: LocalServer) -> None:
    made = make_function(server, "versioned", ONE)
    aws = client(server, "lambda")

    (listed,) = [f for f in aws.list_functions()["Functions"] if f["FunctionName"] == "versioned"]
    found = [
        made,
        listed,
        aws.get_function(FunctionName="versioned")["Configuration"],
        aws.get_function_configuration(FunctionName="versioned"),
        aws.list_versions_by_function(FunctionName="versioned")["Versions"][0],
        aws.update_function_configuration(FunctionName="versioned", Timeout=4),
    ]

    arns = {configuration["RuntimeVersionConfig"]["RuntimeVersionArn"] for configuration in found}
    assert len(arns) == 1
    assert arns.pop().startswith(f"arn:aws:lambda:{REGION}::runtime:")


def test_an_empty_environment_is_given_back(server: LocalServer) -> None:
    make_function(server, "empty-environment", ONE, Environment={"Variables": {}})
    make_function(server, "no-environment", ONE)
    aws = client(server, "lambda")

    empty = aws.get_function_configuration(FunctionName="empty-environment")
    assert empty["Environment"] == {"Variables": {}}
    assert "Environment" not in aws.get_function_configuration(FunctionName="no-environment")


@pytest.mark.parametrize("operation", ["get_function", "invoke", "delete_function", "get_policy"])
@pytest.mark.parametrize(
    "prefix", ["arn:aws:lambda:eu-central-1:000000000000:function:", "eu-central-1:000000000000:"]
)
def test_a_function_of_another_region_is_not_reachable(
    server: LocalServer, operation: str, prefix: str
) -> None:
    assert refusal(getattr(client(server, "lambda"), operation), FunctionName=f"{prefix}f") == (
        "ResourceNotFoundException",
        "Functions from 'eu-central-1' are not reachable in this region ('us-east-1')",
        404,
    )


def test_an_event_that_may_not_run_is_recorded_with_its_own_condition(server: LocalServer) -> None:
    url, arn = make_queue(server, "zero-told")
    make_function(server, "zero", ONE, may=SQS)
    aws = client(server, "lambda")
    aws.put_function_concurrency(FunctionName="zero", ReservedConcurrentExecutions=0)
    aws.put_function_event_invoke_config(
        FunctionName="zero", DestinationConfig={"OnFailure": {"Destination": arn}}
    )

    aws.invoke(FunctionName="zero", InvocationType="Event", Payload=b"{}")
    server.settle()

    (record,) = receive(server, url)
    assert json.loads(record["Body"])["requestContext"]["condition"] == "ZeroReservedConcurrency"


@pytest.mark.parametrize("kinds", [("OnSuccess",), ("OnFailure",), ("OnSuccess", "OnFailure")])
def test_destinations_that_are_not_set_are_shown_empty(server: LocalServer, kinds: tuple[str, ...]) -> None:
    name = "-".join(["shows", *kinds])
    _, arn = make_queue(server, f"{name}-told")
    make_function(server, name, ONE, may=SQS)
    aws = client(server, "lambda")
    given: dict[str, Any] = {
        "OnSuccess": {},
        "OnFailure": {},
        **{kind: {"Destination": arn} for kind in kinds},
    }

    put = aws.put_function_event_invoke_config(FunctionName=name, DestinationConfig=given)

    assert put["DestinationConfig"] == given
    assert aws.get_function_event_invoke_config(FunctionName=name)["DestinationConfig"] == given


def test_a_mapping_to_an_unknown_function_or_queue_says_which(server: LocalServer) -> None:
    make_function(server, "unmapped", ONE, may=SQS)
    _, arn = make_queue(server, "unmapped-source")
    create = client(server, "lambda").create_event_source_mapping

    assert refusal(create, FunctionName="nobody", EventSourceArn=arn) == (
        "InvalidParameterValueException",
        "Function does not exist",
        400,
    )
    assert refusal(create, FunctionName="unmapped", EventSourceArn=f"{QUEUE}nowhere") == (
        "InvalidParameterValueException",
        "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. "
        "SQS Error Message: The specified queue does not exist.",
        400,
    )


def test_tags_are_a_function_s_and_not_too_many(server: LocalServer) -> None:
    arn = make_function(server, "tagged", ONE)["FunctionArn"]
    aws = client(server, "lambda")
    many = {str(number): "" for number in range(51)}

    for operation, more in (
        (aws.list_tags, {}),
        (aws.tag_resource, {"Tags": {"a": "b"}}),
        (aws.untag_resource, {"TagKeys": ["a"]}),
    ):
        assert refusal(operation, Resource=f"{arn}:$LATEST", **more)[:2] == (
            "InvalidParameterValueException",
            "Tags on function aliases and versions are not supported. Please specify a function ARN.",
        )
    assert refusal(aws.tag_resource, Resource=arn, Tags=many)[:2] == (
        "InvalidParameterValueException",
        "Number of tags exceeds resource tag limit.",
    )


def test_a_function_that_is_not_there_is_named_with_the_version_that_was_to_run(server: LocalServer) -> None:
    aws = client(server, "lambda")

    for kind in ("RequestResponse", "Event", "DryRun"):
        assert refusal(aws.invoke, FunctionName="nobody", InvocationType=kind) == (
            "ResourceNotFoundException",
            f"Function not found: {NOBODY}:$LATEST",
            404,
        )
    assert refusal(aws.get_function, FunctionName="nobody")[1] == f"Function not found: {NOBODY}"


def test_an_event_invoke_config_that_is_not_there_is_missed_in_two_ways(server: LocalServer) -> None:
    make_function(server, "plain", ONE)
    aws = client(server, "lambda")
    missing = "The function {}:$LATEST doesn't have an EventInvokeConfig"

    for name in ("nobody", "plain"):
        arn = NOBODY.replace("nobody", name)
        for operation in (aws.get_function_event_invoke_config, aws.delete_function_event_invoke_config):
            assert refusal(operation, FunctionName=name) == (
                "ResourceNotFoundException",
                missing.format(arn),
                404,
            )
    for operation in (aws.put_function_event_invoke_config, aws.update_function_event_invoke_config):
        assert refusal(operation, FunctionName="nobody", MaximumRetryAttempts=1)[:2] == (
            "ResourceNotFoundException",
            "The function doesn't exist.",
        )


@pytest.mark.parametrize(
    ("method", "path", "operation", "limit"),
    [
        ("POST", "", "CreateFunction", 70167211),
        ("PUT", "/large/code", "UpdateFunctionCode", 70167211),
        ("PUT", "/large/configuration", "UpdateFunctionConfiguration", 5120),
    ],
)
def test_a_request_that_is_too_large_is_refused_before_it_has_been_sent(
    server: LocalServer, method: str, path: str, operation: str, limit: int
) -> None:
    url = f"{server.endpoint}/2015-03-31/functions{path}"
    request = AWSRequest(method, url, headers={"X-Amz-Content-SHA256": hashlib.sha256(b"").hexdigest()})
    SigV4Auth(server.session().get_credentials(), "lambda", REGION).add_auth(request)
    connection = http.client.HTTPConnection(server.endpoint.removeprefix("http://"), timeout=30)
    connection.putrequest(method, f"/2015-03-31/functions{path}", skip_host=True)
    headers = {**request.headers, "Host": server.endpoint.removeprefix("http://")}
    for name, value in {**headers, "Content-Length": str(limit + 1)}.items():
        connection.putheader(name, value)
    connection.endheaders()

    answer = connection.getresponse()

    assert answer.status == 413
    assert answer.headers["x-amzn-ErrorType"].startswith("RequestEntityTooLargeException")
    found = json.loads(answer.read())
    connection.close()
    assert {name.lower(): value for name, value in found.items()} == {
        "message": f"Request must be smaller than {limit} bytes for the {operation} operation",
        "type": "User",
    }


def test_an_architecture_that_is_none_is_refused_in_aws_s_words(server: LocalServer) -> None:
    assert refusal(
        client(server, "lambda").create_function,
        FunctionName="mips",
        Role=f"arn:aws:iam::{ACCOUNT}:role/r",
        Code={"ZipFile": b"x"},
        Architectures=["mips"],
    )[:2] == (
        "ValidationException",
        "1 validation error detected: Value '[mips]' at 'architectures' failed to satisfy constraint: "
        "Member must satisfy constraint: "
        "[Member must satisfy enum value set: [x86_64, arm64], Member must not be null]",
    )


def test_a_name_of_65_letters_is_refused(server: LocalServer) -> None:
    role = make_role(server, "long-named-role", *LOGS)
    create, code = client(server, "lambda").create_function, {"ZipFile": zip_of(ONE)}
    common = {"Role": role, "Code": code, "Runtime": "python3.11", "Handler": "app.handler"}

    code_, message, status = refusal(create, FunctionName="n" * 65, **common)

    assert (code_, status) == ("InvalidParameterValueException", 400)
    assert message.endswith("Member must have length less than or equal to 64")
    make_function(server, "n" * 64, ONE, Role=role)


def test_a_synchronous_invocation_answers_the_id_that_the_function_sees(server: LocalServer) -> None:
    make_function(server, "sees", ONE)

    answer = run(server, "sees")

    assert answer["ResponseMetadata"]["RequestId"] == answer["Payload"]


@pytest.mark.parametrize(
    "name", ["f\x00", "f/..", "ä", "f" * 200, "arn:aws:lambda:x", "::", "f:$LATEST:1", ""]
)
def test_a_name_that_is_none_is_refused(server: LocalServer, name: str) -> None:
    code, _, status = refusal(unchecked(server).get_function_configuration, FunctionName=name)

    assert status in (400, 404), code
