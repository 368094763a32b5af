"""What S3 says of buckets: where they are, how they are named, how they are listed."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.signed import between, refusal, send

from penstock.testing import LocalServer


@pytest.fixture(scope="module")
def s3(server: LocalServer) -> Any:
    client = server.client("s3")
    client.create_bucket(Bucket="home")
    for key in ("a", "b", "c"):
        client.put_object(Bucket="home", Key=key, Body=b"")
    return client


def client_in(server: LocalServer, region: str) -> Any:
    return server.session().client("s3", endpoint_url=server.endpoint, region_name=region)


def failure(call: Any, **params: Any) -> dict[str, Any]:
    """Returns the error answer of a call that must fail."""
    with pytest.raises(ClientError) as raised:
        call(**params)
    found: dict[str, Any] = raised.value.response["Error"]
    return found


def test_a_new_bucket_is_told_by_its_arn(s3: Any) -> None:
    made = s3.create_bucket(Bucket="new-arn")
    assert (made["Location"], made["BucketArn"]) == ("/new-arn", "arn:aws:s3:::new-arn")


def test_head_bucket_has_the_arn_and_a_content_type(s3: Any) -> None:
    head = s3.head_bucket(Bucket="home")
    assert head["BucketArn"] == "arn:aws:s3:::home"
    headers = head["ResponseMetadata"]["HTTPHeaders"]
    assert headers["content-type"] == "application/xml"
    assert headers["x-amz-bucket-arn"] == "arn:aws:s3:::home"


def test_buckets_are_listed_behind_their_owner_with_their_arns(server: LocalServer, s3: Any) -> None:
    text = send(server, "GET", "/").text
    assert 0 < text.index("<Owner>") < text.index("<Buckets>")
    assert "<BucketArn>arn:aws:s3:::home</BucketArn>" in text


@pytest.mark.parametrize("style", ["path", "virtual"])
def test_the_location_of_a_bucket_elsewhere_is_its_address(server: LocalServer, s3: Any, style: str) -> None:
    region, name = "us-west-2", f"west-{style}"
    document = (
        b"<CreateBucketConfiguration><LocationConstraint>us-west-2</LocationConstraint>"
        b"</CreateBucketConfiguration>"
    )
    port = server.endpoint.rpartition(":")[2]
    host = f"localhost:{port}" if style == "path" else f"{name}.localhost:{port}"
    path = f"/{name}" if style == "path" else "/"
    answer = send(server, "PUT", path, document, region=region, Host=host)
    assert answer.status_code == 200, answer.text
    assert answer.headers["location"] == f"http://{name}.localhost:{port}/"


def test_outside_us_east_1_another_constraint_is_incompatible(server: LocalServer, s3: Any) -> None:
    west = client_in(server, "us-west-2")
    for constraint in ("bar", "us-east-1", "eu-west-1"):
        wrong = {"LocationConstraint": constraint}
        error = failure(west.create_bucket, Bucket="elsewhere", CreateBucketConfiguration=wrong)
        assert error["Code"] == "IllegalLocationConstraintException"
        assert error["Message"] == (
            f"The {constraint} location constraint is incompatible for the region specific endpoint "
            "this request was sent to."
        )
    error = failure(
        s3.create_bucket, Bucket="elsewhere", CreateBucketConfiguration={"LocationConstraint": "bar"}
    )
    assert error["Code"] == "InvalidLocationConstraint"


def test_a_bucket_made_in_eu_says_so(server: LocalServer, s3: Any) -> None:
    s3.create_bucket(Bucket="from-eu", CreateBucketConfiguration={"LocationConstraint": "EU"})
    assert s3.get_bucket_location(Bucket="from-eu")["LocationConstraint"] == "EU"
    assert s3.head_bucket(Bucket="from-eu")["BucketRegion"] == "eu-west-1"
    s3.create_bucket(Bucket="from-ireland", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    assert s3.get_bucket_location(Bucket="from-ireland")["LocationConstraint"] == "eu-west-1"


def test_a_bucket_of_a_former_name_from_eu_says_no_more_than_its_region(s3: Any) -> None:
    s3.create_bucket(Bucket="again", CreateBucketConfiguration={"LocationConstraint": "EU"})
    s3.delete_bucket(Bucket="again")
    s3.create_bucket(Bucket="again", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    assert s3.get_bucket_location(Bucket="again")["LocationConstraint"] == "eu-west-1"


def test_us_east_1_is_an_element_without_text(server: LocalServer, s3: Any) -> None:
    text = send(server, "GET", "/home?location").text
    namespace = "http://s3.amazonaws.com/doc/2006-03-01/"
    assert text.endswith(f'<LocationConstraint xmlns="{namespace}"></LocationConstraint>')


@pytest.mark.parametrize("region", ["eu-east-1", "", "\x7f"])
def test_a_region_that_is_none_lists_no_buckets(server: LocalServer, s3: Any, region: str) -> None:
    path = f"/?bucket-region={region}" if region != "\x7f" else "/?bucket-region=%7F"
    answer = send(server, "GET", path)
    assert refusal(answer)[:2] == (400, "InvalidArgument")
    assert between(answer.text, "Message").endswith("is not a valid AWS Region")
    assert between(answer.text, "ArgumentName") == "bucket-region"


def test_the_error_of_a_region_names_it(s3: Any) -> None:
    error = failure(s3.list_buckets, BucketRegion="eu-east-1")
    assert error["Message"] == "Argument value eu-east-1 is not a valid AWS Region"
    assert s3.list_buckets(BucketRegion="ap-south-2").get("Buckets", []) == []
    assert "home" in [bucket["Name"] for bucket in s3.list_buckets(BucketRegion="us-east-1")["Buckets"]]


def test_an_empty_token_lists_buckets_from_the_beginning(server: LocalServer, s3: Any) -> None:
    answer = send(server, "GET", "/?continuation-token=&max-buckets=1")
    assert (answer.status_code, answer.text.count("<Bucket>")) == (200, 1)


def test_ones_own_bucket_is_made_again_only_as_it_is(s3: Any) -> None:
    tags = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    s3.create_bucket(Bucket="tagged", CreateBucketConfiguration={"Tags": tags})
    s3.create_bucket(Bucket="tagged")
    s3.create_bucket(Bucket="tagged", CreateBucketConfiguration={"Tags": tags[::-1]})
    for other in ([{"Key": "a", "Value": "1"}], [{"Key": "c", "Value": "3"}]):
        error = failure(s3.create_bucket, Bucket="tagged", CreateBucketConfiguration={"Tags": other})
        assert (error["Code"], error["BucketName"]) == ("BucketAlreadyOwnedByYou", "tagged")
    assert s3.get_bucket_tagging(Bucket="tagged")["TagSet"] == tags


def test_a_new_bucket_has_no_system_tags(s3: Any) -> None:
    system = [{"Key": "aws:a", "Value": "1"}]
    error = failure(s3.create_bucket, Bucket="system", CreateBucketConfiguration={"Tags": system})
    assert error["Code"] == "InvalidTag"
    assert error["Message"].startswith('User-defined tag keys can\'t start with "aws:"')
    error = failure(s3.put_bucket_tagging, Bucket="home", Tagging={"TagSet": system})
    assert error["Message"] == "System tags cannot be added/updated by requester"


@pytest.mark.parametrize("version", ["", "list-type=2&"])
def test_a_listing_says_where_the_bucket_is(server: LocalServer, s3: Any, version: str) -> None:
    answer = send(server, "GET", f"/home?{version}max-keys=1")
    assert answer.headers["x-amz-bucket-region"] == "us-east-1"


@pytest.mark.parametrize("what", ["", "list-type=2&", "versions&", "uploads&"])
@pytest.mark.parametrize("encoding", ["", "URL", "base64"])
def test_an_encoding_other_than_url_is_refused(
    server: LocalServer, s3: Any, what: str, encoding: str
) -> None:
    answer = send(server, "GET", f"/home?{what}encoding-type={encoding}")
    message = "Invalid Encoding Method specified in Request"
    assert refusal(answer) == (400, "InvalidArgument", message)
    assert between(answer.text, "ArgumentName") == "encoding-type"
    assert f"<ArgumentValue>{encoding}</ArgumentValue>" in answer.text


def test_where_to_start_is_not_repeated_once_there_is_a_token(s3: Any) -> None:
    first = s3.list_objects_v2(Bucket="home", StartAfter="a", MaxKeys=1)
    assert first["StartAfter"] == "a"
    token = first["NextContinuationToken"]
    rest = s3.list_objects_v2(Bucket="home", StartAfter="a", ContinuationToken=token)
    assert "StartAfter" not in rest
    assert [found["Key"] for found in rest["Contents"]] == ["c"]


def test_the_error_of_an_empty_token_shows_no_value(server: LocalServer, s3: Any) -> None:
    answer = send(server, "GET", "/home?list-type=2&continuation-token=")
    message = "The continuation token provided is incorrect"
    assert refusal(answer) == (400, "InvalidArgument", message)
    assert between(answer.text, "ArgumentName") == "continuation-token"
    assert "ArgumentValue" not in answer.text
    answer = send(server, "GET", "/home?list-type=2&continuation-token=x")
    assert between(answer.text, "ArgumentValue") == "x"
