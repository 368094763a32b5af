"""A server that is killed between the answer to CreateFunction and the function's being active."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.crash_server import KillableServer
from tests.kit.functions import TRUST, zip_of

pytestmark = pytest.mark.crash

AT_ONCE = {"Delay": 0.1, "MaxAttempts": 600}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[KillableServer]:
    killed = KillableServer(tmp_path / "data")
    killed.start()
    yield killed
    killed.stop()


def test_what_was_under_way_when_a_server_was_killed_goes_on_with_the_next(server: KillableServer) -> None:
    role = server.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]
    for name in ("new", "other"):
        made = server.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.11",
            Handler="app.handler",
            Role=role["Arn"],
            Code={"ZipFile": zip_of("def handler(event, context):\n    return 1\n")},
        )
        assert made["State"] == "Pending"

    server.kill()
    server.reap()
    server.start()

    aws = server.client("lambda")
    for name in ("new", "other"):
        aws.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig=AT_ONCE)
        assert aws.invoke(FunctionName=name)["Payload"].read() == b"1"
