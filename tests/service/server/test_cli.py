"""The ``penstock`` command as a process: start, environment, refusal, end."""

import json
import re
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
import pytest
from tests.kit.commands import PENSTOCK, environment, penstock

from penstock import __version__
from penstock.config import SETTINGS


@contextmanager
def running(*flags: str, **extra: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    process = subprocess.Popen(
        [*PENSTOCK, "up", "--port", "0", *flags], stdout=subprocess.PIPE, text=True, env=environment(**extra)
    )
    assert process.stdout
    try:
        line = process.stdout.readline()
        assert re.search(r"ready at https?://127.0.0.1:", line), line
        yield process, line.split("ready at ")[1].split()[0]
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(30)
        process.stdout.close()


def exports(data: Path) -> dict[str, str]:
    result = subprocess.run(
        [*PENSTOCK, "env", "--data", str(data)], capture_output=True, text=True, check=True, env=environment()
    )
    lines = [line for line in result.stdout.splitlines() if line.startswith("export ")]
    return dict(line.removeprefix("export ").split("=", 1) for line in lines)


def test_up_env_and_an_orderly_end(tmp_path: Path) -> None:
    with running("--data", str(tmp_path)) as (process, endpoint):
        with urllib.request.urlopen(f"{endpoint}/_penstock/health") as answer:
            assert json.loads(answer.read())["state"] == "ready"
        variables = exports(tmp_path)
        assert variables["AWS_ENDPOINT_URL"] == endpoint
        s3 = boto3.client(
            "s3",
            endpoint_url=variables["AWS_ENDPOINT_URL"],
            aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
            region_name="us-east-1",
        )
        s3.create_bucket(Bucket="kept")
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert (tmp_path / "credentials.json").stat().st_mode & 0o777 == 0o600
    assert all(path.stat().st_mode & 0o077 == 0 for path in tmp_path.rglob("*") if path.is_file())
    with running("--data", str(tmp_path)):
        again = exports(tmp_path)
        assert again["AWS_SECRET_ACCESS_KEY"] == variables["AWS_SECRET_ACCESS_KEY"]


def test_env_and_trace_trust_the_servers_own_authority(tmp_path: Path) -> None:
    with running("--data", str(tmp_path), "--tls", "self-signed") as (_, endpoint):
        variables = exports(tmp_path)
        assert variables["AWS_ENDPOINT_URL"] == endpoint and endpoint.startswith("https:")
        assert (
            variables["AWS_CA_BUNDLE"] == variables["SSL_CERT_FILE"] == str(tmp_path / "tls" / "bundle.pem")
        )
        s3 = boto3.client(
            "s3",
            endpoint_url=endpoint,
            verify=variables["AWS_CA_BUNDLE"],
            aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
            region_name="us-east-1",
        )
        s3.create_bucket(Bucket="told")
        s3.put_object(Bucket="told", Key="k", Body=b"x")
        told = penstock("trace", "s3://told/k", "--data", tmp_path)
        assert "ObjectCreated:Put" in told.stdout, told.stderr


def test_a_second_server_on_the_same_data_is_refused(tmp_path: Path) -> None:
    with running("--data", str(tmp_path)):
        second = subprocess.run(
            [*PENSTOCK, "up", "--port", "0", "--data", str(tmp_path)],
            capture_output=True, text=True, timeout=30, env=environment(), check=False,
        )  # fmt: skip
    assert second.returncode == 1
    assert "in use by another Penstock" in second.stderr
    assert "Traceback" not in second.stderr


@pytest.mark.parametrize(
    ("flags", "variables", "complaint"),
    [
        (["--durability", "maybe"], {}, "must be one of full, normal"),
        (["--port", "0"], {"PENSTOCK_ACCOUNTS": "12:key:very-secret"}, "12-digit account id"),
        (["--port", "0", "--data", "/dev/null/x"], {}, "cannot use the data directory /dev/null/x"),
    ],
)
def test_bad_settings_are_named_without_a_traceback(
    tmp_path: Path, flags: list[str], variables: dict[str, str], complaint: str
) -> None:
    data = [] if "--data" in flags else ["--data", str(tmp_path)]
    result = penstock("up", *flags, *data, **variables)
    assert result.returncode == 1
    assert complaint in result.stderr
    assert "very-secret" not in result.stderr


@pytest.mark.parametrize(
    ("name", "advice"), [("credentials.json", "restore it from a backup"), ("penstock.db", ".recover")]
)
def test_a_spoilt_data_directory_is_named_with_the_way_back(tmp_path: Path, name: str, advice: str) -> None:
    (tmp_path / name).write_bytes(b"{spoilt" * 1000)
    result = penstock("up", "--port", "0", "--data", tmp_path)
    assert result.returncode == 1
    assert str(tmp_path / name) in result.stderr and advice in result.stderr


def test_keys_that_cannot_be_read_are_not_to_be_removed(tmp_path: Path) -> None:
    (tmp_path / "credentials.json").mkdir()  # root reads whatever its rights are
    result = penstock("up", "--port", "0", "--data", tmp_path)
    assert result.returncode == 1
    assert "cannot read" in result.stderr and "move" not in result.stderr


def test_after_a_stop_env_says_that_no_server_runs(tmp_path: Path) -> None:
    with running("--data", str(tmp_path)):
        assert penstock("env", "--data", tmp_path).returncode == 0
    stopped = penstock("env", "--data", tmp_path)
    assert (stopped.returncode, stopped.stdout) == (1, "")
    assert f"no server runs on {tmp_path}" in stopped.stderr


def test_a_profile_lets_boto3_reach_the_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running("--data", str(tmp_path)):
        section = penstock("env", "--data", tmp_path, "--profile", "files").stdout
        (tmp_path / "config").write_text(section)
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
        assert boto3.Session(profile_name="files").client("s3").list_buckets()["Buckets"] == []


def test_debug_shows_each_request_without_what_is_secret(tmp_path: Path) -> None:
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [*PENSTOCK, "up", "--port", "0", "--data", tmp_path / "data", "--log-level", "debug"],
            stdout=subprocess.PIPE, stderr=log, text=True, env=environment(),
        )  # fmt: skip
        assert process.stdout
        endpoint = process.stdout.readline().split("ready at ")[1].split()[0]
        with urllib.request.urlopen(f"{endpoint}/_penstock/health?X-Amz-Signature=very-secret"):
            pass
        process.terminate()
        process.wait(30)
        process.stdout.close()
    lines = (tmp_path / "log").read_text()
    assert "GET /_penstock/health 200" in lines and "very-secret" not in lines


def test_the_help_shows_each_variable_and_default_and_the_version_is_a_flag() -> None:
    helped = penstock("up", "--help", COLUMNS="200").stdout
    assert [s.name for s in SETTINGS if s.variable not in helped or f"{s.flag} " not in helped] == []
    assert "default: 127.0.0.1" in helped
    assert "listen" not in penstock("trace", "--help").stdout
    assert penstock("--version").stdout == f"{__version__}\n"


def test_a_shell_can_complete_the_command() -> None:
    completed = penstock(_PENSTOCK_COMPLETE="complete_bash", COMP_WORDS="penstock tr", COMP_CWORD="1")
    assert completed.stdout.split() == ["trace"]


def test_trace_tells_the_story(tmp_path: Path) -> None:
    accounts = "000000000000:AKIATEST000000000001:cli-test-secret"
    with running("--data", str(tmp_path), PENSTOCK_ACCOUNTS=accounts) as (_, endpoint):
        s3 = boto3.client(
            "s3",
            endpoint_url=endpoint,
            aws_access_key_id="AKIATEST000000000001",
            aws_secret_access_key="cli-test-secret",
            region_name="us-east-1",
        )
        s3.create_bucket(Bucket="told")
        s3.put_object(Bucket="told", Key="dir/a b.txt", Body=b"x")
        told = subprocess.run(
            [*PENSTOCK, "trace", "s3://told/dir/a b.txt", "--data", str(tmp_path)],
            capture_output=True, text=True, env=environment(PENSTOCK_ACCOUNTS=accounts), check=False,
        )  # fmt: skip
        assert told.returncode == 0, told.stderr
        assert "ObjectCreated:Put" in told.stdout and "no notification rules" in told.stdout
        unknown = subprocess.run(
            [*PENSTOCK, "trace", "s3://told/nothing", "--data", str(tmp_path)],
            capture_output=True, text=True, env=environment(PENSTOCK_ACCOUNTS=accounts), check=False,
        )  # fmt: skip
        assert unknown.returncode == 1 and "nothing is recorded" in unknown.stderr
