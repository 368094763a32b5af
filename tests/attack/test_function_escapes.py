"""Functions that look for what is not theirs: other functions, the server, its data, what is left when they end."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from penstock.services.lambda_.runtime import planning
from penstock.services.lambda_.runtime.interpreter import Interpreter, find_interpreter
from penstock.services.lambda_.runtime.sandbox import isolation
from penstock.services.lambda_.runtime.sandbox.control_group import PREFIX
from penstock.services.lambda_.runtime.sandbox.hierarchy import hierarchy_here
from penstock.services.lambda_.runtime.sandbox.isolation import Isolation, isolation_here
from penstock.testing import LocalServer
from tests.kit.functions import client, make_function, run, running

HERE = isolation_here()
GROUPS = hierarchy_here()
namespaces = pytest.mark.skipif(HERE is not Isolation.NAMESPACES, reason=f"isolation here is {HERE.value}")
apart = pytest.mark.skipif(HERE is Isolation.NONE, reason="this machine keeps nothing apart")

DAEMON = """
import os, subprocess
def handler(event, context):
    subprocess.Popen(["/bin/sleep", event], start_new_session=True, env={}, close_fds=True)
    return os.getuid()
"""
READS = """
import glob, os
def handler(event, context):
    found = []
    for path in glob.glob("/proc/[0-9]*/environ") + event.get("paths", []):
        try:
            with open(path, "rb") as file:
                if event["secret"].encode() in file.read():
                    found.append(path)
        except OSError:
            pass
    return found
"""
KILLS = """
import os
def handler(event, context):
    try:
        os.kill(event, 0)
        return "could"
    except OSError as error:
        return type(error).__name__
"""
LOOKS_FOR_ITS_GROUP = """
import os
def handler(event, context):
    with open("/proc/self/cgroup") as file:
        groups = file.read()
    try:
        with open(event + "/cgroup.procs", "r+") as file:
            file.write("0")
        left = True
    except OSError:
        left = False
    return {"groups": groups, "left": left}
"""
LEAVES = """
import os
def handler(event, context):
    found = [path for path in event if os.path.exists(path)]
    for path in event:
        try:
            open(path, "w").close()
        except OSError:
            pass
    return found
"""


def wait_until(server: LocalServer, happened: Callable[[], bool]) -> None:
    async def looks() -> None:
        while not happened():
            await server.clock.elapse(0.01)

    server.wait(looks())


@apart
def test_a_child_with_a_session_and_an_environment_of_its_own_does_not_outlive_its_worker(
    server: LocalServer,
) -> None:
    make_function(server, "daemon", DAEMON)
    run(server, "daemon", "7654.3")
    wait_until(server, lambda: running("7654.3"))

    client(server, "lambda").delete_function(FunctionName="daemon")

    wait_until(server, lambda: not running("7654.3"))


@apart
def test_a_function_does_not_read_another_s_environment(server: LocalServer) -> None:
    secret = {"Variables": {"PASSWORD": "swordfish-1"}}
    make_function(server, "trusting", KILLS, Environment=secret)
    make_function(server, "curious", READS)
    run(server, "trusting", 1)

    assert run(server, "curious", {"secret": "swordfish-1"})["Payload"] == []


@apart
def test_a_function_does_not_read_the_server_s_environment_or_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with LocalServer(data=tmp_path / "data") as server:
        (tmp_path / "data" / "credentials.json").write_text("swordfish-2")
        os.chmod(tmp_path / "data" / "credentials.json", 0o600)
        make_function(server, "curious", READS)
        event = {
            "secret": "swordfish-2",
            "paths": [str(tmp_path / "data" / "credentials.json"), f"/proc/{os.getpid()}/root{tmp_path}"],
        }
        assert run(server, "curious", event)["Payload"] == []
        found = run(
            server, "curious", {"secret": "PYTEST_CURRENT_TEST", "paths": [f"/proc/{os.getpid()}/environ"]}
        )
        assert found["Payload"] == []


@apart
def test_a_function_does_not_reach_the_server(server: LocalServer) -> None:
    make_function(server, "kills", KILLS)

    assert run(server, "kills", os.getpid())["Payload"] in ("ProcessLookupError", "PermissionError")


@pytest.mark.skipif(GROUPS is None, reason="no part of the hierarchy of control groups is ours")
@apart
def test_a_function_has_a_control_group_that_it_cannot_leave_and_that_goes_with_it(
    server: LocalServer,
) -> None:
    assert GROUPS is not None
    make_function(server, "grouped", LOOKS_FOR_ITS_GROUP)

    found = run(server, "grouped", str(GROUPS.folder))["Payload"]

    assert f"/{PREFIX}" in found["groups"].splitlines()[-1]
    assert found["left"] is False
    assert server.app.health()["control_groups"] == str(GROUPS)
    group = GROUPS.folder / found["groups"].split("/")[-1].strip()
    assert group.is_dir()
    client(server, "lambda").delete_function(FunctionName="grouped")
    wait_until(server, lambda: not group.exists())


@namespaces
def test_what_a_function_leaves_in_shared_folders_is_not_there_for_the_next(server: LocalServer) -> None:
    paths = [f"{folder}/left-by-a-function" for folder in ("/tmp", "/var/tmp", "/dev/shm")]
    make_function(server, "leaves", LEAVES)
    make_function(server, "finds", LEAVES)

    assert run(server, "leaves", paths)["Payload"] == []
    assert run(server, "leaves", paths)["Payload"] == paths, "its own are there"
    assert run(server, "finds", paths)["Payload"] == []
    assert [path for path in paths if Path(path).exists()] == []


def test_functions_do_not_run_without_isolation_where_it_is_required(monkeypatch: pytest.MonkeyPatch) -> None:
    def as_it_is(runtime: str, *, shows_folders: bool) -> Interpreter:
        return find_interpreter(runtime, None)

    monkeypatch.setattr(isolation, "isolation_here", lambda: Isolation.NONE)
    monkeypatch.setattr(planning, "look_for_interpreter", as_it_is)
    with LocalServer(isolation="require") as server:
        make_function(server, "refused", KILLS)
        with pytest.raises(client(server, "lambda").exceptions.ServiceException, match="--isolation auto"):
            run(server, "refused", 1)
        health: dict[str, Any] = server.app.health()
        assert (health["state"], health["isolation"]) == ("degraded", "none")
        assert "--isolation auto" in health["problems"]["functions"]
