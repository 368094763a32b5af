"""OS-only runtimes: a program called bootstrap, which asks the Runtime API itself. Here one for bash."""

import io
import zipfile
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.functions import client, make_function, run

from penstock.testing import LocalServer

BOOTSTRAP = r"""#!/bin/bash
ADDRESS=${AWS_LAMBDA_RUNTIME_API%%/*}
REASON="Lambda-Runtime-Function-Error-Type: Own.Reason"
PREFIX=/${AWS_LAMBDA_RUNTIME_API#*/}
call() {  # method, path, body, header
    exec 3<>"/dev/tcp/${ADDRESS%:*}/${ADDRESS#*:}"
    printf '%s %s HTTP/1.1\r\nHost: runtime\r\nConnection: close\r\nContent-Length: %s\r\n%s\r\n%s' \
        "$1" "$PREFIX/2018-06-01/runtime/$2" "${#3}" "${4:+$4$'\r\n'}" "$3" >&3
    while IFS= read -r line <&3; do
        line=${line%$'\r'}
        [ -z "$line" ] && break
        case "${line,,}" in lambda-runtime-aws-request-id:*) ID=${line#*: } ;; esac
    done
    BODY=$(cat <&3)
    exec 3>&-
}
echo "started for $_HANDLER"
if [ "$_HANDLER" = broken ]; then
    call POST init/error "" "Lambda-Runtime-Function-Error-Type: Own.NoSuchHandler"
    exit 1
fi
while true; do
    call GET invocation/next ""
    echo "got $BODY"
    case "$BODY" in
        '"fail"') call POST "invocation/$ID/error" "" "$REASON" ;;
        '"tell"') call POST "invocation/$ID/error" '{"errorType": "Told", "errorMessage": "so"}' "$REASON" ;;
        '"exit"') exit 7 ;;
        '"sleep"') sleep 600 ;;
        '"env"') call POST "invocation/$ID/response" "[\"$AWS_EXECUTION_ENV\", \"$PATH\", \"$PYTHONPATH\", \"$0\"]" ;;
        *) call POST "invocation/$ID/response" "$BODY" ;;
    esac
done
"""


def code(mode: int = 0o755, name: str = "bootstrap") -> dict[str, bytes]:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        info = zipfile.ZipInfo(name)
        info.create_system, info.external_attr = 3, mode << 16
        archive.writestr(info, BOOTSTRAP)
    return {"ZipFile": buffer.getvalue()}


def make(server: LocalServer, name: str, **settings: Any) -> None:
    own = {"Runtime": "provided.al2023", "Handler": "own.handler", "Code": code()}
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
    make(server, "missing", Code=code(name="other"))
    told = run(server, "missing")
    error = "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"
    assert told["Payload"]["errorType"] == "Runtime.InvalidEntrypoint"
    assert told["Payload"]["errorMessage"].endswith(f" Error: {error}")
    assert f"Error: {error}\nRuntime.InvalidEntrypoint" in told["LogResult"]
    make(server, "unmarked", Code=code(0o644), Runtime="provided.al2")
    told = run(server, "unmarked")
    assert told["Payload"]["errorMessage"].endswith("fork/exec /var/task/bootstrap: permission denied")


def test_a_layer_may_bring_the_bootstrap(server: LocalServer) -> None:
    aws = client(server, "lambda")
    layer = aws.publish_layer_version(LayerName="runs-bash", Content=code())["LayerVersionArn"]
    make(server, "layered", Code=code(name="nothing"), Layers=[layer])
    assert run(server, "layered", 5)["Payload"] == 5


def test_a_runtime_that_is_not_here_is_refused_with_the_reason(server: LocalServer) -> None:
    with pytest.raises(ClientError, match="part that npm compiles") as raised:
        make(server, "node", Runtime="nodejs22.x")
    assert raised.value.response["Error"]["Code"] == "InvalidParameterValueException"
    with pytest.raises(ClientError, match="which runs .* provided"):
        make(server, "java", Runtime="java21")
