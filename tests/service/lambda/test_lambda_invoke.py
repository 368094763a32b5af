"""What a handler meets: its event, its context, its environment, its identity, its log."""

import base64
import json
import os
import re
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from tests.kit.functions import LOGS, client, make_function, make_role, run

from penstock.services.lambda_.runtime.sandbox.isolation import Isolation, isolation_here
from penstock.testing import LocalServer

ECHO = "def handler(event, context):\n    return event\n"
ENVIRONMENT = """
import os, sys, tempfile
def handler(event, context):
    return {"env": dict(os.environ), "cwd": os.getcwd(), "path": sys.path, "tmp": tempfile.gettempdir()}
"""


@pytest.mark.parametrize("event", [{"a": [1, None, "é"]}, [], "text", 7, None, True])
def test_a_function_returns_what_its_handler_returns(server: LocalServer, event: object) -> None:
    name = f"echo-{type(event).__name__}"
    make_function(server, name, ECHO)

    answer = run(server, name, event)

    assert answer["StatusCode"] == 200
    assert answer["ExecutedVersion"] == "$LATEST"
    assert "FunctionError" not in answer
    assert answer["Payload"] == event


def test_an_invocation_without_a_payload_gets_an_empty_event(server: LocalServer) -> None:
    make_function(server, "no-payload", ECHO)

    answer = client(server, "lambda").invoke(FunctionName="no-payload")

    assert answer["Payload"].read() == b"{}"


def test_the_context_tells_a_handler_about_itself(server: LocalServer) -> None:
    source = """
def handler(event, context):
    return {
        "name": context.function_name, "version": context.function_version, "arn": context.invoked_function_arn,
        "memory": context.memory_limit_in_mb, "id": context.aws_request_id, "group": context.log_group_name,
        "stream": context.log_stream_name, "left": context.get_remaining_time_in_millis(),
        "client": context.client_context.client.app_title,
    }
"""
    arn = make_function(server, "ctx", source, Timeout=30, MemorySize=256)["FunctionArn"]
    context = base64.b64encode(json.dumps({"client": {"app_title": "é"}}).encode()).decode()

    answer = run(server, "ctx", ClientContext=context)

    found = answer["Payload"]
    assert found["name"] == "ctx"
    assert found["version"] == "$LATEST"
    assert found["arn"] == arn
    assert found["memory"] == "256"
    assert found["id"] == answer["ResponseMetadata"]["RequestId"]
    assert found["group"] == "/aws/lambda/ctx"
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", found["stream"])
    assert 20_000 < found["left"] <= 30_000
    assert found["client"] == "é"


@pytest.mark.parametrize("depth", [2000, 100_000])
def test_brackets_in_brackets_are_no_client_context(server: LocalServer, depth: int) -> None:
    make_function(server, f"nested-{depth}", ECHO)
    context = base64.b64encode(b"[" * depth).decode()
    with pytest.raises(ClientError) as caught:
        run(server, f"nested-{depth}", ClientContext=context)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_the_time_left_is_real_when_the_server_s_time_was_moved() -> None:
    source = "def handler(event, context):\n    return context.get_remaining_time_in_millis()\n"
    with LocalServer() as server:
        server.advance(10 * 86_400)
        make_function(server, "moved", source, Timeout=60)

        assert 50_000 < run(server, "moved")["Payload"] <= 60_000


def test_the_environment_is_aws_s_and_the_function_s_and_nothing_of_the_server_s(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_SERVER", "x")
    variables = {"MINE": "1", "TZ": "Europe/Berlin"}
    make_function(server, "env", ENVIRONMENT, Environment={"Variables": variables})

    found = run(server, "env")["Payload"]

    env = found["env"]
    assert env["MINE"] == "1"
    assert env["TZ"] == "Europe/Berlin"
    assert env["AWS_LAMBDA_FUNCTION_NAME"] == "env"
    assert env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "128"
    assert env["AWS_REGION"] == env["AWS_DEFAULT_REGION"] == "us-east-1"
    assert env["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.11"
    assert env["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    assert env["AWS_ENDPOINT_URL"] == server.endpoint
    assert env["_HANDLER"] == "app.handler"
    assert env["LAMBDA_TASK_ROOT"] == found["cwd"] == found["path"][0]
    assert env["TMPDIR"] == found["tmp"]
    own = set(os.environ) - {"PATH", "LANG", "TZ", "HOME", "TMPDIR", "PYTHONPATH", "LC_CTYPE", "PWD"}
    assert not own & set(env)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give up its rights")
def test_a_function_of_a_privileged_server_runs_unprivileged(server: LocalServer) -> None:
    source = """
import os
def handler(event, context):
    for path in (os.environ["LAMBDA_TASK_ROOT"] + "/new", event["data"]):
        try:
            open(path, "w")
        except OSError as error:
            print(error)
        else:
            return path
    open(os.environ["TMPDIR"] + "/new", "w").close()
    return os.getuid()
"""
    make_function(server, "humble", source)

    assert run(server, "humble", {"data": str(server.app.folder / "x")})["Payload"] not in (0, None)


@pytest.mark.skipif(isolation_here() is not Isolation.NAMESPACES, reason="this machine allows no namespaces")
def test_each_worker_has_a_tmp_of_its_own_that_lasts_as_long_as_the_worker(server: LocalServer) -> None:
    source = """
def handler(event, context):
    with open("/tmp/input.csv", "a+") as file:
        file.write(event)
        file.seek(0)
        return file.read()
"""
    make_function(server, "own-tmp", source)
    make_function(server, "other-tmp", source)

    assert run(server, "own-tmp", "one")["Payload"] == "one"
    assert run(server, "other-tmp", "two")["Payload"] == "two"
    assert run(server, "own-tmp", "three")["Payload"] == "onethree"
    assert not Path("/tmp/input.csv").exists()


def test_boto3_in_a_handler_speaks_to_this_server_as_the_function_s_role(server: LocalServer) -> None:
    source = """
import boto3
def handler(event, context):
    return boto3.client("sts").get_caller_identity()["Arn"]
"""
    make_function(server, "whoami", source)

    assert run(server, "whoami")["Payload"] == "arn:aws:sts::000000000000:assumed-role/whoami-role/whoami"


def test_a_handler_may_do_what_its_role_may_do_and_nothing_else(server: LocalServer) -> None:
    source = """
import boto3
def handler(event, context):
    s3 = boto3.client("s3")
    s3.put_object(Bucket="roles-may", Key="k", Body=b"x")
    try:
        s3.get_object(Bucket="roles-may", Key="k")
    except s3.exceptions.ClientError as error:
        return error.response["Error"]["Code"]
"""
    client(server, "s3").create_bucket(Bucket="roles-may")
    make_function(server, "may", source, may=["s3:PutObject"], Timeout=20)

    assert run(server, "may")["Payload"] == "AccessDenied"
    assert client(server, "s3").get_object(Bucket="roles-may", Key="k")["Body"].read() == b"x"


def test_the_log_tail_shows_the_run_in_aws_s_words(server: LocalServer) -> None:
    source = """
import logging
logging.getLogger().setLevel("INFO")
def handler(event, context):
    print("printed")
    logging.info("logged")
"""
    make_function(server, "words", source)

    answer = run(server, "words")

    id = answer["ResponseMetadata"]["RequestId"]
    lines = answer["LogResult"].split("\n")
    assert lines[0] == f"START RequestId: {id} Version: $LATEST"
    assert lines[1] == "printed"
    assert re.fullmatch(rf"\[INFO\]\t\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{{3}}Z\t{id}\tlogged", lines[2])
    assert lines[3] == f"END RequestId: {id}"
    assert re.fullmatch(
        rf"REPORT RequestId: {id}\tDuration: \d+\.\d\d ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB\t"
        r"Max Memory Used: \d+ MB\tInit Duration: \d+\.\d\d ms\t",
        lines[4],
    )
    assert "Init Duration" not in run(server, "words")["LogResult"]


def test_the_log_is_written_to_the_function_s_group_and_stream(server: LocalServer) -> None:
    source = 'def handler(event, context):\n    print("event", event)\n    return context.log_stream_name\n'
    make_function(server, "logged", source)

    streams = {run(server, "logged", n)["Payload"] for n in range(3)}
    server.settle()

    assert len(streams) == 1, "one warm worker, one stream"
    events = client(server, "logs").get_log_events(
        logGroupName="/aws/lambda/logged", logStreamName=streams.pop(), startFromHead=True
    )["events"]
    messages = [event["message"].split(" ")[0] for event in events]
    assert messages == ["INIT_START"] + ["START", "event", "END", "REPORT"] * 3
    assert [e["message"] for e in events if e["message"].startswith("event")] == [
        "event 0\n",
        "event 1\n",
        "event 2\n",
    ]


def test_an_empty_line_is_an_event_of_the_log_too(server: LocalServer) -> None:
    make_function(server, "sparse", "def handler(event, context):\n    print('above\\n\\nbelow')\n")
    run(server, "sparse")
    server.settle()
    events = client(server, "logs").filter_log_events(logGroupName="/aws/lambda/sparse")["events"]
    assert [event["message"] for event in events[2:5]] == ["above\n", "\n", "below\n"]


def test_a_role_that_may_not_write_logs_has_none(server: LocalServer) -> None:
    make_function(server, "silent", ECHO, Role=make_role(server, "silent-role"))

    assert run(server, "silent", 1)["Payload"] == 1
    server.settle()

    groups = client(server, "logs").describe_log_groups(logGroupNamePrefix="/aws/lambda/silent")
    assert groups["logGroups"] == []


def test_the_same_worker_serves_the_next_invocation(server: LocalServer) -> None:
    make_function(
        server, "warm", "n = 0\ndef handler(event, context):\n    global n\n    n += 1\n    return n\n"
    )

    assert [run(server, "warm")["Payload"] for _ in range(4)] == [1, 2, 3, 4]


def test_a_worker_that_stays_idle_is_stopped(server: LocalServer) -> None:
    make_function(
        server, "idle", "n = 0\ndef handler(event, context):\n    global n\n    n += 1\n    return n\n"
    )
    run(server, "idle")

    server.advance(3600)
    server.settle()

    assert run(server, "idle")["Payload"] == 1


def test_a_dry_run_runs_nothing(server: LocalServer) -> None:
    make_function(server, "dry", ECHO)

    answer = client(server, "lambda").invoke(FunctionName="dry", InvocationType="DryRun")

    assert answer["StatusCode"] == 204


def test_a_payload_that_is_no_json_is_refused(server: LocalServer) -> None:
    make_function(server, "no-json", ECHO)

    with pytest.raises(ClientError, match="Could not parse request body into json") as raised:
        client(server, "lambda").invoke(FunctionName="no-json", Payload=b"{")

    assert raised.value.response["Error"]["Code"] == "InvalidRequestContentException"


@pytest.mark.parametrize(("kind", "limit"), [("RequestResponse", 6291456), ("Event", 1048576)])
def test_a_payload_that_is_too_large_is_refused(server: LocalServer, kind: str, limit: int) -> None:
    make_function(server, f"large-{kind}", ECHO)

    with pytest.raises(ClientError, match=f"must be smaller than {limit} bytes") as raised:
        client(server, "lambda").invoke(
            FunctionName=f"large-{kind}", InvocationType=kind, Payload=b'"' + b"x" * limit + b'"'
        )

    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413


@pytest.mark.parametrize(
    "form",
    [
        "{}",
        "{}:$LATEST",
        "000000000000:{}",
        "000000000000:function:{}",
        "arn:aws:lambda:us-east-1:000000000000:function:{}",
    ],
)
def test_a_function_is_found_under_every_form_of_its_name(server: LocalServer, form: str) -> None:
    try:
        make_function(server, "forms", ECHO)
    except ClientError as error:
        assert "EntityAlreadyExists" in str(error)

    assert run(server, form.format("forms"), 5)["Payload"] == 5


def test_a_function_that_is_not_there_is_named(server: LocalServer) -> None:
    with pytest.raises(ClientError) as raised:
        client(server, "lambda").invoke(FunctionName="nowhere")

    error = raised.value.response["Error"]
    assert error["Code"] == "ResourceNotFoundException"
    assert (
        error["Message"]
        == "Function not found: arn:aws:lambda:us-east-1:000000000000:function:nowhere:$LATEST"
    )
    assert raised.value.response["Type"] == "User"


def test_a_function_without_reserved_executions_is_throttled(server: LocalServer) -> None:
    make_function(server, "throttled", ECHO)
    aws = client(server, "lambda")
    aws.put_function_concurrency(FunctionName="throttled", ReservedConcurrentExecutions=0)

    with pytest.raises(ClientError) as raised:
        aws.invoke(FunctionName="throttled")

    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert raised.value.response["Error"] == {"Code": "TooManyRequestsException", "Message": "Rate Exceeded."}
    assert raised.value.response["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert aws.get_function_concurrency(FunctionName="throttled")["ReservedConcurrentExecutions"] == 0
    aws.delete_function_concurrency(FunctionName="throttled")
    assert run(server, "throttled", 1)["Payload"] == 1


def test_a_role_that_was_deleted_can_run_nothing(server: LocalServer) -> None:
    role = make_role(server, "short-lived", *LOGS)
    make_function(server, "orphan", ECHO, Role=role)
    iam = client(server, "iam")
    iam.delete_role_policy(RoleName="short-lived", PolicyName="may")
    iam.delete_role(RoleName="short-lived")

    with pytest.raises(ClientError, match="cannot be assumed by Lambda") as raised:
        client(server, "lambda").invoke(FunctionName="orphan")

    assert raised.value.response["Error"]["Code"] == "AccessDeniedException"


def test_a_stranger_to_the_runtime_api_is_turned_away(server: LocalServer) -> None:
    import httpx

    url = f"{server.endpoint}/_penstock/runtime/{'0' * 32}/2018-06-01/runtime/invocation/next"

    assert httpx.get(url).status_code == 403
