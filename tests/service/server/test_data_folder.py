"""What lies in a data directory tells nobody but its owner, and secrets not even who copies the database."""

import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import boto3
import orjson
import pytest
from tests.kit.functions import make_function, make_role, run

from penstock.errors import StartError
from penstock.testing import LocalServer

pytestmark = pytest.mark.embedded

LENGTH = "import os\ndef handler(event, context):\n    return len(os.environ['TOKEN'])\n"
VALUE = "environment-of-a-function"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sealed")


@pytest.fixture(scope="module")
def session(data: Path) -> dict[str, Any]:
    """Returns a session's credentials, made on a server that has ended; it has a function ``keeper``, too."""
    with LocalServer(data=data) as server:
        trust = {"Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": "sts:AssumeRole"}
        role = make_role(server, "worker", "sts:*", trust={"Version": "2012-10-17", "Statement": [trust]})
        made = server.client("sts").assume_role(RoleArn=role, RoleSessionName="one")["Credentials"]
        make_function(server, "keeper", LENGTH, Environment={"Variables": {"TOKEN": VALUE}})
    credentials: dict[str, Any] = made
    return credentials


def rows(data: Path, sql: str, *params: object) -> list[Any]:
    with closing(sqlite3.connect(data / "penstock.db")) as database, database:
        return database.execute(sql, params).fetchall()


def whoami(server: LocalServer, session: dict[str, Any]) -> str:
    sts = boto3.Session(
        session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"], "us-east-1"
    ).client("sts", endpoint_url=server.endpoint)
    arn: str = sts.get_caller_identity()["Arn"]
    return arn


def environment(server: LocalServer) -> dict[str, str]:
    found: dict[str, str] = server.client("lambda").get_function_configuration(FunctionName="keeper")[
        "Environment"
    ]["Variables"]
    return found


def test_secrets_open_again_after_a_restart(data: Path, session: dict[str, Any]) -> None:
    with LocalServer(data=data) as server:
        assert whoami(server, session).endswith("assumed-role/worker/one")
        assert environment(server) == {"TOKEN": VALUE}
        assert run(server, "keeper")["Payload"] == len(VALUE)


def test_the_files_of_the_database_hold_no_secret(data: Path, session: dict[str, Any]) -> None:
    files = b"".join(path.read_bytes() for path in data.glob("penstock.db*"))
    assert session["AccessKeyId"].encode() in files
    assert session["SecretAccessKey"].encode() not in files and VALUE.encode() not in files
    assert (data / "key").stat().st_mode & 0o777 == 0o600


def test_secrets_of_an_older_directory_are_read_and_sealed_when_they_are_written_next(
    data: Path, session: dict[str, Any]
) -> None:
    plain = orjson.dumps({"Variables": {"TOKEN": "older"}}).decode()
    rows(
        data,
        "UPDATE lambda_function SET settings = json_set(settings, '$.Environment', json(?)) WHERE name = 'keeper'",
        plain,
    )
    rows(
        data,
        "UPDATE iam_session SET secret = ? WHERE access_key_id = ?",
        session["SecretAccessKey"],
        session["AccessKeyId"],
    )
    with LocalServer(data=data) as server:
        assert whoami(server, session).endswith("assumed-role/worker/one")
        assert environment(server) == {"TOKEN": "older"}
        server.client("lambda").update_function_configuration(FunctionName="keeper", Timeout=7)
        assert environment(server) == {"TOKEN": "older"}
    ((settings,),) = rows(data, "SELECT settings FROM lambda_function WHERE name = 'keeper'")
    assert "older" not in settings and "penstock:1:" in settings


@pytest.fixture
def hidden_key(data: Path, session: dict[str, Any], tmp_path: Path) -> Iterator[Path]:
    (data / "key").rename(tmp_path / "away")
    yield tmp_path / "away"
    (tmp_path / "away").rename(data / "key")


def test_a_missing_key_file_ends_the_start(data: Path, hidden_key: Path) -> None:
    with pytest.raises(StartError, match=r"key file .* is missing"), LocalServer(data=data):
        pass
    assert not (data / "key").exists()
    with LocalServer(data=data, key_file=hidden_key) as server:
        assert environment(server)


def test_another_directorys_key_ends_the_start(data: Path, hidden_key: Path, tmp_path: Path) -> None:
    with LocalServer(data=tmp_path / "other"):
        pass
    other = tmp_path / "other" / "key"
    with pytest.raises(StartError, match="put that one back") as raised:
        LocalServer(data=data, key_file=other).__enter__()
    assert other.read_text().split()[1] not in str(raised.value)


@pytest.mark.parametrize("text", ["", "nonsense", "penstock-key-1 AAAA", "penstock-key-1 é"])
def test_a_file_that_is_no_key_ends_the_start(tmp_path: Path, text: str) -> None:
    (tmp_path / "key").write_text(text)
    with pytest.raises(StartError, match="holds no key"), LocalServer(data=tmp_path):
        pass


@contextmanager
def owners_alone() -> Iterator[None]:
    """What is made meanwhile is nobody else's, as in ``penstock up``."""
    before = os.umask(0o077)
    yield
    os.umask(before)


def modes(folder: Path) -> set[int]:
    return {path.stat().st_mode & 0o077 for path in (folder, *folder.rglob("*"))}


def test_a_directory_that_others_can_read_is_made_private_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data = tmp_path / "copied"
    with owners_alone(), LocalServer(data=data) as server:
        server.client("s3").create_bucket(Bucket="kept")
        server.client("s3").put_object(Bucket="kept", Key="k", Body=bytes(100_000))
        topic = server.client("sns").create_topic(Name="t")["TopicArn"]
        server.client("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint="a@example.com")
        server.settle()
    assert modes(data) == {0}
    assert any((data / "mail").rglob("*"))
    for path in (data, *data.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    with caplog.at_level(logging.WARNING), owners_alone(), LocalServer(data=data):
        assert modes(data) == {0}
    assert sum("others could read" in record.message for record in caplog.records) == 1
    with caplog.at_level(logging.WARNING), LocalServer(data=data):
        assert sum("others could read" in record.message for record in caplog.records) == 1


def test_what_is_not_penstocks_keeps_its_mode(tmp_path: Path) -> None:
    data = tmp_path / "shared"
    data.mkdir(mode=0o755)
    (data / "keyboard.txt").write_text("not ours")
    os.chmod(data / "keyboard.txt", 0o644)
    (data / "key").symlink_to(data / "elsewhere")
    with LocalServer(data=data):
        pass
    assert data.stat().st_mode & 0o777 == 0o755
    assert (data / "keyboard.txt").stat().st_mode & 0o777 == 0o644


def test_bodies_without_a_database_are_set_apart_and_not_removed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data = tmp_path / "data"
    with LocalServer(data=data) as server:
        server.client("s3").create_bucket(Bucket="kept")
        server.client("s3").put_object(Bucket="kept", Key="k", Body=bytes(100_000))
    database = [path.rename(tmp_path / path.name) for path in data.glob("penstock.db*")]
    for _ in range(2):
        with LocalServer(data=data) as server:
            assert "quarantine" in server.app.health()["problems"]
    assert sum("no database names" in record.message for record in caplog.records) == 1

    for path in data.glob("penstock.db*"):
        path.unlink()
    for path in database:
        path.rename(data / path.name)
    (bodies,) = data.glob("quarantine/*/bodies")
    for path in bodies.rglob("*"):
        if path.is_file():
            place = data / path.relative_to(bodies.parent)
            place.parent.mkdir(exist_ok=True)
            path.rename(place)
    with LocalServer(data=data) as server:
        assert server.client("s3").get_object(Bucket="kept", Key="k")["Body"].read() == bytes(100_000)
        assert server.app.health()["problems"] == {}
