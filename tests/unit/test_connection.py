"""Where the commands find the server and its keys: one rule for all of them."""

import json
import os
from pathlib import Path

import pytest

from penstock.cli.connection import Connection
from penstock.errors import StartError

OWN = {"account": "000000000000", "access_key_id": "AKIAOWN", "secret": "own"}


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in os.environ:
        if name.startswith(("AWS_", "PENSTOCK_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PENSTOCK_DATA", str(data(tmp_path, "usual", "http://127.0.0.1:1")))


def data(folder: Path, name: str, endpoint: str | None) -> Path:
    """Returns a data directory with keys, and with a server on it when there is an ``endpoint``."""
    made = folder / name
    made.mkdir()
    (made / "credentials.json").write_text(json.dumps({**OWN, "secret": name}))
    if endpoint:
        (made / "endpoint").write_text(endpoint)
    return made


def found(**flags: object) -> tuple[str, str]:
    """Returns the address and the secret that a command uses."""
    connection = Connection.find(flags)
    return connection.endpoint.url, connection.credential.secret


def test_flags_come_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    other = data(tmp_path, "other", "http://127.0.0.1:2")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:3")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAAWS")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "aws")
    assert found(port=7) == ("http://127.0.0.1:7", "usual")
    assert found(host="::1", data=other) == ("http://[::1]:4566", "other")
    assert found(data=other) == ("http://127.0.0.1:2", "other")
    assert found(accounts="000000000000:AKIA:flag") == ("http://127.0.0.1:3", "flag")


def test_then_comes_the_environment_whose_keys_go_with_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAAWS")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "aws")
    monkeypatch.setenv("PENSTOCK_PORT", "4")
    assert found() == ("http://127.0.0.1:4", "usual")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:3/")
    assert found() == ("http://127.0.0.1:3", "aws")


def test_then_comes_the_server_on_the_data_directory_and_at_last_the_usual_port(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert found() == ("http://127.0.0.1:1", "usual")
    monkeypatch.setenv("PENSTOCK_DATA", str(data(tmp_path, "stopped", None)))
    assert found() == ("http://127.0.0.1:4566", "stopped")


def test_a_folder_that_is_named_and_has_no_server_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=f"no server runs on {tmp_path}"):
        found(data=tmp_path)


def test_who_does_not_answer_is_named_with_where_the_address_is_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(StartError, match=r"no Penstock answers at .*, which is AWS_ENDPOINT_URL"):
        Connection.find({}).check()
