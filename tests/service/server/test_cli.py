"""The ``penstock`` command as a process: start, environment, refusal, end."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
import pytest

PENSTOCK = [sys.executable, "-m", "penstock.cli"]


def environment(**extra: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PENSTOCK_"))}
    return {**kept, **extra}


@contextmanager
def running(*flags: str, **extra: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    process = subprocess.Popen(
        [*PENSTOCK, "up", "--port", "0", *flags], stdout=subprocess.PIPE, text=True, env=environment(**extra)
    )
    assert process.stdout
    try:
        line = process.stdout.readline()
        assert "ready at http://127.0.0.1:" in line, line
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
    return dict(line.removeprefix("export ").split("=", 1) for line in result.stdout.splitlines())


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
        (["--memory", "--data", "x"], {}, "exclude each other"),
        (["--port", "0"], {"PENSTOCK_ACCOUNTS": "12:key:very-secret"}, "12-digit account id"),
        ([], {"PENSTOCK_PORT": "many"}, "whole number"),
        (["--port", "70000"], {}, "from 0 to 65535"),
        (["--port", "0", "--data", "/dev/null/x"], {}, "cannot use the data directory /dev/null/x"),
    ],
)
def test_bad_settings_are_named_without_a_traceback(
    tmp_path: Path, flags: list[str], variables: dict[str, str], complaint: str
) -> None:
    data = [] if "--data" in flags else ["--data", str(tmp_path)]
    result = subprocess.run(
        [*PENSTOCK, "up", *flags, *data],
        capture_output=True, text=True, timeout=30, env=environment(**variables), check=False,
    )  # fmt: skip
    assert result.returncode == 1
    assert complaint in result.stderr
    assert "Traceback" not in result.stderr and "very-secret" not in result.stderr


@pytest.mark.parametrize("name", ["credentials.json", "penstock.db"])
def test_a_spoilt_data_directory_is_named_without_a_traceback(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"{spoilt" * 1000)
    result = subprocess.run(
        [*PENSTOCK, "up", "--port", "0", "--data", str(tmp_path)],
        capture_output=True, text=True, timeout=30, env=environment(), check=False,
    )  # fmt: skip
    assert result.returncode == 1
    assert str(tmp_path / name) in result.stderr and "Traceback" not in result.stderr


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
