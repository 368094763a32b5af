"""Parameters over the wire: put, read by name, version, label and path, described, labelled, tagged, deleted."""

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.functions import client, make_role
from tests.kit.policies import document

from penstock.testing import LocalServer


@pytest.fixture(scope="module")
def ssm(server: LocalServer) -> Any:
    return server.client("ssm")


def refused(code: str, text: str = "") -> Any:
    return pytest.raises(ClientError, match=rf"\({code}\).*{text}")


def put(ssm: Any, name: str, value: str = "x", **more: Any) -> int:
    version: int = ssm.put_parameter(**{"Name": name, "Value": value, "Type": "String", **more})["Version"]
    return version


def names(answer: dict[str, Any]) -> list[str]:
    return [parameter["Name"] for parameter in answer["Parameters"]]


def allowed(server: LocalServer, role: str, statement: dict[str, Any]) -> Any:
    """Returns a client that may do what ``statement`` allows."""
    account = {"Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": "sts:AssumeRole"}
    arn = make_role(server, role, trust=json.loads(document(account)))
    client(server, "iam").put_role_policy(RoleName=role, PolicyName="may", PolicyDocument=document(statement))
    found = client(server, "sts").assume_role(RoleArn=arn, RoleSessionName="me")["Credentials"]
    return server.client(
        "ssm",
        aws_access_key_id=found["AccessKeyId"],
        aws_secret_access_key=found["SecretAccessKey"],
        aws_session_token=found["SessionToken"],
    )


def test_a_parameter_comes_back_as_it_was_put(ssm: Any) -> None:
    assert put(ssm, "/app/host", "db.example") == 1
    found = ssm.get_parameter(Name="/app/host")["Parameter"]
    assert (found["Value"], found["Version"], found["Type"]) == ("db.example", 1, "String")
    assert found["ARN"] == "arn:aws:ssm:us-east-1:000000000000:parameter/app/host"
    assert ssm.get_parameter(Name=found["ARN"])["Parameter"]["Value"] == "db.example"


def test_overwriting_makes_a_version_and_keeps_the_former(ssm: Any) -> None:
    put(ssm, "over", "1")
    with refused("ParameterAlreadyExists", "overwrite"):
        put(ssm, "over", "2")
    assert ssm.put_parameter(Name="over", Value="2", Overwrite=True)["Version"] == 2
    assert ssm.get_parameter(Name="over")["Parameter"]["Value"] == "2"
    first = ssm.get_parameter(Name="over:1")["Parameter"]
    assert (first["Value"], first["Selector"]) == ("1", ":1")
    with refused("ParameterVersionNotFound", "version 3"):
        ssm.get_parameter(Name="over:3")
    with refused("HierarchyTypeMismatchException"):
        ssm.put_parameter(Name="over", Value="2", Type="SecureString", Overwrite=True)


def test_a_secure_string_is_read_by_who_wants_it_decrypted(ssm: Any) -> None:
    put(ssm, "/secure", "hunter2", Type="SecureString")
    assert ssm.get_parameter(Name="/secure", WithDecryption=True)["Parameter"]["Value"] == "hunter2"
    assert "hunter2" not in ssm.get_parameter(Name="/secure")["Parameter"]["Value"]
    (described,) = ssm.describe_parameters(ParameterFilters=[{"Key": "Name", "Values": ["/secure"]}])[
        "Parameters"
    ]
    assert described["KeyId"] == "alias/aws/ssm" and "Value" not in described


def test_a_path_is_read_on_one_level_or_on_all(ssm: Any) -> None:
    for name in ("/tree/a", "/tree/b", "/tree/deep/c", "/treetop"):
        put(ssm, name)
    assert names(ssm.get_parameters_by_path(Path="/tree")) == ["/tree/a", "/tree/b"]
    pages = ssm.get_paginator("get_parameters_by_path").paginate(
        Path="/tree/", Recursive=True, PaginationConfig={"PageSize": 2}
    )
    assert [names(page) for page in pages] == [["/tree/a", "/tree/b"], ["/tree/deep/c"]]
    with refused("ValidationException", "forward slash"):
        ssm.get_parameters_by_path(Path="tree")


def test_many_are_read_at_once_and_the_missing_are_named(ssm: Any) -> None:
    put(ssm, "many", "1")
    answer = ssm.get_parameters(Names=["many", "nowhere", "many:7"])
    assert (names(answer), answer["InvalidParameters"]) == (["many"], ["nowhere", "many:7"])
    gone = ssm.delete_parameters(Names=["many", "nowhere"])
    assert (gone["DeletedParameters"], gone["InvalidParameters"]) == (["many"], ["nowhere"])
    with refused("ParameterNotFound"):
        ssm.get_parameter(Name="many")


def test_a_label_is_on_one_version_at_a_time(ssm: Any) -> None:
    put(ssm, "labelled", "1")
    ssm.put_parameter(Name="labelled", Value="2", Overwrite=True)
    answer = ssm.label_parameter_version(
        Name="labelled", ParameterVersion=1, Labels=["prod", "9lives", "awsome"]
    )
    assert (answer["InvalidLabels"], answer["ParameterVersion"]) == (["9lives", "awsome"], 1)
    assert ssm.get_parameter(Name="labelled:prod")["Parameter"]["Value"] == "1"
    ssm.label_parameter_version(Name="labelled", Labels=["prod"])
    assert ssm.get_parameter(Name="labelled:prod")["Parameter"]["Value"] == "2"
    history = ssm.get_parameter_history(Name="labelled")["Parameters"]
    assert [(one["Version"], one["Labels"]) for one in history] == [(1, []), (2, ["prod"])]
    ssm.unlabel_parameter_version(Name="labelled", ParameterVersion=2, Labels=["prod"])
    with refused("ParameterVersionNotFound"):
        ssm.get_parameter(Name="labelled:prod")


def test_a_hundred_versions_are_kept_and_a_label_holds_the_oldest(ssm: Any) -> None:
    put(ssm, "history", "1")
    ssm.label_parameter_version(Name="history", ParameterVersion=1, Labels=["first"])
    for number in range(2, 101):
        ssm.put_parameter(Name="history", Value=str(number), Overwrite=True)
    with refused("ParameterMaxVersionLimitExceeded", "Version 1, the oldest version"):
        ssm.put_parameter(Name="history", Value="101", Overwrite=True)
    ssm.unlabel_parameter_version(Name="history", ParameterVersion=1, Labels=["first"])
    assert ssm.put_parameter(Name="history", Value="101", Overwrite=True)["Version"] == 101
    with refused("ParameterVersionNotFound"):
        ssm.get_parameter(Name="history:1")


def test_parameters_are_described_by_filters(ssm: Any) -> None:
    put(ssm, "/described/one", Tags=[{"Key": "team", "Value": "red"}])
    put(ssm, "/described/two", Type="SecureString")

    def described(**one: Any) -> list[str]:
        below = {"Key": "Path", "Option": "Recursive", "Values": ["/described"]}
        return names(ssm.describe_parameters(ParameterFilters=[below, one]))

    assert described(Key="Type", Values=["SecureString"]) == ["/described/two"]
    assert described(Key="tag:team", Values=["red"]) == ["/described/one"]
    assert described(Key="Name", Option="Contains", Values=["tw"]) == ["/described/two"]
    with refused("InvalidFilterOption"):
        described(Key="Type", Option="Contains", Values=["S"])


def test_a_value_must_match_the_allowed_pattern(ssm: Any) -> None:
    put(ssm, "pattern", "42", AllowedPattern=r"^\d+$")
    with refused("ParameterPatternMismatchException"):
        ssm.put_parameter(Name="pattern", Value="no", Overwrite=True)
    with refused("InvalidAllowedPatternException"):
        put(ssm, "pattern2", "42", AllowedPattern="(")


def test_a_pattern_that_would_run_for_ever_does_not(ssm: Any) -> None:
    with refused("ParameterPatternMismatchException"):
        put(ssm, "evil", "a" * 4000 + "!", AllowedPattern="^(a|a)*$")


def test_standard_values_have_4_kib_and_advanced_ones_8(ssm: Any) -> None:
    with refused("ValidationException", "4096 characters"):
        put(ssm, "long", "x" * 4097)
    answer = ssm.put_parameter(Name="long", Value="x" * 4097, Type="String", Tier="Intelligent-Tiering")
    assert answer["Tier"] == "Advanced"
    with refused("ValidationException", "downgrade"):
        ssm.put_parameter(Name="long", Value="x", Overwrite=True, Tier="Standard")
    with refused("ValidationException", "8192 characters"):
        ssm.put_parameter(Name="long", Value="x" * 8193, Overwrite=True)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("aws.x", "AccessDeniedException"),
        ("/AWS/x", "AccessDeniedException"),
        ("ssmx", "ValidationException"),
        ("a/b", "ValidationException"),
        ("/a//b", "ValidationException"),
        ("a b", "ValidationException"),
        ("/" + "/".join("abcdefghijklmnop"), "HierarchyLevelLimitExceededException"),
    ],
)
def test_odd_names_are_refused(ssm: Any, name: str, code: str) -> None:
    with refused(code):
        put(ssm, name)


def test_tags_are_set_listed_and_taken_away(ssm: Any) -> None:
    put(ssm, "tagged")
    which = {"ResourceType": "Parameter", "ResourceId": "tagged"}
    ssm.add_tags_to_resource(**which, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    ssm.remove_tags_from_resource(**which, TagKeys=["a"])
    assert ssm.list_tags_for_resource(**which)["TagList"] == [{"Key": "b", "Value": "2"}]
    with refused("InvalidResourceId"):
        ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId="nowhere")


def test_a_parameter_refers_to_a_secret(server: LocalServer, ssm: Any) -> None:
    server.client("secretsmanager").create_secret(Name="db", SecretString="hunter2")
    name = "/aws/reference/secretsmanager/db"
    assert ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"] == "hunter2"
    with refused("ValidationException", "WithDecryption flag must be True"):
        ssm.get_parameter(Name=name)
    with refused("ParameterNotFound"):
        ssm.get_parameter(Name="/aws/reference/secretsmanager/none", WithDecryption=True)


def test_who_puts_a_parameter_with_tags_must_be_let_tag_it(server: LocalServer, ssm: Any) -> None:
    statement = {"Effect": "Allow", "Action": "ssm:PutParameter", "Resource": "*"}
    writer = allowed(server, "writer", statement)
    put(writer, "untagged")
    with refused("AccessDeniedException", "ssm:AddTagsToResource"):
        put(writer, "labelled-red", Tags=[{"Key": "team", "Value": "red"}])
    with refused("ParameterNotFound"):
        ssm.get_parameter(Name="labelled-red")


def test_policies_know_a_parameter_s_tags_by_both_names(server: LocalServer, ssm: Any) -> None:
    put(ssm, "mine", Tags=[{"Key": "owner", "Value": "me"}])
    put(ssm, "theirs", Tags=[{"Key": "owner", "Value": "them"}])
    for key in ("ssm:resourceTag/owner", "aws:ResourceTag/owner"):
        condition = {"StringEquals": {key: "me"}}
        statement = {"Effect": "Allow", "Action": "ssm:GetParameter", "Resource": "*", "Condition": condition}
        reader = allowed(server, "reader-" + key.partition(":")[0], statement)
        assert reader.get_parameter(Name="mine")["Parameter"]["Value"] == "x"
        with refused("AccessDeniedException"):
            reader.get_parameter(Name="theirs")


def test_a_role_reads_what_its_policy_names(server: LocalServer, ssm: Any) -> None:
    put(ssm, "/mine/a", "1")
    put(ssm, "/theirs/a", "1")
    allow = {
        "Effect": "Allow",
        "Action": "ssm:GetParameter*",
        "Resource": "arn:aws:ssm:us-east-1:000000000000:parameter/mine/*",
    }
    reader = allowed(server, "reader-of-mine", allow)
    assert reader.get_parameter(Name="/mine/a")["Parameter"]["Value"] == "1"
    for ask in (
        lambda: reader.get_parameter(Name="/theirs/a"),
        lambda: reader.get_parameters(Names=["/mine/a", "/theirs/a"]),
        lambda: reader.get_parameters_by_path(Path="/theirs"),
    ):
        with refused("AccessDeniedException"):
            ask()


@pytest.mark.parametrize("name", ["tagged-name", "/tagged-slash", "/tagged/path"])
def test_the_tags_of_a_parameter_decide(server: LocalServer, ssm: Any, name: str) -> None:
    put(ssm, name, Tags=[{"Key": "team", "Value": "red"}])
    allow = {"Effect": "Allow", "Action": "ssm:GetParameter", "Resource": "*"}
    condition = {"StringEquals": {"aws:ResourceTag/team": "red"}}
    reader = allowed(server, f"red{name.replace('/', '-')}", {**allow, "Condition": condition})
    assert reader.get_parameter(Name=name)["Parameter"]["Value"] == "x"
    ssm.remove_tags_from_resource(ResourceType="Parameter", ResourceId=name, TagKeys=["team"])
    with refused("AccessDeniedException"):
        reader.get_parameter(Name=name)


@pytest.mark.embedded
def test_secure_strings_lie_sealed_in_the_data_folder(tmp_path: Path) -> None:
    with LocalServer(data=tmp_path) as server:
        put(server.client("ssm"), "kept", "of-the-crown-jewels", Type="SecureString")
    stored = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"of-the-crown-jewels" not in stored
    with LocalServer(data=tmp_path) as server:
        found = server.client("ssm").get_parameter(Name="kept", WithDecryption=True)["Parameter"]
        assert found["Value"] == "of-the-crown-jewels"
