"""A Penstock of the demo's own: a process with a temporary data directory, whose time can be moved."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType

import boto3
import httpx
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

ACCOUNT = "000000000000"
REGION = "us-east-1"
_CREDENTIALS = Credentials("AKIDDEMO000000000000", "demo-secret-that-guards-nothing")


class Penstock:
    """Runs ``penstock up`` from ``with`` to the end of the block."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        accounts = f"{ACCOUNT}:{_CREDENTIALS.access_key}:{_CREDENTIALS.secret_key}"
        self._environment = os.environ | {"PENSTOCK_ACCOUNTS": accounts}
        self._environment.pop("AWS_ENDPOINT_URL", None)
        self.endpoint = ""

    def __enter__(self) -> "Penstock":
        options = ["--port", "0", "--data", str(self._folder), "--clock", "adjustable"]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "penstock.cli", "up", *options],
            env=self._environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        line = self._process.stdout.readline()
        found = re.search(r"http://\S+", line)
        if not found:
            raise SystemExit(f"penstock did not start: {line}")
        self.endpoint = found.group()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(30)

    def client(self, service: str):
        """Returns a boto3 client for this server; the endpoint is all that differs from AWS."""
        session = boto3.Session(_CREDENTIALS.access_key, _CREDENTIALS.secret_key, region_name=REGION)
        return session.client(service, endpoint_url=self.endpoint)

    def settle(self) -> None:
        """Returns when every event has been delivered, given up, or put off to a later try."""
        self._control("settle", {})

    def advance(self, seconds: float) -> None:
        """Moves the server's time forward."""
        self._control("clock", {"advance_s": seconds})

    def trace(self, uri: str) -> str:
        """Returns what ``penstock trace`` prints about an object."""
        command = [sys.executable, "-m", "penstock.cli", "trace", uri, "--data", str(self._folder)]
        environment = self._environment | {"COLUMNS": "200"}  # a pipe has no width of its own
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout

    def _control(self, name: str, arguments: dict[str, object]) -> None:
        request = AWSRequest("POST", f"{self.endpoint}/_penstock/{name}", data=json.dumps(arguments))
        SigV4Auth(_CREDENTIALS, "penstock", REGION).add_auth(request)
        answer = httpx.post(request.url, content=request.body, headers=dict(request.headers), timeout=60)
        answer.raise_for_status()
