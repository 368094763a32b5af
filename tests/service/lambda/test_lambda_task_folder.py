"""What a function sees of where it runs: AWS's paths and variables, and what starts it.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html and
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html
"""

import base64
import io
import os
import zipfile
from typing import Any

import pytest
from tests.kit.functions import client, make_function, run

from penstock.services.lambda_.runtime.sandbox.isolation import Isolation, isolation_here
from penstock.testing import LocalServer

isolated = pytest.mark.skipif(
    isolation_here() is not Isolation.NAMESPACES, reason="this machine allows no namespaces"
)
TELLS = """
import os, sys
def handler(event, context):
    return {"env": dict(os.environ), "cwd": os.getcwd(), "path": sys.path, "file": __file__, "argv": sys.argv}
"""
WRAPPER = '#!/bin/sh\nexport WRAPPED="$*"\nexec "$@"\n'
# AWS's own example puts options before the last argument, which is the bootstrap.
OPTIONS = """#!/bin/bash
args=("$@")
extra_args=("-X" "dev")
exec "${args[@]:0:$#-1}" "${extra_args[@]}" "${args[@]: -1}"
"""


def zip_with(source: str, **scripts: str) -> bytes:
    """Returns a zip with ``source`` as app.py and executable ``scripts``."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", source)
        for name, text in scripts.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o755 << 16
            archive.writestr(entry, text)
    return buffer.getvalue()


def lines_of(server: LocalServer, name: str) -> list[str]:
    server.settle()
    found = client(server, "logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    return [event["message"] for event in found]


@isolated
def test_a_function_lies_in_var_task(server: LocalServer) -> None:
    make_function(server, "lies", TELLS)

    found = run(server, "lies")["Payload"]

    env = found["env"]
    assert found["cwd"] == env["LAMBDA_TASK_ROOT"] == env["PWD"] == found["path"][0] == "/var/task"
    assert found["file"] == "/var/task/app.py"
    assert env["PYTHONPATH"] == env["LAMBDA_RUNTIME_DIR"] == "/var/runtime"
    assert found["argv"] == ["/var/runtime/bootstrap.py"]


def test_a_function_has_no_home_and_nothing_of_ours_in_its_environment(server: LocalServer) -> None:
    make_function(server, "homeless", TELLS)

    env = run(server, "homeless")["Payload"]["env"]

    assert "HOME" not in env
    assert [name for name in env if "PENSTOCK" in name.upper()] == []


def test_a_function_may_set_its_own_python_path_and_home(server: LocalServer) -> None:
    variables = {"PYTHONPATH": "/opt/mine", "HOME": "/tmp"}
    make_function(server, "own-path", TELLS, Environment={"Variables": variables})

    found = run(server, "own-path")["Payload"]

    assert {name: found["env"][name] for name in variables} == variables
    assert "/opt/mine" in found["path"]


@isolated
def test_a_stack_trace_names_the_file_as_aws_does(server: LocalServer) -> None:
    make_function(server, "raises", "def handler(event, context):\n    raise ValueError('x')\n")

    answer = run(server, "raises")["Payload"]

    assert answer["stackTrace"] == [
        "  File \"/var/task/app.py\", line 2, in handler\n    raise ValueError('x')\n"
    ]


@isolated
def test_a_function_cannot_change_its_code(server: LocalServer) -> None:
    source = """
import os
def handler(event, context):
    refused = []
    for path in ("/var/task/new", "/var/runtime/new", "/var/new", "/var/task/app.py", "/var/runtime/bootstrap.py"):
        try:
            open(path, "a")
        except OSError:
            refused.append(path)
    return refused
"""
    make_function(server, "changes", source)

    assert len(run(server, "changes")["Payload"]) == 5


@isolated
def test_the_rest_of_var_is_there(server: LocalServer) -> None:
    source = "import os\ndef handler(event, context):\n    return sorted(os.listdir('/var'))\n"
    make_function(server, "var", source)

    assert set(run(server, "var")["Payload"]) == {*os.listdir("/var"), "task", "runtime"}


@isolated
def test_the_code_is_nowhere_else(server: LocalServer) -> None:
    source = """
import os
def handler(event, context):
    found = []
    for top in event:
        for folder, _, files in os.walk(top):
            found += [folder for name in files if name == "app.py"]
    return found
"""
    make_function(server, "nowhere-else", source, Timeout=30)

    folders = [str(server.app.folder), "/var/tmp", "/tmp", "/var/task"]

    assert run(server, "nowhere-else", folders)["Payload"] == ["/var/task"]


@pytest.mark.parametrize(
    ("name", "script", "shown"), [("wraps", WRAPPER, ("env", "WRAPPED")), ("options", OPTIONS, ("dev",))]
)
def test_a_wrapper_script_runs_the_runtime(
    server: LocalServer, name: str, script: str, shown: tuple[str, ...]
) -> None:
    source = TELLS.replace('"env":', '"dev": sys.flags.dev_mode, "env":')
    variables = {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/wrapper"}
    code = {"ZipFile": zip_with(source, wrapper=script)}
    make_function(server, name, "", Code=code, Environment={"Variables": variables}, Timeout=30)

    found: Any = run(server, name)["Payload"]

    for key in shown:
        found = found[key]
    assert found is True or found.endswith("/bootstrap.py")


def test_a_wrapper_that_is_not_there_fails_and_is_named_in_the_log(server: LocalServer) -> None:
    variables = {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/none"}
    make_function(server, "no-wrapper", TELLS, Environment={"Variables": variables})

    answer = run(server, "no-wrapper")

    assert answer["FunctionError"] == "Unhandled"
    assert answer["Payload"]["errorType"] == "Runtime.ExitError"
    assert any(line.startswith("cannot run ") for line in lines_of(server, "no-wrapper"))


def test_a_carriage_return_stays_in_its_line(server: LocalServer) -> None:
    make_function(server, "returns", "def handler(event, context):\n    print('a\\rb\\r\\nc')\n")

    run(server, "returns")

    assert [line for line in lines_of(server, "returns") if line[0] in "abc"] == ["a\rb\r\n", "c\n"]


def test_an_entry_of_several_lines_is_one_event(server: LocalServer) -> None:
    source = """
import logging
def handler(event, context):
    logging.getLogger().error("first\\nsecond")
    raise ValueError("third")
"""
    make_function(server, "entries", source)

    run(server, "entries")

    logged = [line for line in lines_of(server, "entries") if line.startswith("[ERROR]")]
    assert len(logged) == 2
    assert logged[0].endswith("\tfirst\nsecond\n")
    assert logged[1].startswith("[ERROR] ValueError: third\nTraceback")


def test_a_function_of_one_letter_has_a_session_with_a_name_that_sts_takes(server: LocalServer) -> None:
    source = "import boto3\ndef handler(e, c):\n    return boto3.client('sts').get_caller_identity()['Arn']\n"
    make_function(server, "X", source, Timeout=30)

    assert run(server, "X")["Payload"].endswith(":assumed-role/X-role/X@lambda_function")


def test_the_log_tail_has_what_an_entry_says(server: LocalServer) -> None:
    make_function(server, "tail", "def handler(event, context):\n    raise ValueError('tailed')\n")

    answer = client(server, "lambda").invoke(FunctionName="tail", LogType="Tail")

    text = base64.b64decode(answer["LogResult"]).decode()
    assert "[ERROR] ValueError: tailed\nTraceback" in text
