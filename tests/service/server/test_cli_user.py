"""``penstock user add``: a key of one's own, printed once, and nothing left when it cannot be made."""

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.cli import run_cli
from tests.kit.functions import client
from tests.kit.policies import document

from penstock.errors import StartError
from penstock.testing import LocalServer


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PENSTOCK_TEST_STORE", raising=False)  # the command refuses what is no setting


def signed_by(server: LocalServer, key: dict[str, str], service: str) -> Any:
    return server.client(
        service,
        aws_access_key_id=key["access_key_id"],
        aws_secret_access_key=key["secret_access_key"],
    )


def test_a_user_may_do_what_the_policies_say(server: LocalServer, tmp_path: Path) -> None:
    queues = tmp_path / "queues.json"
    queues.write_text(document({"Effect": "Allow", "Action": "sqs:ListQueues", "Resource": "*"}))
    policies = ("--policy", "AmazonS3ReadOnlyAccess", "--policy", str(queues))
    key = json.loads(run_cli(server, "user", "add", "nightly", *policies, "--json")[0])
    assert key["arn"].endswith(":user/nightly")
    signed_by(server, key, "s3").list_buckets()
    signed_by(server, key, "sqs").list_queues()
    with pytest.raises(ClientError, match="AccessDenied"):
        signed_by(server, key, "s3").create_bucket(Bucket="not-by-nightly")


def test_the_key_is_printed_as_the_shell_takes_it(server: LocalServer) -> None:
    printed = run_cli(server, "user", "add", "shell")[0].splitlines()
    assert printed[0].startswith("# arn:aws:iam::000000000000:user/shell")
    assert [line.split("=")[0] for line in printed[1:]] == [
        "export AWS_ACCESS_KEY_ID",
        "export AWS_SECRET_ACCESS_KEY",
    ]


@pytest.mark.parametrize("policy", ["NoSuchPolicy", "bad.json"])
def test_nothing_is_left_of_a_user_who_cannot_be_made(
    server: LocalServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, policy: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bad.json").write_text("{")
    with pytest.raises(StartError, match=r"NoSuchEntity|MalformedPolicyDocument"):
        run_cli(server, "user", "add", "half", "--policy", "AmazonS3ReadOnlyAccess", "--policy", policy)
    assert "half" not in [user["UserName"] for user in client(server, "iam").list_users()["Users"]]


def test_a_user_who_is_there_is_left_alone(server: LocalServer) -> None:
    run_cli(server, "user", "add", "twice")
    with pytest.raises(StartError, match="EntityAlreadyExists"):
        run_cli(server, "user", "add", "twice")
    assert len(client(server, "iam").list_access_keys(UserName="twice")["AccessKeyMetadata"]) == 1
