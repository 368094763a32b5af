"""Scenario: each bad handler runs, and the server and the next invocation are as before."""

import json
import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from tests.attack.bad_handlers import HANDLERS, WELL, BadHandler
from tests.attack.outcome import Outcome
from tests.crash.crash_server import ACCESS_KEY, REGION, SECRET_KEY, KillableServer
from tests.kit.functions import TRUST, running, zip_of
from tests.kit.policies import document

QUICK = tuple(name for name, bad in HANDLERS.items() if not bad.slow)
_HEAD = "import os, signal, subprocess, threading, time\n"
_GOOD = "def handler(event, context):\n    return 'well'\n"
_MORE_BYTES = 64 << 20  # what the allocator may keep of large answers and logs
_MORE_DESCRIPTORS = 8  # connections that are kept alive, and workers that wait


def bad_handlers(folder: Path, rounds: int, seed: int) -> Outcome:
    """Runs the handlers in turn. Acknowledged are the invocations; nothing is killed here but by the functions."""
    del seed
    names = list(HANDLERS)
    return run_handlers(folder, [names[number % len(names)] for number in range(rounds)])


def run_handlers(folder: Path, names: Iterable[str]) -> Outcome:
    """Returns what became of the handlers with these names."""
    outcome = Outcome(f"{len(HANDLERS)} kinds of bad handlers")
    server = KillableServer(folder / "handlers")
    server.start()
    site = _Functions(server)
    site.make("good", _GOOD, 20)
    site.invoke("good")
    for number, name in enumerate(names):
        before = _measures(server)
        outcome.failures += [f"{name}: {what}" for what in site.survives(f"bad-{number}", HANDLERS[name])]
        outcome.failures += [f"{name}: {what}" for what in _grown(before, _measures(server))]
        outcome.rounds += 1
    outcome.acknowledged = site.invocations
    if server.stop() != 0:
        outcome.failures.append("the server did not end in order")
    if running("654.3"):
        outcome.failures.append("a child of a function has outlived the server")
    return outcome


class _Functions:
    """The functions of one server."""

    def __init__(self, server: KillableServer) -> None:
        self.invocations = 0
        self._aws = _patient_client(server)
        trust = document(*TRUST["Statement"])
        iam = server.client("iam")
        self._role = iam.create_role(RoleName="bad", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        allowed = document({"Effect": "Allow", "Action": "logs:*", "Resource": "*"})
        iam.put_role_policy(RoleName="bad", PolicyName="logs", PolicyDocument=allowed)

    def make(self, name: str, source: str, seconds: int) -> None:
        """Makes a function of 128 MB."""
        self._aws.create_function(
            FunctionName=name,
            Runtime="python3.11",
            Handler="app.handler",
            Role=self._role,
            Timeout=seconds,
            Code={"ZipFile": zip_of(source)},
        )
        self._aws.get_waiter("function_active_v2").wait(
            FunctionName=name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 600}
        )

    def invoke(self, name: str, event: object = None) -> str:
        """Returns the payload of the answer."""
        self.invocations += 1
        answer = self._aws.invoke(FunctionName=name, Payload=json.dumps(event).encode())
        return answer["Payload"].read().decode()

    def survives(self, name: str, bad: BadHandler) -> list[str]:
        """Returns what was not as it should be."""
        body = textwrap.indent(textwrap.dedent(bad.body).strip(), " " * 8)
        source = (
            f"{_HEAD}{bad.module}\ndef handler(event, context):\n    if event:\n{body}\n    return 'well'\n"
        )
        self.make(name, source, bad.seconds)
        answers = [self.invoke(name, True), self.invoke(name, True)]
        found = [f"answers {answer[:200]}" for answer in answers if bad.answer not in answer]
        if bad.module:
            self._aws.update_function_code(FunctionName=name, ZipFile=zip_of(_GOOD))
        for after in (name, "good"):
            if (answer := self.invoke(after)) != WELL:
                found.append(f"{after} answers {answer[:200]} then")
        self._aws.delete_function(FunctionName=name)
        return found


def _patient_client(server: KillableServer) -> Any:
    config = Config(retries={"max_attempts": 0}, read_timeout=90)
    return boto3.client(
        "lambda",
        endpoint_url=server.endpoint,
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        config=config,
    )


def _measures(server: KillableServer) -> tuple[int, int]:
    process = server.process()
    return process.memory_info().rss, process.num_fds()


def _grown(before: tuple[int, int], after: tuple[int, int]) -> list[str]:
    """Returns by what the server has grown that it should not keep."""
    found = []
    if after[0] > before[0] + _MORE_BYTES:
        found.append(f"memory {before[0]:,} to {after[0]:,}")
    if after[1] > before[1] + _MORE_DESCRIPTORS:
        found.append(f"descriptors {before[1]} to {after[1]}")
    return found
