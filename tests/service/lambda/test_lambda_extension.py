"""Secrets and parameters by plain HTTP inside functions, as AWS's Parameters and Secrets extension gives them."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from tests.kit.functions import client, make_function, run

from penstock.testing import LocalServer

ASK = """
import json, os, urllib.error, urllib.request
BASE = "http://localhost:" + os.environ["PARAMETERS_SECRETS_EXTENSION_HTTP_PORT"]
def ask(path, token=os.environ["AWS_SESSION_TOKEN"]):
    request = urllib.request.Request(BASE + path, headers={"X-Aws-Parameters-Secrets-Token": token} if token else {})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
EARLY = ask("/secretsmanager/get?secretId=extended")
def handler(event, context):
    if event == "early":
        return EARLY
    if event == "token":
        return os.environ["AWS_SESSION_TOKEN"], BASE
    return ask(*event)
"""
LAYER = "arn:aws:lambda:us-east-1:177933569100:layer:AWS-Parameters-and-Secrets-Lambda-Extension:12"
MAY = ("secretsmanager:GetSecretValue", "ssm:GetParameter")


@pytest.fixture(scope="module", autouse=True)
def kept(server: LocalServer) -> None:
    secrets = client(server, "secretsmanager")
    secrets.create_secret(Name="extended", SecretString='{"user": "one"}')
    secrets.create_secret(Name="extended-bytes", SecretBinary=b"\x00\xff")
    ssm = client(server, "ssm")
    for value in ("first", "second"):
        ssm.put_parameter(Name="/extended/plain", Value=value, Type="String", Overwrite=True)
    ssm.put_parameter(Name="/extended/sealed", Value="hush", Type="SecureString")
    make_function(server, "asks", ASK, may=MAY, Timeout=30, Layers=[LAYER])


def ask(server: LocalServer, name: str, *event: object) -> Any:
    return run(server, name, list(event))["Payload"]


def test_a_function_gets_what_its_role_may_read(server: LocalServer) -> None:
    status, secret = ask(server, "asks", "/secretsmanager/get?secretId=extended&versionStage=AWSCURRENT")
    assert (status, secret["SecretString"], secret["VersionStages"]) == (
        200,
        '{"user": "one"}',
        ["AWSCURRENT"],
    )
    assert secret["SecretBinary"] is None
    assert datetime.fromisoformat(secret["CreatedDate"]).tzinfo is UTC
    assert ask(server, "asks", "/secretsmanager/get?secretId=extended-bytes")[1]["SecretBinary"] == "AP8="
    path = "/systemsmanager/parameters/get?name=%2Fextended%2Fplain"
    status, found = ask(server, "asks", path)
    assert (status, found["Parameter"]["Value"], found["Parameter"]["Version"]) == (200, "second", 2)
    assert ask(server, "asks", f"{path}&version=1")[1]["Parameter"]["Value"] == "first"
    path = "/systemsmanager/parameters/get?name=/extended/sealed"
    assert ask(server, "asks", f"{path}&withDecryption=true")[1]["Parameter"]["Value"] == "hush"
    assert ask(server, "asks", path)[1]["Parameter"]["Value"] != "hush"


def test_what_was_asked_is_remembered_until_its_time_is_over(server: LocalServer) -> None:
    ssm, path = client(server, "ssm"), "/systemsmanager/parameters/get?name=/extended/cached"
    variables = {"SSM_PARAMETER_STORE_TTL": "60"}
    make_function(server, "short", ASK, may=MAY, Timeout=30, Environment={"Variables": variables})
    variables = {"PARAMETERS_SECRETS_EXTENSION_CACHE_ENABLED": "FALSE"}
    make_function(server, "never", ASK, may=MAY, Timeout=30, Environment={"Variables": variables})

    def seen() -> list[str]:
        return [ask(server, name, path)[1]["Parameter"]["Value"] for name in ("short", "never", "asks")]

    ssm.put_parameter(Name="/extended/cached", Value="old", Type="String")
    assert seen() == ["old", "old", "old"]
    ssm.put_parameter(Name="/extended/cached", Value="new", Type="String", Overwrite=True)
    assert seen() == ["old", "new", "old"]
    server.advance(60)
    assert seen() == ["new", "new", "old"]
    server.advance(240)
    assert seen() == ["new", "new", "new"]


def test_what_cannot_be_answered_is_refused(server: LocalServer) -> None:
    make_function(server, "barred", ASK, Timeout=30)
    status, text = ask(server, "barred", "/secretsmanager/get?secretId=extended")
    assert (status, json.loads(text)["__type"]) == (400, "AccessDeniedException")
    status, text = ask(server, "asks", "/secretsmanager/get?secretId=nowhere")
    assert (status, json.loads(text)["__type"]) == (400, "ResourceNotFoundException")
    status, text = ask(server, "asks", "/systemsmanager/parameters/get?name=/nowhere")
    assert (status, json.loads(text)["__type"]) == (400, "ParameterNotFound")
    assert ask(server, "asks", "/secretsmanager/get") == [400, "secretId is required"]
    assert ask(server, "asks", "/secretsmanager/get?" + "&".join(map(str, range(99))))[0] == 400
    assert ask(server, "asks", "/somewhere/else")[0] == 404
    for token in ("", "x", "A" * 4000):
        assert ask(server, "asks", "/secretsmanager/get?secretId=extended", token)[0] == 401
    assert run(server, "asks", "early")["Payload"] == [400, "not ready to serve traffic, please wait"]


def test_the_token_of_a_function_that_has_gone_opens_nothing(server: LocalServer) -> None:
    make_function(server, "leaves", ASK, may=MAY, Timeout=30)
    token, base = run(server, "leaves", "token")["Payload"]
    url = f"{base}/secretsmanager/get?secretId=extended"
    request = Request(url, headers={"X-Aws-Parameters-Secrets-Token": token})
    with urlopen(request) as answer:
        assert answer.status == 200
    client(server, "lambda").delete_function(FunctionName="leaves")
    server.settle()
    with pytest.raises(HTTPError, match="401"):
        urlopen(request)


def test_the_extension_s_layer_is_there_without_anybody_publishing_it(server: LocalServer) -> None:
    found = client(server, "lambda").get_function_configuration(FunctionName="asks")
    assert found["Layers"] == [{"Arn": LAYER, "CodeSize": 0}]
    assert client(server, "lambda").publish_version(FunctionName="asks")["Layers"] == found["Layers"]
