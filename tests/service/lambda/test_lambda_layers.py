"""Layers: published, found in /opt, kept by who uses them, and shared by their policies."""

import base64
import hashlib
import io
import json
import stat
import urllib.request
import zipfile
from typing import Any
from urllib.error import HTTPError

import pytest
from botocore.exceptions import ClientError
from tests.kit.functions import LOGS, arrive, client, make_function, make_role, run

from penstock.testing import LocalServer

LAYER = "arn:aws:lambda:us-east-1:000000000000:layer"
SHOW = """
import os, sys
def handler(event, context):
    import shared
    folder = next(path for path in sys.path if path.endswith("/python"))
    opt = os.path.dirname(folder)
    return [shared.NAME, sorted(os.listdir(opt)), open(f"{opt}/data.txt").read(), f"{opt}/bin" in os.environ["PATH"]]
"""


def layer_of(name: str, data: str, **files: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("python/shared.py", f"NAME = {name!r}\n")
        archive.writestr("data.txt", data)
        for path, text in files.items():
            archive.writestr(f"{path}/own.txt", text)
    return buffer.getvalue()


def publish(server: LocalServer, layer: str, content: bytes, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = client(server, "lambda").publish_layer_version(
        LayerName=layer, Content={"ZipFile": content}, **more
    )
    return made


@pytest.fixture(scope="module")
def role(server: LocalServer) -> str:
    return make_role(server, "shared", *LOGS)


@pytest.fixture
def aws(server: LocalServer) -> Any:
    return client(server, "lambda")


def error(raised: pytest.ExceptionInfo[ClientError]) -> tuple[str, str, int]:
    answer: Any = raised.value.response
    found = answer["Error"]
    return found["Code"], found["Message"], answer["ResponseMetadata"]["HTTPStatusCode"]


def test_a_layer_is_described_as_aws_does(server: LocalServer, aws: Any) -> None:
    content = layer_of("one", "1")
    more = {"CompatibleRuntimes": ["python3.12"], "CompatibleArchitectures": ["x86_64"], "LicenseInfo": "MIT"}

    made = publish(server, "described", content, Description="d", **more)

    assert (made["LayerArn"], made["LayerVersionArn"]) == (f"{LAYER}:described", f"{LAYER}:described:1")
    assert (made["Version"], made["Description"]) == (1, "d")
    assert {member: made[member] for member in more} == more
    assert made["Content"]["CodeSize"] == len(content)
    assert made["Content"]["CodeSha256"] == base64.b64encode(hashlib.sha256(content).digest()).decode()
    with urllib.request.urlopen(made["Content"]["Location"]) as answer:
        assert answer.read() == content
    found = aws.get_layer_version(LayerName="described", VersionNumber=1)
    assert (
        found["LayerVersionArn"]
        == aws.get_layer_version_by_arn(Arn=f"{LAYER}:described:1")["LayerVersionArn"]
    )
    assert publish(server, f"{LAYER}:described", content)["Version"] == 2
    versions = aws.list_layer_versions(LayerName="described")["LayerVersions"]
    assert [each["Version"] for each in versions] == [2, 1]
    fitting = aws.list_layer_versions(LayerName="described", CompatibleRuntime="python3.12")["LayerVersions"]
    assert [each["Version"] for each in fitting] == [1]
    listed = {each["LayerName"]: each for each in aws.list_layers()["Layers"]}
    assert listed["described"]["LatestMatchingVersion"]["Version"] == 2


def test_a_function_finds_its_layers_the_later_over_the_earlier(server: LocalServer, role: str) -> None:
    first = publish(server, "first", layer_of("first", "1", lib="a", both="x"))["LayerVersionArn"]
    second = publish(server, "second", layer_of("second", "2", both="y"))["LayerVersionArn"]

    made = make_function(server, "layered", SHOW, Role=role, Layers=[first, second])

    assert [each["Arn"] for each in made["Layers"]] == [first, second]
    assert set(made["Layers"][0]) == {"Arn", "CodeSize"}
    assert run(server, "layered")["Payload"] == ["second", ["both", "data.txt", "lib", "python"], "2", True]
    client(server, "lambda").update_function_configuration(FunctionName="layered", Layers=[first])
    arrive(server)
    assert run(server, "layered")["Payload"] == ["first", ["both", "data.txt", "lib", "python"], "1", True]
    changed = client(server, "lambda").update_function_configuration(FunctionName="layered", Layers=[])
    assert not changed.get("Layers")


def test_a_deleted_layer_stays_with_who_uses_it(server: LocalServer, aws: Any, role: str) -> None:
    made = publish(server, "kept", layer_of("kept", "k"))
    arn, location = made["LayerVersionArn"], made["Content"]["Location"]
    make_function(server, "keeping", SHOW, Role=role, Layers=[arn], Publish=True)
    aws.update_function_configuration(FunctionName="keeping", Layers=[])
    arrive(server)

    for _ in range(2):
        aws.delete_layer_version(LayerName="kept", VersionNumber=1)

    assert run(server, "keeping:1")["Payload"][0] == "kept"
    with pytest.raises(ClientError) as raised:
        aws.get_layer_version(LayerName="kept", VersionNumber=1)
    assert error(raised)[0] == "ResourceNotFoundException"
    with pytest.raises(ClientError, match=f"Layer version {arn} does not exist"):
        aws.update_function_configuration(FunctionName="keeping", Layers=[arn])
    assert "kept" not in [each["LayerName"] for each in aws.list_layers()["Layers"]]
    assert publish(server, "kept", layer_of("kept", "k"))["Version"] == 2
    urllib.request.urlopen(location).close()
    aws.delete_function(FunctionName="keeping")
    with pytest.raises(HTTPError, match="404"):
        urllib.request.urlopen(location)


def test_what_cannot_be_used_is_refused(server: LocalServer, aws: Any, role: str) -> None:
    arns = [publish(server, f"many-{number}", layer_of("m", "m"))["LayerVersionArn"] for number in range(6)]
    again = publish(server, "many-0", layer_of("m", "m"))["LayerVersionArn"]
    elsewhere = arns[0].replace("us-east-1", "eu-west-1")
    for layers, message in (
        (arns, "Cannot reference more than 5 layers."),
        (
            [arns[0], again],
            "Two different versions of the same layer are not allowed to be referenced in the same function. "
            f"{arns[0]} and {again} versions found.",
        ),
        ([f"{LAYER}:nobody:1"], f"Layer version {LAYER}:nobody:1 does not exist."),
        (
            [elsewhere],
            "Layers are not in the same region as the function. Layers are expected to be in region us-east-1.",
        ),
    ):
        with pytest.raises(ClientError) as raised:
            make_function(server, "refused", SHOW, Role=role, Layers=layers)
        assert error(raised) == ("InvalidParameterValueException", message, 400)
    with pytest.raises(ClientError, match="Could not unzip uploaded file"):
        publish(server, "broken", b"no zip")
    with pytest.raises(ClientError, match="Layer Version Cannot be less than 1"):
        aws.get_layer_version(LayerName="many-0", VersionNumber=0)


def test_layers_and_code_fill_250_mb_at_most(server: LocalServer, role: str) -> None:
    def zeros(megabytes: int) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("zeros", bytes(megabytes << 20))
        return buffer.getvalue()

    half = publish(server, "half", zeros(130))["LayerVersionArn"]
    other = publish(server, "other-half", zeros(130))["LayerVersionArn"]

    with pytest.raises(ClientError, match="Layers consume more than the available size of 262144000 bytes"):
        make_function(server, "full", SHOW, Role=role, Layers=[half, other])
    with pytest.raises(
        ClientError, match="Function code combined with layers exceeds the maximum allowed size"
    ):
        make_function(server, "full", SHOW, Role=role, Layers=[half], Code={"ZipFile": zeros(130)})


def test_links_of_two_layers_together_lead_nowhere_that_is_written(server: LocalServer, role: str) -> None:
    def links(**to: str) -> zipfile.ZipFile:
        archive = zipfile.ZipFile(io.BytesIO(), "w")
        for name, aim in to.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(entry, aim)
        return archive

    def content(archive: zipfile.ZipFile, **files: str) -> bytes:
        for path, text in files.items():
            archive.writestr(f"{path}/written.txt", text)
        buffer: Any = archive.fp
        archive.close()
        found: bytes = buffer.getvalue()
        return found

    arns = [
        publish(server, "leading", content(links(out="there/.."), there="x"))["LayerVersionArn"],
        publish(server, "led", content(links(there=".")))["LayerVersionArn"],
        publish(server, "writing", content(links(), out="y"))["LayerVersionArn"],
        publish(server, "code", layer_of("c", "c"))["LayerVersionArn"],
    ]
    make_function(server, "linked", SHOW, Role=role, Layers=arns)

    found = run(server, "linked")["Payload"][1]

    assert found == ["data.txt", "out", "python", "there"]


def test_a_layer_is_used_by_others_as_its_policy_says(server: LocalServer, aws: Any) -> None:
    arn = publish(server, "lent", layer_of("lent", "l"))["LayerVersionArn"]
    named = {"LayerName": "lent", "VersionNumber": 1}
    with pytest.raises(ClientError, match="No policy is associated"):
        aws.get_layer_version_policy(**named)

    given = aws.add_layer_version_permission(
        **named, StatementId="s", Action="lambda:GetLayerVersion", Principal="111122223333"
    )

    assert json.loads(given["Statement"]) == {
        "Sid": "s",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
        "Action": "lambda:GetLayerVersion",
        "Resource": arn,
    }
    shown = aws.get_layer_version_policy(**named)
    assert json.loads(shown["Policy"])["Statement"] == [json.loads(given["Statement"])]
    assert shown["RevisionId"] == given["RevisionId"]
    with pytest.raises(ClientError) as raised:
        aws.add_layer_version_permission(
            **named, StatementId="s", Action="lambda:GetLayerVersion", Principal="*"
        )
    assert error(raised)[0] == "ResourceConflictException"
    with pytest.raises(ClientError) as raised:
        aws.remove_layer_version_permission(**named, StatementId="s", RevisionId="other")
    assert error(raised)[0] == "PreconditionFailedException"
    aws.remove_layer_version_permission(**named, StatementId="s")
    with pytest.raises(ClientError, match="No policy is associated"):
        aws.get_layer_version_policy(**named)
