"""A real server as a child process that is killed, not stopped, and a client that signs its own requests."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import boto3
import psutil
from botocore.config import Config

from penstock.access import sign
from penstock.clock import Clock

ACCOUNT = "000000000000"
ACCESS_KEY = "AKIDCRASH00000000000"
SECRET_KEY = "crash-secret"
REGION = "us-east-1"

LOST = (ConnectionError, asyncio.IncompleteReadError)
"""What a request raises whose server died before its answer."""


class NotStarted(Exception):
    """The server ended before it was ready; the message is what it said."""


class KillableServer:
    """``penstock up`` on one data directory, started again and again, with ``flags`` of its own."""

    def __init__(self, folder: Path, *flags: str) -> None:
        self.folder = folder
        self.flags = flags
        self.endpoint = ""
        self.children: list[psutil.Process] = []
        self.start_s = 0.0

    def start(self) -> None:
        """Returns when the server answers; ``start_s`` says how long that took."""
        begun = time.monotonic()
        command = [sys.executable, "-m", "penstock.cli", "up", "--port", "0", "--data", str(self.folder)]
        command += ["--function-workers", "2", *self.flags]  # their cold starts would be most of the time
        log = self.folder.with_suffix(".log").open("ab")
        with log:
            self._process = subprocess.Popen(
                command, env=self.environment(), stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self._process.stdout
        line = self._process.stdout.readline()
        found = re.search(r"http://\S+", line)
        if not found:
            self.reap()
            raise NotStarted(f"{line}\n{self.log()}")
        self.endpoint = found.group()
        self.start_s = time.monotonic() - begun

    def environment(self) -> dict[str, str]:
        """Returns the environment that the process is started with."""
        return {**os.environ, "PENSTOCK_ACCOUNTS": f"{ACCOUNT}:{ACCESS_KEY}:{SECRET_KEY}"}

    def kill(self) -> None:
        """Ends the process in the middle of whatever it does; remembers its function workers."""
        self.children = psutil.Process(self._process.pid).children(recursive=True)
        self._process.kill()

    def reap(self) -> None:
        """Waits for the end of a killed process."""
        self._process.wait()
        self._process.stdout.close()  # type: ignore[union-attr]

    def wait_for_end(self) -> int:
        """Returns the exit status of a process that ends by itself."""
        status = self._process.wait(30)
        self._process.stdout.close()  # type: ignore[union-attr]
        return status

    def runs(self) -> bool:
        """Returns whether the process has not ended."""
        return self._process.poll() is None

    def process(self) -> psutil.Process:
        """Returns the present process, to be looked at."""
        return psutil.Process(self._process.pid)

    def stop(self) -> int:
        """Ends the process in good order and returns its exit status."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        self._process.wait(30)
        self._process.stdout.close()  # type: ignore[union-attr]
        return self._process.returncode

    def log(self) -> str:
        """Returns what the servers so far have logged."""
        return self.folder.with_suffix(".log").read_text()

    def client(self, service: str, region: str = REGION) -> Any:
        """Returns a boto3 client for the present process."""
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=region,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            config=Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"}),
        )


@dataclass(frozen=True)
class Answer:
    """Status, headers (lower-case names) and body."""

    status: int
    headers: dict[str, str]
    body: bytes


class Connection:
    """One kept-alive connection; signs and sends one request at a time, far cheaper than boto3."""

    def __init__(self, endpoint: str, clock: Clock | None = None) -> None:
        self._endpoint = endpoint
        self._clock = clock or Clock()

    async def __aenter__(self) -> "Connection":
        parts = urlsplit(self._endpoint)
        self._reader, self._writer = await asyncio.open_connection(parts.hostname, parts.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    async def s3(self, method: str, path: str, body: bytes = b"", query: str = "") -> Answer:
        """Returns the answer to an S3 request; raises one of LOST."""
        return await self._send("s3", method, f"{path}?{query}" if query else path, body, {})

    async def sqs(self, operation: str, **params: Any) -> dict[str, Any]:
        """Returns the result of an SQS operation."""
        answer = await self.ask_sqs(operation, **params)
        assert answer.status == 200, answer
        return json.loads(answer.body or b"{}")

    async def ask_sqs(self, operation: str, **params: Any) -> Answer:
        """Returns the answer to an SQS operation, whatever it is."""
        headers = {"x-amz-target": f"AmazonSQS.{operation}", "content-type": "application/x-amz-json-1.0"}
        return await self._send("sqs", "POST", "/", json.dumps(params).encode(), headers)

    async def control(self, command: str, **params: Any) -> None:
        """Sends one of the server's own commands."""
        answer = await self._send(
            "penstock", "POST", f"/_penstock/{command}", json.dumps(params).encode(), {}
        )
        assert answer.status == 200, answer

    async def question(self, command: str, **params: Any) -> dict[str, Any]:
        """Returns the answer to one of the server's own questions."""
        query = urlencode(params)
        answer = await self._send("penstock", "GET", f"/_penstock/{command}?{query}", b"", {})
        assert answer.status == 200, answer
        return json.loads(answer.body)

    async def _send(
        self, service: str, method: str, target: str, body: bytes, headers: dict[str, str]
    ) -> Answer:
        signed = sign(
            method,
            self._endpoint + target,
            headers,
            body,
            access_key_id=ACCESS_KEY,
            secret=SECRET_KEY,
            service=service,
            region=REGION,
            now_ms=self._clock.now_ms(),
        )
        lines = "".join(f"{name}: {value}\r\n" for name, value in signed.items())
        head = f"{method} {target} HTTP/1.1\r\n{lines}content-length: {len(body)}\r\n\r\n"
        self._writer.write(head.encode() + body)
        return await self._read_answer(method)

    async def _read_answer(self, method: str) -> Answer:
        status, *lines = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").rstrip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if headers.get("transfer-encoding") == "chunked":
            return Answer(int(status.split()[1]), headers, await self._read_chunks())
        length = 0 if method == "HEAD" else int(headers.get("content-length", "0"))
        return Answer(int(status.split()[1]), headers, await self._reader.readexactly(length))

    async def _read_chunks(self) -> bytes:
        body = b""
        while size := int(await self._reader.readline(), 16):
            body += (await self._reader.readexactly(size + 2))[:-2]
        await self._reader.readexactly(2)
        return body
