"""OS-only runtimes: a program called bootstrap, which asks the Runtime API itself. Here one for bash."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.bootstrap import bootstrap
from tests.kit.functions import client, make_function, run

from penstock.testing import LocalServer


def make(server: LocalServer, name: str, **settings: Any) -> None:
    own = {"Runtime": "provided.al2023", "Handler": "own.handler", "Code": bootstrap()}
    make_function(server, name, "", **(own | settings))


def test_a_bootstrap_runs_with_the_same_lines_limits_and_errors(server: LocalServer) -> None:
    make(server, "own", Timeout=60)
    answer = run(server, "own", {"a": 1})
    assert answer["Payload"] == {"a": 1}
    assert "Init Duration:" in answer["LogResult"]
    assert 'got {"a": 1}\n' in answer["LogResult"]
    env, path, python_path, program = run(server, "own", "env")["Payload"]
    assert (env, path, python_path) == ("", "/usr/local/bin:/usr/bin:/bin", "")
    assert program.endswith("/bootstrap")

    failed = run(server, "own", "fail")
    assert (failed["FunctionError"], failed["Payload"]["errorType"]) == ("Unhandled", "Own.Reason")
    assert run(server, "own", "tell")["Payload"] == {"errorType": "Told", "errorMessage": "so"}
    ended = run(server, "own", "exit")
    assert ended["Payload"]["errorType"] == "Runtime.ExitError"
    assert ended["Payload"]["errorMessage"].endswith("Runtime exited with error: exit status 7")
    make(server, "slow", Timeout=1)
    assert "Task timed out after 1.00 seconds" in run(server, "slow", "sleep")["Payload"]["errorMessage"]
    server.settle()
    events = client(server, "logs").filter_log_events(logGroupName="/aws/lambda/own")["events"]
    texts = [event["message"].strip() for event in events]
    assert "INIT_START Runtime Version: provided:al2023" in texts
    assert "started for own.handler" in texts


def test_a_bootstrap_that_cannot_begin_says_why(server: LocalServer) -> None:
    make(server, "broken", Handler="broken")
    assert run(server, "broken")["Payload"] == {"errorType": "Own.NoSuchHandler", "errorMessage": ""}
    make(server, "missing", Code=bootstrap(name="other"))
    told = run(server, "missing")
    error = "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"
    assert told["Payload"]["errorType"] == "Runtime.InvalidEntrypoint"
    assert told["Payload"]["errorMessage"].endswith(f" Error: {error}")
    assert f"Error: {error}\nRuntime.InvalidEntrypoint" in told["LogResult"]
    make(server, "unmarked", Code=bootstrap(0o644), Runtime="provided.al2")
    told = run(server, "unmarked")
    assert told["Payload"]["errorMessage"].endswith("fork/exec /var/task/bootstrap: permission denied")


def test_a_layer_may_bring_the_bootstrap(server: LocalServer) -> None:
    aws = client(server, "lambda")
    layer = aws.publish_layer_version(LayerName="runs-bash", Content=bootstrap())["LayerVersionArn"]
    make(server, "layered", Code=bootstrap(name="nothing"), Layers=[layer])
    assert run(server, "layered", 5)["Payload"] == 5


def test_a_runtime_that_is_not_here_is_refused_with_the_reason(server: LocalServer) -> None:
    with pytest.raises(ClientError, match="part that npm compiles") as raised:
        make(server, "node", Runtime="nodejs22.x")
    assert raised.value.response["Error"]["Code"] == "InvalidParameterValueException"
    with pytest.raises(ClientError, match=r"which runs .* provided"):
        make(server, "java", Runtime="java21")
