"""Backups of a server that runs, and what is made of them."""

import asyncio
import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.crash.crash_server import ACCESS_KEY, ACCOUNT, SECRET_KEY, KillableServer
from tests.kit.commands import penstock
from tests.kit.control import ask

from penstock.app import App
from penstock.app.backup import Backups
from penstock.config import Config
from penstock.errors import AwsError
from penstock.testing import LocalServer

pytestmark = pytest.mark.embedded

LARGE = bytes(range(256)) * 1200
KEYS = {"PENSTOCK_ACCOUNTS": f"{ACCOUNT}:{ACCESS_KEY}:{SECRET_KEY}"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[KillableServer]:
    """A server with a bucket whose changes go to a queue."""
    server = KillableServer(tmp_path / "data")
    server.start()
    sqs, s3 = server.client("sqs"), server.client("s3")
    queue = sqs.create_queue(QueueName="events")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:events"
    policy = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sqs:*",
        "Resource": arn,
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [policy]})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": document})
    s3.create_bucket(Bucket="bucket")
    rule = {"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(
        Bucket="bucket", NotificationConfiguration={"QueueConfigurations": [rule]}
    )
    yield server
    server.kill()
    server.reap()


def back_up(server: KillableServer, dest: Path) -> str:
    done = penstock("backup", dest, "--data", server.folder, **KEYS, AWS_ENDPOINT_URL=server.endpoint)
    assert done.returncode == 0, done.stderr
    return done.stdout


class Load:
    """Puts, overwrites and deletes large and small objects until it is told to stop."""

    def __init__(self, server: KillableServer) -> None:
        self._s3 = server.client("s3")
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Load":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        number = 0
        while not self._over.is_set():
            number += 1
            self._s3.put_object(Bucket="bucket", Key=f"load-{number % 3}", Body=LARGE + bytes([number % 256]))
            self._s3.delete_object(Bucket="bucket", Key=f"load-{(number + 1) % 3}")


def test_what_was_acknowledged_before_a_backup_began_is_in_it(server: KillableServer, tmp_path: Path) -> None:
    s3 = server.client("s3")
    bodies = {
        f"before-{number}": (LARGE if number % 2 else b"small") + bytes([number]) for number in range(12)
    }
    for key, body in bodies.items():
        s3.put_object(Bucket="bucket", Key=key, Body=body)
    with Load(server):
        back_up(server, tmp_path / "backups")
        again = back_up(server, tmp_path / "backups")
    copied = int(again.split(" of them new")[0].split()[-1])
    assert copied < 6  # the load's; those from before are there

    server.kill()
    server.reap()
    assert penstock("backup", tmp_path / "backups", "--verify").returncode == 0
    done = penstock("restore", tmp_path / "backups", "--data", tmp_path / "restored")
    assert done.returncode == 0, done.stderr
    server.folder = tmp_path / "restored"
    server.start()

    s3, sqs = server.client("s3"), server.client("sqs")
    for key, body in bodies.items():
        assert s3.get_object(Bucket="bucket", Key=key)["Body"].read() == body
    listed = [entry["Key"] for entry in s3.list_objects_v2(Bucket="bucket")["Contents"]]
    for key in listed:
        s3.get_object(Bucket="bucket", Key=key)["Body"].read()
    assert set(bodies) <= event_keys(sqs)
    traced = penstock("trace", "s3://bucket/before-1", "--json", **KEYS, AWS_ENDPOINT_URL=server.endpoint)
    assert [event["event"] for event in json.loads(traced.stdout)] == ["ObjectCreated:Put"]


def event_keys(sqs: Any) -> set[str]:
    """Returns the keys in the messages of the queue."""
    queue = sqs.get_queue_url(QueueName="events")["QueueUrl"]
    found: set[str] = set()
    while messages := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            found |= {
                record["s3"]["object"]["key"] for record in json.loads(message["Body"]).get("Records", ())
            }
    return found


@pytest.fixture
def dest(tmp_path: Path) -> Path:
    """Returns a folder with two backups; ``k`` is in both, ``later`` in the second."""
    dest = tmp_path / "backups"
    with LocalServer(data=tmp_path / "data") as server:
        s3 = server.client("s3")
        s3.create_bucket(Bucket="bucket")
        s3.put_object(Bucket="bucket", Key="k", Body=LARGE)
        made(server, dest)
        server.clock.advance(3600)
        s3.put_object(Bucket="bucket", Key="later", Body=b"later")
        made(server, dest)
    return dest


def made(server: LocalServer, dest: Path) -> dict[str, Any]:
    """Returns what came of a backup."""
    status, state = ask(server, "POST", "/_penstock/backup", json.dumps({"dest": str(dest)}).encode())
    assert status == 200, state
    while state["running"]:
        state = ask(server, "GET", "/_penstock/backup")[1]
    found: dict[str, Any] = state
    return found


def keys_of(data: Path) -> list[str]:
    with LocalServer(data=data) as server:
        listed = server.client("s3").list_objects_v2(Bucket="bucket")["Contents"]
        return [entry["Key"] for entry in listed]


def test_a_backup_of_an_earlier_time_can_be_chosen(dest: Path, tmp_path: Path) -> None:
    first, second = sorted(path.name for path in dest.glob("*Z"))
    for number, (at, keys) in enumerate(((first, ["k"]), (second, ["k", "later"]))):
        data = tmp_path / f"restored-{number}"
        assert penstock("restore", dest, "--data", data, "--at", at).returncode == 0
        assert keys_of(data) == keys
    refused = penstock("restore", dest, "--data", tmp_path / "none", "--at", "2020-01-01")
    assert refused.returncode == 1 and "the first backup in" in refused.stderr


def test_a_restore_touches_no_folder_that_is_not_empty(dest: Path, tmp_path: Path) -> None:
    refused = penstock("restore", dest, "--data", tmp_path / "data")
    assert refused.returncode == 1 and "is not empty" in refused.stderr


def flip_last_byte(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "a body": lambda dest: flip_last_byte(
        next(path for path in (dest / "bodies").rglob("*1") if path.is_file())
    ),
    "a missing body": lambda dest: next(
        path for path in (dest / "bodies").rglob("*1") if path.is_file()
    ).unlink(),
    "the database": lambda dest: [flip_last_byte(path) for path in dest.glob("*Z/penstock.db")],
    "the key": lambda dest: [flip_last_byte(path) for path in dest.glob("*Z/key")],
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_backup_is_told_and_not_restored(dest: Path, tmp_path: Path, damage: str) -> None:
    assert penstock("backup", dest, "--verify").returncode == 0
    DAMAGES[damage](dest)
    assert penstock("backup", dest, "--verify").returncode == 1
    refused = penstock("restore", dest, "--data", tmp_path / "restored")
    assert refused.returncode == 1 and "is damaged" in refused.stderr
    assert not (tmp_path / "restored" / "penstock.db").exists()


def test_a_backup_that_was_cut_off_is_none(dest: Path, tmp_path: Path) -> None:
    for manifest in dest.glob("*Z/manifest.json"):
        manifest.unlink()
    refused = penstock("restore", dest, "--data", tmp_path / "restored")
    assert refused.returncode == 1 and "there is no backup in" in refused.stderr


def test_a_body_that_the_disk_has_damaged_is_named_and_the_rest_can_be_restored(tmp_path: Path) -> None:
    with LocalServer(data=tmp_path / "data") as server:
        server.client("s3").create_bucket(Bucket="bucket")
        server.client("s3").put_object(Bucket="bucket", Key="k", Body=LARGE)
        (body,) = (path for path in (tmp_path / "data" / "bodies").rglob("*1") if path.is_file())
        flip_last_byte(body)
        assert body.name in made(server, tmp_path / "backups")["damaged"][0]
    assert penstock("backup", tmp_path / "backups", "--verify").returncode == 1
    done = penstock("restore", tmp_path / "backups", "--data", tmp_path / "restored")
    assert done.returncode == 0 and "1 large bodies were damaged" in done.stdout
    assert keys_of(tmp_path / "restored") == ["k"]


def test_removals_wait_for_the_end_of_a_backup(tmp_path: Path) -> None:
    with LocalServer(data=tmp_path / "data") as server:
        s3 = server.client("s3")
        s3.create_bucket(Bucket="bucket")
        s3.put_object(Bucket="bucket", Key="k", Body=LARGE)
        bodies = server.app.service("s3").body_stores()["bodies"]
        (body,) = (path for path in (tmp_path / "data" / "bodies").rglob("*1") if path.is_file())
        with bodies.held():
            bodies.remove([body.name])
            assert body.exists()
        assert not body.exists()


@pytest.mark.parametrize("dest", ["relative", "", "{data}/inside"])
def test_a_folder_that_cannot_be_meant_is_refused(tmp_path: Path, dest: str) -> None:
    with LocalServer(data=tmp_path / "data") as server:
        body = json.dumps({"dest": dest.format(data=tmp_path / "data")}).encode()
        assert ask(server, "POST", "/_penstock/backup", body)[1]["code"] == "ValidationError"


def test_a_server_that_keeps_nothing_has_no_backup(tmp_path: Path) -> None:
    with LocalServer() as server:
        body = json.dumps({"dest": str(tmp_path)}).encode()
        assert ask(server, "POST", "/_penstock/backup", body)[1]["code"] == "BackupNotSupported"


def test_a_folder_that_cannot_be_written_is_an_error_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with LocalServer(data=tmp_path / "data") as server:
        assert "Not a directory" in made(server, tmp_path / "file" / "backups")["error"]


def test_the_database_of_a_backup_is_one_file_that_any_sqlite_reads(dest: Path) -> None:
    for folder in dest.glob("*Z"):
        assert not list(folder.glob("*-wal"))
        with closing(sqlite3.connect(folder / "penstock.db")) as database:
            assert database.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_a_backup_says_which_secrets_are_in_it_and_which_are_not(tmp_path: Path) -> None:
    with LocalServer(data=tmp_path / "data", key_file=tmp_path / "key") as server:
        state = made(server, tmp_path / "backups")
    assert state["secrets"] == []
    assert state["not_copied"] == [
        f"the key file {tmp_path / 'key'}, without which no secret can be opened",
        "the root keys that the setting accounts names",
    ]
    assert not list(tmp_path.glob("backups/*/key"))


def test_a_server_on_postgresql_says_what_to_copy_instead(tmp_path: Path) -> None:
    config = Config(data=tmp_path, store="postgresql://somewhere")
    backups = Backups(cast("App", SimpleNamespace(config=config)))
    with pytest.raises(AwsError, match=r"pg_dump.*bodies, functions/code, database, key"):
        asyncio.run(backups.start({"dest": "/backups"}))
