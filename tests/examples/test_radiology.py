"""Medical images: each has an item of metadata, made under a role that may do nothing else. Set up with the aws CLI."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydicom.data import get_testdata_file
from tests.kit.functions import client, run

from penstock.testing import LocalServer
from penstock.testing.server import ACCESS_KEY_ID, ACCOUNT, REGION, SECRET

SCRIPT = Path(__file__).parents[2] / "examples" / "radiology" / "radiology.sh"
BIN = Path(sys.executable).parent


def script(server: LocalServer, names: Path, step: str) -> str:
    """Returns what a step of the script printed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PENSTOCK_"))}
    env = {
        **kept,
        "PATH": f"{BIN}:{BIN.parent / 'aws' / 'bin'}:{kept.get('PATH', '')}",
        "RADIOLOGY_NAMES": str(names),
        "AWS_ENDPOINT_URL": server.endpoint,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": REGION,
    }
    done = subprocess.run([SCRIPT, step], capture_output=True, text=True, env=env, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def names(server: LocalServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The file in which the script leaves its names, once it has set everything up."""
    path = tmp_path_factory.mktemp("radiology") / "names"
    script(server, path, "set-up")
    yield path


@pytest.fixture(scope="module")
def named(names: Path) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in names.read_text().split())


def upload(server: LocalServer, bucket: str, key: str, image: str) -> int:
    """Returns the size of one of pydicom's images, once what comes of its upload is done."""
    body = Path(str(get_testdata_file(image, download=False))).read_bytes()
    client(server, "s3").put_object(Bucket=bucket, Key=key, Body=body)
    server.settle()
    return len(body)


def item(server: LocalServer, key: str) -> dict[str, Any]:
    table = server.resource("dynamodb").Table("ImageMetadata")
    found: dict[str, Any] = table.get_item(Key={"FileKey": key}, ConsistentRead=True).get("Item", {})
    return found


def logged(server: LocalServer, function: str) -> str:
    found = client(server, "logs").filter_log_events(logGroupName=f"/aws/lambda/{function}")
    return "\n".join(event["message"] for event in found["events"])


def test_the_aws_cli_shows_items_and_refusals(server: LocalServer, names: Path) -> None:
    printed = script(server, names, "validate")
    assert '"PatientId": {\n        "S": "4MR1"' in printed
    assert '"Modality": {\n        "S": "CT"' in printed
    assert '{"refused": 10, "allowed": []}' in printed
    assert "AccessDeniedException" in printed


def test_an_item_says_what_event_name_and_header_say(server: LocalServer, named: dict[str, str]) -> None:
    key = "ward 3/97-Ä_knee & ankle.dcm"
    size = upload(server, named["BUCKET"], key, "examples_overlay.dcm")
    found = item(server, key)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", found.pop("UploadTime"))
    assert found == {
        "FileKey": key,
        "BucketName": named["BUCKET"],
        "FileSize": size,
        "PatientIdFromName": "97-Ä",
        "PatientId": "021234567",
        "Modality": "MR",
        "StudyId": "1.2.124.113532.10.122.1.203.20051130.122937.2950157",
        "ImageId": found["ImageId"],
    }


def test_what_a_header_leaves_empty_is_left_out(server: LocalServer, named: dict[str, str]) -> None:
    upload(server, named["BUCKET"], "12_report.dcm", "reportsi.dcm")
    found = item(server, "12_report.dcm")
    assert found["Modality"] == "SR"
    assert found["PatientIdFromName"] == "12"
    assert "PatientId" not in found


def test_what_is_no_image_has_no_item_and_the_log_says_why(
    server: LocalServer, named: dict[str, str]
) -> None:
    client(server, "lambda").put_function_event_invoke_config(
        FunctionName=named["FUNCTION"], MaximumRetryAttempts=0
    )
    client(server, "s3").put_object(Bucket=named["BUCKET"], Key="9_fake.dcm", Body=b"not an image")
    client(server, "s3").put_object(Bucket=named["BUCKET"], Key="9_empty.dcm", Body=b"")
    server.settle()
    assert item(server, "9_fake.dcm") == item(server, "9_empty.dcm") == {}
    assert "InvalidDicomError" in logged(server, named["FUNCTION"])


def test_the_suffix_decides_what_starts_the_function(server: LocalServer, named: dict[str, str]) -> None:
    upload(server, named["BUCKET"], "4_head.DCM", "MR_small.dcm")
    upload(server, named["BUCKET"], "4_head.dcm.bak", "MR_small.dcm")
    assert item(server, "4_head.DCM") == item(server, "4_head.dcm.bak") == {}


def test_the_role_may_put_items_and_nothing_else(server: LocalServer, named: dict[str, str]) -> None:
    answer = run(server, named["OVERREACH"])
    assert answer["Payload"] == {"refused": 10, "allowed": []}
    user = f"arn:aws:sts::{ACCOUNT}:assumed-role/{named['ROLE']}/{named['OVERREACH']}"
    table = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/ImageMetadata"
    log = logged(server, named["OVERREACH"])
    for operation in ("GetItem", "UpdateItem", "DeleteItem", "Scan", "BatchWriteItem", "DeleteTable"):
        action = f"dynamodb:{operation}"
        assert (
            f"An error occurred (AccessDeniedException) when calling the {operation} operation: "
            f"User: {user} is not authorized to perform: {action} on resource: {table} "
            f"because no identity-based policy allows the {action} action"
        ) in log
    for operation, resource in [("PutObject", "/any.dcm"), ("DeleteObject", "/any.dcm"), ("ListBucket", "")]:
        assert (
            f"User: {user} is not authorized to perform: s3:{operation} "
            f'on resource: "arn:aws:s3:::{named["BUCKET"]}{resource}" '
            f"because no identity-based policy allows the s3:{operation} action"
        ) in log
    assert f"dynamodb:PutItem on resource: {table}-other" in log


def test_cleaning_up_leaves_nothing(server: LocalServer, names: Path) -> None:
    script(server, names, "clean-up")
    assert client(server, "dynamodb").list_tables()["TableNames"] == []
    assert client(server, "s3").list_buckets()["Buckets"] == []
    assert client(server, "lambda").list_functions()["Functions"] == []
    assert client(server, "iam").list_roles()["Roles"] == []
    assert client(server, "logs").describe_log_groups()["logGroups"] == []
    assert not names.exists()
