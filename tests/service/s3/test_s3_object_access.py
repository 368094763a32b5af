"""Who may do what with objects, and what callers without rights are told."""

import json
from typing import Any

import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError


@pytest.fixture(scope="module")
def s3(server: Any) -> Any:
    client = server.client("s3")
    for bucket in ("public", "listed", "private"):
        client.create_bucket(Bucket=bucket)
        client.put_public_access_block(
            Bucket=bucket,
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": False,
                "IgnorePublicAcls": False,
                "BlockPublicPolicy": False,
                "RestrictPublicBuckets": False,
            },
        )
        client.put_object(Bucket=bucket, Key="k", Body=b"x", Tagging="a=b")
    allow(client, "public", ["s3:GetObject", "s3:PutObject"])
    allow(client, "listed", ["s3:GetObject", "s3:ListBucket", "s3:DeleteObject"])
    return client


@pytest.fixture(scope="module")
def anyone(server: Any) -> Any:
    """Returns a client that signs nothing."""
    return server.client("s3", config=Config(signature_version=UNSIGNED, s3={"addressing_style": "path"}))


def allow(client: Any, bucket: str, actions: list[str]) -> None:
    """Lets everybody do ``actions`` in ``bucket``."""
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": actions,
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
    }
    client.put_bucket_policy(
        Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )


def code(call: Any, **params: Any) -> str:
    """Returns the code of an error answer."""
    with pytest.raises(ClientError) as raised:
        call(**params)
    return str(raised.value.response["Error"]["Code"])


def test_reading_takes_a_policy(s3: Any, anyone: Any) -> None:
    assert anyone.get_object(Bucket="public", Key="k")["Body"].read() == b"x"
    assert code(anyone.get_object, Bucket="private", Key="k") == "AccessDenied"
    assert code(anyone.head_object, Bucket="private", Key="k") == "403"


def test_only_who_may_list_is_told_that_a_key_is_missing(s3: Any, anyone: Any) -> None:
    assert code(anyone.get_object, Bucket="public", Key="missing") == "AccessDenied"
    assert code(anyone.head_object, Bucket="public", Key="missing") == "403"
    assert code(anyone.get_object, Bucket="listed", Key="missing") == "NoSuchKey"


def test_a_version_takes_a_right_of_its_own(s3: Any, anyone: Any) -> None:
    assert code(anyone.get_object, Bucket="public", Key="k", VersionId="null") == "AccessDenied"


def test_a_tagged_write_takes_the_right_to_tag(s3: Any, anyone: Any) -> None:
    anyone.put_object(Bucket="public", Key="new", Body=b"x")
    assert code(anyone.put_object, Bucket="public", Key="new", Body=b"x", Tagging="a=b") == "AccessDenied"


def test_a_copy_takes_the_right_to_read_its_source(s3: Any, anyone: Any) -> None:
    anyone.copy_object(Bucket="public", Key="copy", CopySource="public/new")
    assert code(anyone.copy_object, Bucket="public", Key="copy", CopySource="private/k") == "AccessDenied"
    tagged = "public/k"
    assert code(anyone.copy_object, Bucket="public", Key="copy", CopySource=tagged) == "AccessDenied"


def test_each_key_of_a_batch_is_authorised(s3: Any, anyone: Any) -> None:
    s3.put_object(Bucket="listed", Key="gone", Body=b"x")
    answer = anyone.delete_objects(
        Bucket="listed", Delete={"Objects": [{"Key": "gone"}, {"Key": "k", "VersionId": "null"}]}
    )
    assert [item["Key"] for item in answer["Deleted"]] == ["gone"]
    assert [(item["Key"], item["Code"]) for item in answer["Errors"]] == [("k", "AccessDenied")]


def test_only_signed_requests_choose_headers(s3: Any, anyone: Any) -> None:
    assert (
        code(anyone.get_object, Bucket="public", Key="k", ResponseContentType="text/csv") == "InvalidRequest"
    )


@pytest.fixture(scope="module")
def neighbour(server: Any) -> Any:
    """Returns a client with the credentials of a role, which bucket policies can let in."""
    trust = {"Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    arn = server.client("iam").create_role(RoleName="neighbour", AssumeRolePolicyDocument=document)["Role"][
        "Arn"
    ]
    found = server.client("sts").assume_role(RoleArn=arn, RoleSessionName="session")["Credentials"]
    return server.client(
        "s3",
        aws_access_key_id=found["AccessKeyId"],
        aws_secret_access_key=found["SecretAccessKey"],
        aws_session_token=found["SessionToken"],
    )


def allow_when(client: Any, bucket: str, actions: list[str], condition: dict[str, Any]) -> None:
    """Makes a bucket where the role ``neighbour`` may do ``actions`` under ``condition``."""
    client.create_bucket(Bucket=bucket)
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::000000000000:role/neighbour"},
        "Action": actions,
        "Resource": f"arn:aws:s3:::{bucket}/*",
        "Condition": condition,
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    client.put_bucket_policy(Bucket=bucket, Policy=document)


def test_a_policy_can_ask_for_tags_that_an_object_has(s3: Any, neighbour: Any) -> None:
    condition = {"StringEquals": {"s3:ExistingObjectTag/public": "yes"}}
    allow_when(s3, "existing", ["s3:GetObject", "s3:GetObjectTagging"], condition)
    s3.put_object(Bucket="existing", Key="shown", Body=b"x", Tagging="public=yes")
    s3.put_object(Bucket="existing", Key="hidden", Body=b"x", Tagging="public=no")
    assert neighbour.get_object(Bucket="existing", Key="shown")["Body"].read() == b"x"
    assert neighbour.get_object_tagging(Bucket="existing", Key="shown")["TagSet"]
    assert code(neighbour.get_object, Bucket="existing", Key="hidden") == "AccessDenied"
    assert code(neighbour.head_object, Bucket="existing", Key="none") == "403"


def test_a_policy_can_ask_for_tags_that_a_request_sets(s3: Any, neighbour: Any) -> None:
    condition = {
        "StringEquals": {"s3:RequestObjectTag/team": "red"},
        "ForAllValues:StringEquals": {"s3:RequestObjectTagKeys": ["team"]},
    }
    allow_when(s3, "requested", ["s3:PutObject", "s3:PutObjectTagging"], condition)
    where = {"Bucket": "requested", "Key": "k"}
    neighbour.put_object(**where, Body=b"x", Tagging="team=red")
    assert code(neighbour.put_object, **where, Body=b"x", Tagging="team=blue") == "AccessDenied"
    assert code(neighbour.put_object, **where, Body=b"x", Tagging="team=red&more=1") == "AccessDenied"
    assert code(neighbour.put_object, **where, Body=b"x") == "AccessDenied"
    neighbour.put_object_tagging(**where, Tagging={"TagSet": [{"Key": "team", "Value": "red"}]})
    blue = {"TagSet": [{"Key": "team", "Value": "blue"}]}
    assert code(neighbour.put_object_tagging, **where, Tagging=blue) == "AccessDenied"
