"""A commit that may have happened or not: nobody is told that it has, nothing is touched, the server ends."""

import asyncio
import os
import resource
import sqlite3
from pathlib import Path

import psutil
import pytest
from botocore.exceptions import BotoCoreError, ClientError
from tests.crash.crash_server import KillableServer

from penstock.store.sqlite.committer import Committer, Done
from penstock.testing import LocalServer

pytestmark = pytest.mark.embedded

LARGE = b"x" * 200_000


def test_a_server_that_cannot_tell_ends_with_a_status_and_its_next_start_decides(tmp_path: Path) -> None:
    server = KillableServer(tmp_path / "data")
    server.start()
    s3 = server.client("s3")
    s3.create_bucket(Bucket="unknown")
    s3.put_object(Bucket="unknown", Key="kept", Body=b"kept")
    log = (tmp_path / "data" / "penstock.db-wal").stat().st_size
    process = psutil.Process(server._process.pid)
    process.rlimit(resource.RLIMIT_FSIZE, (log, log))  # as if the disk failed: no byte more in the log

    with pytest.raises((BotoCoreError, ClientError)):
        for number in range(1000):
            s3.put_object(Bucket="unknown", Key=f"lost-{number}", Body=b"x" * 4000)

    assert server._process.wait(20) == os.EX_IOERR
    assert "the outcome of a commit is unknown" in server.log()
    server.reap()
    server.start()
    s3 = server.client("s3")
    assert s3.get_object(Bucket="unknown", Key="kept")["Body"].read() == b"kept"
    s3.put_object(Bucket="unknown", Key="after", Body=b"x")
    assert server.stop() == 0


def test_the_file_of_a_write_whose_commit_is_unknown_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = Committer.commit

    def fail(self: Committer, loop: asyncio.AbstractEventLoop, done: Done) -> None:
        if not self._connection.execute("SELECT 1 FROM s3_object WHERE key = 'k'").fetchone():
            commit(self, loop, done)  # what the server writes by itself meanwhile
            return
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
        loop.call_soon(done, error)

    with LocalServer(data=tmp_path) as server:
        s3 = server.client("s3")
        s3.create_bucket(Bucket="unknown")
        monkeypatch.setattr(Committer, "commit", fail)
        with pytest.raises((BotoCoreError, ClientError)):
            s3.put_object(Bucket="unknown", Key="k", Body=LARGE)
        server._thread.join(20)
        assert not server._thread.is_alive()  # the server has stopped, the process of the tests goes on
    (kept,) = [path for path in (tmp_path / "bodies").rglob("*") if path.is_file()]
    assert kept.read_bytes().startswith(LARGE)
