"""One large object in and out over a raw socket: speed, and that memory does not grow with the object."""

import contextlib
import hashlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from bench import servers
from bench.figures import Figure
from bench.servers import HOST, Server
from bench.setup import client
from bench.signing import Signer

GROUP = "large object"
_BLOCK = bytes(i * 31 % 251 for i in range(1 << 20))
_PATH = "/bench-large/object"


def measure(console: Console, *, mebibytes: int) -> list[Figure]:
    """Returns MB/s of one signed PUT and one GET, and the peak of memory above idle during each."""
    with servers.scratch() as folder, servers.penstock(Path(folder) / "data") as server:
        client(server, "s3").create_bucket(Bucket="bench-large")
        payload_hash = _payload_hash(mebibytes)
        idle = server.rss_mb()
        with _peak(server) as put_peak:
            put_s = _put(server, mebibytes, payload_hash)
        with _peak(server) as get_peak:
            get_s, same = _get(server, payload_hash)
        if not same:
            console.print("[red]the large object came back changed[/]")
    megabytes = mebibytes * (1 << 20) / 1e6
    return [
        _figure("PUT", mebibytes, megabytes / put_s),
        _figure("GET", mebibytes, megabytes / get_s),
        _memory("PUT", put_peak[0], idle),
        _memory("GET", get_peak[0], idle),
    ]


def _figure(verb: str, mebibytes: int, rate: float) -> Figure:
    return Figure(GROUP, f"{verb} {mebibytes:,} MiB", f"{rate:,.0f} MB/s")


def _memory(verb: str, peak: float, idle: float) -> Figure:
    return Figure(GROUP, f"{verb}: RSS, idle → peak", f"{idle:.0f} → {peak:.0f} MB", "flat", peak < idle + 64)


def _payload_hash(mebibytes: int) -> str:
    digest = hashlib.sha256()
    for _ in range(mebibytes):
        digest.update(_BLOCK)
    return digest.hexdigest()


@contextlib.contextmanager
def _peak(server: Server) -> Iterator[list[float]]:
    peak, stop = [0.0], threading.Event()

    def sample() -> None:
        while not stop.wait(0.02):
            peak[0] = max(peak[0], server.rss_mb())

    sampler = threading.Thread(target=sample)
    sampler.start()
    try:
        yield peak
    finally:
        stop.set()
        sampler.join()


def _put(server: Server, mebibytes: int, payload_hash: str) -> float:
    head = Signer(f"{HOST}:{server.port}", "s3").head(
        "PUT", _PATH, payload_hash=payload_hash, length=mebibytes * len(_BLOCK)
    )
    with socket.create_connection((HOST, server.port)) as connection:
        started = time.perf_counter()
        connection.sendall(head)
        for _ in range(mebibytes):
            connection.sendall(_BLOCK)
        status = connection.recv(65536).split(b"\r\n", 1)[0]
        assert b" 200" in status, status
        return time.perf_counter() - started


def _get(server: Server, payload_hash: str) -> tuple[float, bool]:
    request = Signer(f"{HOST}:{server.port}", "s3").request("GET", _PATH)
    digest, buffer = hashlib.sha256(), bytearray(1 << 20)
    with socket.create_connection((HOST, server.port)) as connection, connection.makefile("rb") as answer:
        started = time.perf_counter()
        connection.sendall(request)
        left = 0
        while line := answer.readline().strip():
            if line.lower().startswith(b"content-length:"):
                left = int(line.split(b":")[1])
        while left:
            count = answer.readinto(memoryview(buffer)[: min(left, len(buffer))])
            assert count, "the connection was closed early"
            digest.update(memoryview(buffer)[:count])
            left -= count
        return time.perf_counter() - started, digest.hexdigest() == payload_hash
