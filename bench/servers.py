"""The servers under load, each a process on a free port of 127.0.0.1 that is ready when its context is entered."""

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench import peers
from bench.signing import ACCESS_KEY, ACCOUNT, SECRET_KEY

HOST = "127.0.0.1"
ROOT = Path(__file__).resolve().parent.parent
_READY_TIMEOUT_S = 30.0


@dataclass(frozen=True)
class Server:
    """A running server. ``started_s`` is the time from the start of the process to the first good answer."""

    name: str
    port: int
    process: subprocess.Popen[bytes]
    started_s: float

    @property
    def endpoint(self) -> str:
        """Returns its URL."""
        return f"http://{HOST}:{self.port}"

    def rss_mb(self) -> float:
        """Returns the resident memory of the process and its children, in MB."""
        root = psutil.Process(self.process.pid)
        total = 0
        for process in (root, *root.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                total += process.memory_info().rss
        return total / 1e6


def penstock(folder: Path, *options: str) -> contextlib.AbstractContextManager[Server]:
    """Runs Penstock with its data in ``folder``, at full durability unless ``options`` say otherwise."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "penstock.cli",
        "up",
        "--port",
        str(port),
        "--data",
        str(folder),
        *options,
    ]
    accounts = f"{ACCOUNT}:{ACCESS_KEY}:{SECRET_KEY}"
    return _run("Penstock", command, port, "/_penstock/health", {"PENSTOCK_ACCOUNTS": accounts})


def moto() -> contextlib.AbstractContextManager[Server]:
    """Runs moto's server."""
    port = free_port()
    command = [peers.program("moto", "moto_server"), "-H", HOST, "-p", str(port)]
    return _run("moto", command, port, "/moto-api/", {})


def ministack() -> contextlib.AbstractContextManager[Server]:
    """Runs MiniStack, its log turned down so that it is not what is measured."""
    port = free_port()
    environment = {"GATEWAY_PORT": str(port), "BIND_HOST": HOST, "LOG_LEVEL": "ERROR"}
    return _run(
        "MiniStack", [peers.program("ministack", "ministack")], port, "/_ministack/health", environment
    )


def bare_asgi() -> contextlib.AbstractContextManager[Server]:
    """Runs the application that does nothing, on uvicorn."""
    return _floor("bare ASGI", "bench.floor_asgi:app", {})


def bare_both(folder: Path) -> contextlib.AbstractContextManager[Server]:
    """Runs the application that makes bodies durable in ``folder`` and does nothing else."""
    folder.mkdir()
    return _floor("bare both", "bench.floor_both:app", {"FLOOR_FOLDER": str(folder)})


def _floor(name: str, app: str, environment: dict[str, str]) -> contextlib.AbstractContextManager[Server]:
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", app, "--host", HOST, "--port", str(port)]
    command += ["--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "error"]
    return _run(name, command, port, "/", environment)


@contextlib.contextmanager
def _run(
    name: str, command: list[str], port: int, health: str, environment: dict[str, str]
) -> Iterator[Server]:
    with tempfile.TemporaryFile() as log:
        paths = os.pathsep.join(
            filter(None, (str(ROOT / "src"), str(ROOT), os.environ.get("PYTHONPATH", "")))
        )
        started = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | {"PYTHONPATH": paths} | environment, stdout=log, stderr=log
        )
        try:
            _wait_until_ready(name, process, port, health, log)
            yield Server(name, port, process, time.perf_counter() - started)
        finally:
            _stop(process)


def _wait_until_ready(name: str, process: subprocess.Popen[bytes], port: int, path: str, log) -> None:
    deadline = time.perf_counter() + _READY_TIMEOUT_S
    while time.perf_counter() < deadline and process.poll() is None:
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection(HOST, port, timeout=5)
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                connection.close()
                return
        time.sleep(0.002)
    log.seek(0)
    raise RuntimeError(f"{name} did not start: {log.read()[-2000:].decode(errors='replace')}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def scratch() -> tempfile.TemporaryDirectory[str]:
    """Returns a folder that goes with its context; beside the peers, as the system's own may be in memory."""
    peers.HOME.mkdir(exist_ok=True)
    return tempfile.TemporaryDirectory(prefix="data-", dir=peers.HOME)


def free_port() -> int:
    """Returns a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
