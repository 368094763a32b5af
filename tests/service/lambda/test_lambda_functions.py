"""Functions as resources: made, changed, listed, tagged, deleted."""

import base64
import hashlib
import io
import json
import zipfile
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.functions import LOGS, arrive, client, make_function, make_role, run, zip_of

from penstock.services.lambda_.functions.package import Package, PackageStore
from penstock.testing import LocalServer

ONE = "def handler(event, context):\n    return 1\n"
TWO = "def handler(event, context):\n    return 2\n"


def refused(server: LocalServer, **settings: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as raised:
        make_function(server, "refused", ONE, **settings)
    error: dict[str, Any] = raised.value.response["Error"]
    return error


@pytest.fixture(scope="module")
def role(server: LocalServer) -> str:
    return make_role(server, "shared", *LOGS)


def test_a_new_function_is_described_as_aws_does(server: LocalServer, role: str) -> None:
    code = zip_of(ONE)

    made = make_function(
        server, "made", ONE, Role=role, Description="d", Tags={"a": "b"}, Code={"ZipFile": code}
    )

    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert made["FunctionArn"] == "arn:aws:lambda:us-east-1:000000000000:function:made"
    assert made["CodeSize"] == len(code)
    assert made["CodeSha256"] == base64.b64encode(hashlib.sha256(code).digest()).decode()
    assert (made["Timeout"], made["MemorySize"], made["Version"]) == (3, 128, "$LATEST")
    assert made["PackageType"] == "Zip"
    assert made["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": "/aws/lambda/made"}
    aws = client(server, "lambda")
    aws.get_waiter("function_active_v2").wait(FunctionName="made")
    found = aws.get_function(FunctionName="made")
    assert found["Tags"] == {"a": "b"}
    assert aws.get_function_configuration(FunctionName="made")["Description"] == "d"
    assert aws.list_versions_by_function(FunctionName="made")["Versions"][0]["Version"] == "$LATEST"
    assert not aws.get_function_code_signing_config(FunctionName="made")["CodeSigningConfigArn"]


def test_a_name_is_taken_once(server: LocalServer, role: str) -> None:
    make_function(server, "taken", ONE, Role=role)

    with pytest.raises(ClientError) as raised:
        make_function(server, "taken", ONE, Role=role)

    assert raised.value.response["Error"] == {
        "Code": "ResourceConflictException",
        "Message": "Function already exist: taken",
    }
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 409


def test_new_code_takes_effect_at_once(server: LocalServer, role: str) -> None:
    made = make_function(server, "recoded", ONE, Role=role)
    assert run(server, "recoded")["Payload"] == 1

    changed = client(server, "lambda").update_function_code(FunctionName="recoded", ZipFile=zip_of(TWO))

    assert changed["CodeSha256"] != made["CodeSha256"]
    assert changed["RevisionId"] != made["RevisionId"]
    assert run(server, "recoded")["Payload"] == 2


def test_new_settings_take_effect_at_once(server: LocalServer, role: str) -> None:
    source = "import os\ndef handler(event, context):\n    return os.environ.get('AB'), context.memory_limit_in_mb\n"
    make_function(server, "reset", source, Role=role, Environment={"Variables": {"AB": "1"}})
    assert run(server, "reset")["Payload"] == ["1", "128"]
    aws = client(server, "lambda")

    aws.update_function_configuration(FunctionName="reset", MemorySize=256, Environment={"Variables": {}})

    assert run(server, "reset")["Payload"] == [None, "256"]
    assert aws.get_function_configuration(FunctionName="reset")["Environment"] == {"Variables": {}}


def test_new_settings_are_kept_that_come_while_new_code_is_taken_in(
    server: LocalServer, role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_function(server, "both", ONE, Role=role)
    aws, add = client(server, "lambda"), PackageStore.add

    def meanwhile(store: PackageStore, data: bytes) -> Package:
        aws.update_function_configuration(FunctionName="both", Timeout=33)
        arrive(server)
        return add(store, data)

    monkeypatch.setattr(PackageStore, "add", meanwhile)

    assert aws.update_function_code(FunctionName="both", ZipFile=zip_of(TWO))["Timeout"] == 33
    assert run(server, "both")["Payload"] == 2


def test_a_stale_revision_is_refused(server: LocalServer, role: str) -> None:
    make_function(server, "stale", ONE, Role=role)
    aws = client(server, "lambda")
    made = aws.get_function_configuration(FunctionName="stale")
    aws.update_function_configuration(FunctionName="stale", Timeout=9, RevisionId=made["RevisionId"])
    arrive(server)

    for change in (
        lambda: aws.update_function_configuration(FunctionName="stale", RevisionId=made["RevisionId"]),
        lambda: aws.update_function_code(
            FunctionName="stale", ZipFile=zip_of(TWO), RevisionId=made["RevisionId"]
        ),
    ):
        with pytest.raises(ClientError, match="RevisionId provided does not match") as raised:
            change()
        assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 412


def test_a_dry_run_changes_nothing(server: LocalServer, role: str) -> None:
    made = make_function(server, "dry-update", ONE, Role=role)
    aws = client(server, "lambda")

    shown = aws.update_function_code(FunctionName="dry-update", ZipFile=zip_of(TWO), DryRun=True)

    assert shown["CodeSha256"] != made["CodeSha256"]
    assert aws.get_function_configuration(FunctionName="dry-update")["CodeSha256"] == made["CodeSha256"]


def test_code_can_lie_in_s3(server: LocalServer, role: str) -> None:
    s3 = client(server, "s3")
    s3.create_bucket(Bucket="packages")
    s3.put_object(Bucket="packages", Key="one.zip", Body=zip_of(ONE))

    make_function(server, "from-s3", ONE, Role=role, Code={"S3Bucket": "packages", "S3Key": "one.zip"})

    assert run(server, "from-s3")["Payload"] == 1
    error = refused(server, Role=role, Code={"S3Bucket": "packages", "S3Key": "two.zip"})
    assert error["Code"] == "InvalidParameterValueException"
    assert error["Message"].startswith("Error occurred while GetObject. S3 Error Code: NoSuchKey.")


def test_a_package_keeps_folders_modes_and_inner_links(server: LocalServer, role: str) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("pkg/__init__.py", "")
        archive.writestr(
            "pkg/app.py",
            "import subprocess\ndef handler(e, c):\n    return subprocess.getoutput('bin/tool')\n",
        )
        tool = zipfile.ZipInfo("bin/real")
        tool.external_attr = 0o100755 << 16
        archive.writestr(tool, "#!/bin/sh\necho tool\n")
        link = zipfile.ZipInfo("bin/tool")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "real")
    make_function(
        server, "folders", ONE, Role=role, Handler="pkg.app.handler", Code={"ZipFile": buffer.getvalue()}
    )

    assert run(server, "folders")["Payload"] == "tool"


def test_a_runtime_that_is_not_on_the_machine_is_run_by_another_which_the_log_tells(
    server: LocalServer, role: str
) -> None:
    source = (
        "import os, sys\ndef handler(e, c):\n    return os.environ['AWS_EXECUTION_ENV'], c.log_stream_name\n"
    )
    make_function(server, "old", source, Role=role, Runtime="python3.8")

    env, stream = run(server, "old")["Payload"]

    assert env == "AWS_Lambda_python3.8"
    server.settle()
    events = client(server, "logs").get_log_events(logGroupName="/aws/lambda/old", logStreamName=stream)[
        "events"
    ]
    assert events[0]["message"].startswith("INIT_START Runtime Version: python:3.")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"Runtime": "nodejs20.x"}, "The runtime nodejs20.x is not supported by this server"),
        ({"Runtime": "python2.1"}, "Value python2.1 at 'runtime' failed to satisfy constraint: Member must"),
        (
            {"Layers": ["arn:aws:lambda:us-east-1:000000000000:layer:x:1"]},
            "Layer version arn:aws:lambda:us-east-1:000000000000:layer:x:1 does not exist.",
        ),
        ({"VpcConfig": {"SubnetIds": ["subnet-1"]}}, "VpcConfig is not supported by this server"),
        ({"PackageType": "Image", "Code": {"ImageUri": "x"}}, "Container images"),
        ({"Code": {"ZipFile": b"no zip"}}, "Could not unzip uploaded file."),
        ({"Code": {}}, "Please provide a source for function code."),
        (
            {"Environment": {"Variables": {"AWS_REGION": "x"}}},
            "Lambda was unable to configure your environment",
        ),
        (
            {"Environment": {"Variables": {"AB": "x" * 4096}}},
            "Lambda was unable to configure your environment",
        ),
        (
            {"Environment": {"Variables": {"AB": "a\0b"}}},
            "The environment variables you have provided contain a null character.",
        ),
        ({"Handler": "app\0.handler"}, "The handler you have provided contains a null character."),
        (
            {"Role": "arn:aws:iam::000000000000:role/nobody"},
            "The role defined for the function cannot be assumed by",
        ),
        (
            {"DeadLetterConfig": {"TargetArn": "arn:aws:kinesis:us-east-1:000000000000:t"}},
            "DeadLetterConfig: only Amazon SQS",
        ),
    ],
)
def test_a_function_that_cannot_be_made_is_refused_with_the_reason(
    server: LocalServer, role: str, settings: dict[str, Any], message: str
) -> None:
    error = refused(server, **{"Role": role, **settings})

    assert error["Code"] == "InvalidParameterValueException"
    assert error["Message"].startswith(message)


@pytest.mark.parametrize(
    ("settings", "value"),
    [
        ({"Timeout": 901}, "Value '901' at 'timeout'"),
        ({"MemorySize": 10241}, "Value '10241' at 'memorySize'"),
    ],
)
def test_limits_are_aws_s(server: LocalServer, role: str, settings: dict[str, Any], value: str) -> None:
    error = refused(server, Role=role, **settings)

    assert error["Code"] == "ValidationException"
    assert error["Message"].startswith(f"1 validation error detected: {value} failed to satisfy constraint: ")


def test_a_role_that_does_not_trust_lambda_is_refused(server: LocalServer) -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }

    error = refused(server, Role=make_role(server, "for-others", trust=trust))

    assert error["Message"] == "The role defined for the function cannot be assumed by Lambda."


def test_a_caller_who_may_not_pass_the_role_is_refused(server: LocalServer, role: str) -> None:
    source = """
import boto3, io, zipfile
def handler(event, context):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("a.py", "")
    aws = boto3.client("lambda")
    try:
        code = {"ZipFile": data.getvalue()}
        aws.create_function(FunctionName="child", Runtime="python3.11", Handler="a.b", Role=event, Code=code)
    except aws.exceptions.ClientError as error:
        return error.response["Error"]["Code"], "iam:PassRole" in str(error)
"""
    make_function(server, "parent", source, may=["lambda:CreateFunction"], Timeout=20)

    assert run(server, "parent", role)["Payload"] == ["AccessDeniedException", True]


@pytest.mark.parametrize("entry", ["../out.py", "/etc/out.py", "a/../../out.py"])
def test_a_zip_that_leaves_its_folder_is_refused(server: LocalServer, role: str, entry: str) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(entry, "x")

    error = refused(server, Role=role, Code={"ZipFile": buffer.getvalue()})

    assert "outside of its own folder" in error["Message"]


def test_a_zip_that_grows_too_large_is_refused(server: LocalServer, role: str) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", b"\0" * 262_144_001)

    error = refused(server, Role=role, Code={"ZipFile": buffer.getvalue()})

    assert error["Message"] == "Unzipped size must be smaller than 262144000 bytes"


def test_a_deleted_function_is_gone_and_its_name_free(server: LocalServer, role: str) -> None:
    aws = client(server, "lambda")
    make_function(server, "gone", ONE, Role=role)
    assert run(server, "gone")["Payload"] == 1

    assert aws.delete_function(FunctionName="gone")["ResponseMetadata"]["HTTPStatusCode"] == 204

    for call in (aws.get_function, aws.invoke, aws.delete_function):
        with pytest.raises(
            ClientError, match="Function not found: arn:aws:lambda:us-east-1:000000000000:function:gone"
        ):
            call(FunctionName="gone")
    make_function(server, "gone", TWO, Role=role)
    assert run(server, "gone")["Payload"] == 2


def test_a_function_made_after_another_was_deleted_keeps_its_workers(server: LocalServer, role: str) -> None:
    source = "import os\ndef handler(event, context):\n    return os.getpid()\n"
    make_function(server, "former", source, Role=role)
    run(server, "former")
    client(server, "lambda").delete_function(FunctionName="former")
    make_function(server, "latter", source, Role=role)
    assert run(server, "latter")["Payload"] == run(server, "latter")["Payload"]


def test_functions_are_listed_page_by_page(server: LocalServer, role: str) -> None:
    for name in ("page-a", "page-b", "page-c"):
        make_function(server, name, ONE, Role=role)

    pages = (
        client(server, "lambda").get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 2})
    )

    names = [function["FunctionName"] for page in pages for function in page["Functions"]]
    assert names == sorted(names)
    assert {"page-a", "page-b", "page-c"} <= set(names)


def test_tags_are_added_removed_and_listed(server: LocalServer, role: str) -> None:
    arn = make_function(server, "tagged", ONE, Role=role, Tags={"a": "1", "b": "2"})["FunctionArn"]
    aws = client(server, "lambda")

    aws.tag_resource(Resource=arn, Tags={"b": "3", "c": "4"})
    aws.untag_resource(Resource=arn, TagKeys=["a", "z"])

    assert aws.list_tags(Resource=arn)["Tags"] == {"b": "3", "c": "4"}


def test_tags_of_what_is_no_arn_are_refused(server: LocalServer) -> None:
    for nothing in ("tagged", "x" * 5000):
        with pytest.raises(ClientError) as caught:
            client(server, "lambda").list_tags(Resource=nothing)
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_account_settings_count_what_is_there(server: LocalServer, role: str) -> None:
    make_function(server, "counted", ONE, Role=role)

    found = client(server, "lambda").get_account_settings()

    assert found["AccountLimit"]["ConcurrentExecutions"] == 1000
    assert found["AccountUsage"]["FunctionCount"] >= 1


def test_too_much_reserved_concurrency_is_refused(server: LocalServer, role: str) -> None:
    make_function(server, "greedy", ONE, Role=role)

    with pytest.raises(ClientError, match=r"below its minimum value of \[100\]"):
        client(server, "lambda").put_function_concurrency(
            FunctionName="greedy", ReservedConcurrentExecutions=901
        )


def test_permissions_make_the_policy_that_aws_makes(server: LocalServer, role: str) -> None:
    arn = make_function(server, "policy", ONE, Role=role)["FunctionArn"]
    aws = client(server, "lambda")
    with pytest.raises(ClientError, match="The resource you requested does not exist"):
        aws.get_policy(FunctionName="policy")

    added = aws.add_permission(
        FunctionName="policy",
        StatementId="s3",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
        SourceArn="arn:aws:s3:::b",
        SourceAccount="000000000000",
    )
    aws.add_permission(
        FunctionName="policy", StatementId="them", Action="lambda:InvokeFunction", Principal="111122223333"
    )

    statement = {
        "Sid": "s3",
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": arn,
        "Condition": {
            "StringEquals": {"AWS:SourceAccount": "000000000000"},
            "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::b"},
        },
    }
    assert json.loads(added["Statement"]) == statement
    document = json.loads(aws.get_policy(FunctionName="policy")["Policy"])
    assert (document["Version"], document["Id"]) == ("2012-10-17", "default")
    assert document["Statement"][0] == statement
    assert document["Statement"][1]["Principal"] == {"AWS": "arn:aws:iam::111122223333:root"}


def test_a_permission_is_given_once_and_taken_back(server: LocalServer, role: str) -> None:
    make_function(server, "taken-back", ONE, Role=role)
    aws = client(server, "lambda")
    permission = {
        "FunctionName": "taken-back",
        "StatementId": "one",
        "Action": "lambda:InvokeFunction",
        "Principal": "s3.amazonaws.com",
    }
    aws.add_permission(**permission)
    with pytest.raises(ClientError, match=r"The statement id \(one\) provided already exists") as raised:
        aws.add_permission(**permission)
    assert raised.value.response["Error"]["Code"] == "ResourceConflictException"

    aws.remove_permission(FunctionName="taken-back", StatementId="one")

    with pytest.raises(ClientError, match="The resource you requested does not exist"):
        aws.get_policy(FunctionName="taken-back")
    aws.add_permission(**permission)
    with pytest.raises(ClientError, match="Statement two is not found in resource policy"):
        aws.remove_permission(FunctionName="taken-back", StatementId="two")


def test_a_function_may_invoke_another_only_when_its_role_may(server: LocalServer) -> None:
    source = """
import boto3
def handler(event, context):
    aws = boto3.client("lambda")
    try:
        return aws.invoke(FunctionName=event)["Payload"].read().decode()
    except aws.exceptions.ClientError as error:
        return error.response["Error"]["Code"]
"""
    make_function(server, "callee", ONE)
    make_function(server, "caller", source, may=["lambda:InvokeFunction"], Timeout=20)
    make_function(server, "stranger", source, Timeout=20)

    assert run(server, "caller", "callee")["Payload"] == "1"
    assert run(server, "stranger", "callee")["Payload"] == "AccessDeniedException"
