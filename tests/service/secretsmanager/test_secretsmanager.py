"""Secrets over the wire: made, read, changed, deleted; their versions and stages; who may read them."""

import json
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.policies import ACCOUNT

from penstock.testing import LocalServer
from penstock.testing.server import ACCESS_KEY_ID, SECRET

OTHER = "111122223333"
THEIR_KEY = "AKIAPENSTOCKTESTING2"

DAY_S = 86_400


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    accounts = f"{ACCOUNT}:{ACCESS_KEY_ID}:{SECRET},{OTHER}:{THEIR_KEY}:{SECRET}"
    with LocalServer(accounts=accounts) as running:
        yield running


@pytest.fixture(scope="module")
def theirs(server: LocalServer) -> Any:
    return server.client("secretsmanager", aws_access_key_id=THEIR_KEY, aws_secret_access_key=SECRET)


@pytest.fixture(scope="module")
def secrets(server: LocalServer) -> Any:
    return server.client("secretsmanager")


def refused(code: str, text: str = "") -> Any:
    return pytest.raises(ClientError, match=rf"\({code}\).*{text}")


def token(letter: str) -> str:
    return letter * 32


def stages(secrets: Any, name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = secrets.describe_secret(SecretId=name).get("VersionIdsToStages", {})
    return found


def test_a_password_has_each_kind_of_character(secrets: Any) -> None:
    for _ in range(20):
        password = secrets.get_random_password(PasswordLength=4)["RandomPassword"]
        kinds = (string.ascii_lowercase, string.ascii_uppercase, string.digits, string.punctuation)
        assert [sum(c in kind for c in password) for kind in kinds] == [1, 1, 1, 1]


def test_a_password_has_nothing_that_is_excluded(secrets: Any) -> None:
    assert len(secrets.get_random_password()["RandomPassword"]) == 32
    answer = secrets.get_random_password(
        PasswordLength=4096,
        ExcludePunctuation=True,
        ExcludeUppercase=True,
        ExcludeCharacters="a0",
        IncludeSpace=True,
    )
    assert set(answer["RandomPassword"]) == set(string.ascii_lowercase + string.digits + " ") - {"a", "0"}


def test_a_password_that_cannot_be_is_refused(secrets: Any) -> None:
    with refused("InvalidParameterException", "too short based on the required types"):
        secrets.get_random_password(PasswordLength=3)
    assert (
        len(secrets.get_random_password(PasswordLength=3, RequireEachIncludedType=False)["RandomPassword"])
        == 3
    )
    with refused("InvalidParameterException", "all characters are excluded"):
        secrets.get_random_password(ExcludeCharacters=string.printable)
    with refused("ValidationException", "4096"):
        secrets.get_random_password(PasswordLength=4097)


def test_a_secret_is_read_by_name_by_arn_and_by_the_arn_without_its_suffix(secrets: Any) -> None:
    made = secrets.create_secret(Name="app/db-abcdef", SecretString="hunter2", Description="of the app")
    assert made["ARN"].startswith("arn:aws:secretsmanager:us-east-1:000000000000:secret:app/db-abcdef-")
    for name in ("app/db-abcdef", made["ARN"], made["ARN"][:-7]):
        found = secrets.get_secret_value(SecretId=name)
        assert (found["SecretString"], found["VersionId"]) == ("hunter2", made["VersionId"])
        assert found["VersionStages"] == ["AWSCURRENT"]


def test_bytes_come_back_as_they_were(secrets: Any) -> None:
    secrets.create_secret(Name="bytes", SecretBinary=bytes(range(256)))
    found = secrets.get_secret_value(SecretId="bytes")
    assert found["SecretBinary"] == bytes(range(256)) and "SecretString" not in found


def test_a_creation_that_is_sent_again_changes_nothing(secrets: Any) -> None:
    first = secrets.create_secret(Name="again", SecretString="a", ClientRequestToken=token("a"))
    again = secrets.create_secret(Name="again", SecretString="a", ClientRequestToken=token("a"))
    assert (first["ARN"], first["VersionId"]) == (again["ARN"], again["VersionId"])
    with refused("ResourceExistsException", "already in use for a version"):
        secrets.create_secret(Name="again", SecretString="b", ClientRequestToken=token("a"))
    with refused("ResourceExistsException", "the secret again already exists"):
        secrets.create_secret(Name="again", SecretString="a", ClientRequestToken=token("b"))


def test_a_new_value_is_current_and_the_former_one_previous(secrets: Any) -> None:
    secrets.create_secret(Name="moving", SecretString="1", ClientRequestToken=token("1"))
    secrets.put_secret_value(SecretId="moving", SecretString="2", ClientRequestToken=token("2"))
    assert stages(secrets, "moving") == {token("1"): ["AWSPREVIOUS"], token("2"): ["AWSCURRENT"]}
    secrets.update_secret(SecretId="moving", SecretString="3", ClientRequestToken=token("3"))
    assert stages(secrets, "moving") == {token("2"): ["AWSPREVIOUS"], token("3"): ["AWSCURRENT"]}
    assert secrets.get_secret_value(SecretId="moving", VersionStage="AWSPREVIOUS")["SecretString"] == "2"
    assert secrets.get_secret_value(SecretId="moving", VersionId=token("1"))["SecretString"] == "1"
    listed = secrets.list_secret_version_ids(SecretId="moving", IncludeDeprecated=True)["Versions"]
    assert [version["VersionId"] for version in listed] == [token("3"), token("2"), token("1")]


def test_the_previous_version_can_be_made_current_again(secrets: Any) -> None:
    secrets.create_secret(Name="back", SecretString="1", ClientRequestToken=token("1"))
    secrets.put_secret_value(SecretId="back", SecretString="2", ClientRequestToken=token("2"))
    with refused("InvalidParameterException", "currently attached to version"):
        secrets.update_secret_version_stage(
            SecretId="back", VersionStage="AWSCURRENT", MoveToVersionId=token("1")
        )
    secrets.update_secret_version_stage(
        SecretId="back", VersionStage="AWSCURRENT", MoveToVersionId=token("1"), RemoveFromVersionId=token("2")
    )
    assert stages(secrets, "back") == {token("1"): ["AWSCURRENT"], token("2"): ["AWSPREVIOUS"]}
    with refused("InvalidParameterException", "can't be completely removed"):
        secrets.update_secret_version_stage(
            SecretId="back", VersionStage="AWSCURRENT", RemoveFromVersionId=token("1")
        )


def test_a_stage_of_ones_own_is_on_one_version_at_a_time(secrets: Any) -> None:
    secrets.create_secret(Name="staged", SecretString="1", ClientRequestToken=token("1"))
    secrets.put_secret_value(
        SecretId="staged", SecretString="2", ClientRequestToken=token("2"), VersionStages=["blue"]
    )
    assert stages(secrets, "staged") == {token("1"): ["AWSCURRENT"], token("2"): ["blue"]}
    secrets.put_secret_value(
        SecretId="staged", SecretString="3", ClientRequestToken=token("3"), VersionStages=["blue"]
    )
    assert stages(secrets, "staged") == {token("1"): ["AWSCURRENT"], token("3"): ["blue"]}
    with refused("ResourceNotFoundException", "staging label: green"):
        secrets.get_secret_value(SecretId="staged", VersionStage="green")


def test_a_deleted_secret_comes_back_within_its_window_and_not_after_it() -> None:
    with LocalServer() as server:
        secrets = server.client("secretsmanager")
        secrets.create_secret(Name="gone", SecretString="x")
        secrets.delete_secret(SecretId="gone", RecoveryWindowInDays=7)
        for call in (secrets.get_secret_value, secrets.delete_secret):
            with refused("InvalidRequestException", "marked for deletion"):
                call(SecretId="gone")
        with refused("InvalidRequestException", "already scheduled for deletion"):
            secrets.create_secret(Name="gone", SecretString="y")
        assert secrets.list_secrets()["SecretList"] == []
        assert secrets.list_secrets(IncludePlannedDeletion=True)["SecretList"][0]["DeletedDate"]
        secrets.restore_secret(SecretId="gone")
        assert secrets.get_secret_value(SecretId="gone")["SecretString"] == "x"
        secrets.delete_secret(SecretId="gone", RecoveryWindowInDays=7)
        server.advance(7 * DAY_S)
        with refused("ResourceNotFoundException", "can't find the specified secret"):
            secrets.restore_secret(SecretId="gone")
        assert secrets.create_secret(Name="gone", SecretString="y")["VersionId"]


def test_a_deletion_by_force_is_at_once_and_may_be_repeated(secrets: Any) -> None:
    secrets.create_secret(Name="forced", SecretString="x")
    secrets.delete_secret(SecretId="forced", ForceDeleteWithoutRecovery=True)
    with refused("ResourceNotFoundException"):
        secrets.get_secret_value(SecretId="forced")
    secrets.delete_secret(SecretId="forced", ForceDeleteWithoutRecovery=True)
    with refused("InvalidParameterException", "in conjunction with"):
        secrets.delete_secret(SecretId="forced", ForceDeleteWithoutRecovery=True, RecoveryWindowInDays=7)


def test_a_list_is_filtered_sorted_and_cut_into_pages(theirs: Any) -> None:
    secrets = theirs
    for name in ("list/b", "list/a", "list/c", "other"):
        secrets.create_secret(Name=name, SecretString=name, Tags=[{"Key": "team", "Value": name}])
    pages = secrets.get_paginator("list_secrets").paginate(
        Filters=[{"Key": "name", "Values": ["list/"]}],
        SortBy="name",
        SortOrder="asc",
        PaginationConfig={"PageSize": 2},
    )
    assert [[s["Name"] for s in page["SecretList"]] for page in pages] == [["list/a", "list/b"], ["list/c"]]
    by_tag = [{"Key": "tag-value", "Values": ["!list/"]}]
    assert [s["Name"] for s in secrets.list_secrets(Filters=by_tag)["SecretList"]] == ["other"]
    newest = [s["Name"] for s in secrets.list_secrets()["SecretList"]]
    assert newest == ["other", "list/c", "list/a", "list/b"]
    with refused("InvalidNextTokenException"):
        secrets.list_secrets(NextToken="nonsense")


def test_a_batch_tells_what_it_could_not_get(secrets: Any) -> None:
    secrets.create_secret(Name="batch", SecretString="x")
    answer = secrets.batch_get_secret_value(SecretIdList=["batch", "nowhere"])
    assert [value["SecretString"] for value in answer["SecretValues"]] == ["x"]
    assert [error["ErrorCode"] for error in answer["Errors"]] == ["ResourceNotFoundException"]


def test_a_policy_lets_in_another_account(theirs: Any, secrets: Any) -> None:
    arn = secrets.create_secret(Name="shared", SecretString="x")["ARN"]
    with refused("AccessDeniedException"):
        theirs.get_secret_value(SecretId=arn)
    allow = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
        "Action": "secretsmanager:GetSecretValue",
        "Resource": "*",
        "Condition": {"StringEquals": {"secretsmanager:VersionStage": "AWSCURRENT"}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    secrets.put_resource_policy(SecretId="shared", ResourcePolicy=policy, BlockPublicPolicy=True)
    assert theirs.get_secret_value(SecretId=arn, VersionStage="AWSCURRENT")["SecretString"] == "x"
    with refused("AccessDeniedException"):
        theirs.get_secret_value(SecretId=arn)
    assert json.loads(secrets.get_resource_policy(SecretId="shared")["ResourcePolicy"])["Statement"] == [
        allow
    ]
    secrets.delete_resource_policy(SecretId="shared")
    assert "ResourcePolicy" not in secrets.get_resource_policy(SecretId="shared")


def test_a_policy_for_everybody_is_refused_when_that_was_asked(secrets: Any) -> None:
    secrets.create_secret(Name="public", SecretString="x")
    allow = {"Effect": "Allow", "Principal": "*", "Action": "secretsmanager:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": allow})
    with refused("PublicPolicyException"):
        secrets.put_resource_policy(SecretId="public", ResourcePolicy=policy, BlockPublicPolicy=True)
    checked = secrets.validate_resource_policy(ResourcePolicy=policy)
    assert (
        not checked["PolicyValidationPassed"]
        and checked["ValidationErrors"][0]["CheckName"] == "PUBLIC_POLICY"
    )
    with refused("MalformedPolicyDocumentException"):
        secrets.put_resource_policy(SecretId="public", ResourcePolicy="{")


def test_tags_are_set_and_taken_away(secrets: Any) -> None:
    secrets.create_secret(Name="tagged", SecretString="x", Tags=[{"Key": "a", "Value": "1"}])
    secrets.tag_resource(SecretId="tagged", Tags=[{"Key": "b", "Value": "2"}])
    secrets.untag_resource(SecretId="tagged", TagKeys=["a"])
    assert secrets.describe_secret(SecretId="tagged")["Tags"] == [{"Key": "b", "Value": "2"}]
    with refused("InvalidParameterException", "aws:"):
        secrets.tag_resource(SecretId="tagged", Tags=[{"Key": "aws:x", "Value": "2"}])


@pytest.mark.parametrize("name", ["a b", "a\n", "ü", "a" * 513, "a\x00"])
def test_odd_names_are_refused(secrets: Any, name: str) -> None:
    with refused("ValidationException"):
        secrets.create_secret(Name=name, SecretString="x")


@pytest.mark.embedded
def test_values_lie_sealed_in_the_data_folder_and_survive_a_restart(tmp_path: Path) -> None:
    with LocalServer(data=tmp_path) as server:
        server.client("secretsmanager").create_secret(Name="kept", SecretString="of-the-crown-jewels")
    stored = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"of-the-crown-jewels" not in stored
    with LocalServer(data=tmp_path) as server:
        found = server.client("secretsmanager").get_secret_value(SecretId="kept")
        assert found["SecretString"] == "of-the-crown-jewels"
