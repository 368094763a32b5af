"""S3's documents, spelt as S3 spells them."""

from typing import Any

import pytest
from wire_samples import botocore_model, read_by_botocore

from penstock.errors import AwsError
from penstock.wire import WireRequest, WireResponse, codec, load_model

S3 = codec(load_model("s3"), "rest-xml")
START = '<?xml version="1.0" encoding="UTF-8"?>\n'
NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'


def parse(method: str, uri: str, body: bytes = b"", **headers: str) -> dict[str, Any]:
    path, _, query = uri.partition("?")
    request = WireRequest(method, path, query, {k.replace("_", "-"): v for k, v in headers.items()}, body)
    return S3.parse(S3.route(request), request)


def answer(operation: str, result: dict[str, Any] | None) -> WireResponse:
    return S3.serialize(load_model("s3").operations[operation], result, "REQ", host_id="HOST")


def text(response: WireResponse) -> str:
    assert isinstance(response.body, bytes)
    return response.body.decode()


@pytest.mark.parametrize(
    ("operation", "root"),
    [
        ("ListBuckets", "ListAllMyBucketsResult"),
        ("ListObjects", "ListBucketResult"),
        ("ListObjectsV2", "ListBucketResult"),
        ("ListObjectVersions", "ListVersionsResult"),
        ("ListParts", "ListPartsResult"),
        ("CreateMultipartUpload", "InitiateMultipartUploadResult"),
        ("CompleteMultipartUpload", "CompleteMultipartUploadResult"),
        ("DeleteObjects", "DeleteResult"),
        ("GetBucketAcl", "AccessControlPolicy"),
        ("GetBucketNotificationConfiguration", "NotificationConfiguration"),
        ("GetBucketVersioning", "VersioningConfiguration"),
        ("GetObjectTagging", "Tagging"),
    ],
)
def test_documents_have_s3s_names_and_namespace(operation: str, root: str) -> None:
    assert text(answer(operation, {})) == f"{START}<{root} {NAMESPACE}></{root}>"


@pytest.mark.parametrize(
    ("operation", "member", "root"),
    [
        ("CopyObject", "CopyObjectResult", "CopyObjectResult"),
        ("UploadPartCopy", "CopyPartResult", "CopyPartResult"),
        ("GetObjectRetention", "Retention", "Retention"),
        ("GetObjectLegalHold", "LegalHold", "LegalHold"),
        ("GetPublicAccessBlock", "PublicAccessBlockConfiguration", "PublicAccessBlockConfiguration"),
        ("GetBucketEncryption", "ServerSideEncryptionConfiguration", "ServerSideEncryptionConfiguration"),
    ],
)
def test_a_payload_is_the_root(operation: str, member: str, root: str) -> None:
    assert text(answer(operation, {member: {}})) == f"{START}<{root} {NAMESPACE}></{root}>"


@pytest.mark.parametrize(("constraint", "inside"), [(None, ""), ("eu-west-1", "eu-west-1")])
def test_a_location_is_a_bare_value(constraint: str | None, inside: str) -> None:
    found = text(answer("GetBucketLocation", {"LocationConstraint": constraint}))
    assert found == f"{START}<LocationConstraint {NAMESPACE}>{inside}</LocationConstraint>"


@pytest.mark.parametrize("operation", ["PutObject", "PutBucketVersioning", "CreateBucket"])
def test_what_has_no_document_has_no_body_and_no_content_type(operation: str) -> None:
    response = answer(operation, {"ETag": '"e"'})
    assert (response.status, response.body) == (200, b"")
    assert b"content-type" not in dict(response.headers)
    assert (b"content-length", b"0") in response.headers


@pytest.mark.parametrize(
    "operation",
    ["DeleteObject", "DeleteBucket", "AbortMultipartUpload", "PutBucketPolicy", "PutBucketTagging"],
)
def test_what_answers_204_has_no_length(operation: str) -> None:
    response = answer(operation, None)
    assert (response.status, response.body) == (204, b"")
    assert response.headers == [
        (b"server", b"AmazonS3"),
        (b"x-amz-request-id", b"REQ"),
        (b"x-amz-id-2", b"HOST"),
    ]


def test_a_key_with_control_characters_becomes_references() -> None:
    found = text(answer("ListObjects", {"Contents": [{"Key": "a\rb\x01\u2028<&>", "Size": 0}]}))
    assert "<Key>a&#13;b&#1;&#8232;&lt;&amp;&gt;</Key><Size>0</Size>" in found


def test_a_pretty_document_is_read_like_a_bare_one() -> None:
    document = b"""<?xml version="1.0"?>
        <CompleteMultipartUpload>
            <Part>
                <ETag>"e"</ETag>
                <PartNumber> 1 </PartNumber>
            </Part>
            <Part><PartNumber>2</PartNumber><ETag>&quot;f&#34;</ETag></Part>
        </CompleteMultipartUpload>"""
    assert parse("POST", "/b/k?uploadId=u", document)["MultipartUpload"] == {
        "Parts": [{"ETag": '"e"', "PartNumber": 1}, {"PartNumber": 2, "ETag": '"f"'}]
    }


def test_a_notification_configuration_is_read_with_its_filter() -> None:
    document = b"""<NotificationConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
      <QueueConfiguration><Id>q</Id><Queue>arn:aws:sqs:eu-west-1:1:q</Queue>
        <Event>s3:ObjectCreated:*</Event><Event>s3:ObjectRemoved:*</Event>
        <Filter><S3Key><FilterRule><Name>prefix</Name><Value>in/</Value></FilterRule></S3Key></Filter>
      </QueueConfiguration><EventBridgeConfiguration/></NotificationConfiguration>"""
    assert parse("PUT", "/b?notification", document)["NotificationConfiguration"] == {
        "QueueConfigurations": [
            {
                "Id": "q",
                "QueueArn": "arn:aws:sqs:eu-west-1:1:q",
                "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"],
                "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "in/"}]}},
            }
        ],
        "EventBridgeConfiguration": {},
    }


def test_a_number_that_is_none_names_the_argument() -> None:
    with pytest.raises(AwsError) as caught:
        parse("GET", "/b?list-type=2&max-keys=many")
    error = caught.value
    assert error.message == "Provided max-keys not an integer or within integer range"
    assert error.fields == {"ArgumentName": "max-keys", "ArgumentValue": "many"}


def test_a_required_document_that_is_missing_is_a_missing_request_body() -> None:
    with pytest.raises(AwsError) as caught:
        parse("PUT", "/b?versioning")
    assert (caught.value.code, caught.value.message) == ("MissingRequestBodyError", "Request Body is empty")
    assert parse("PUT", "/b") == {"Bucket": "b"}


def test_an_error_document_carries_fields_and_ids() -> None:
    error = AwsError("NoSuchBucket", "The specified bucket does not exist", status=404, BucketName="a&b")
    response = S3.serialize_error(None, error, "REQ", host_id="HOST")
    assert response.status == 404
    assert text(response) == (
        f"{START}<Error><Code>NoSuchBucket</Code><Message>The specified bucket does not exist</Message>"
        "<BucketName>a&amp;b</BucketName><RequestId>REQ</RequestId><HostId>HOST</HostId></Error>"
    )
    assert dict(response.headers)[b"x-amz-request-id"] == b"REQ"


def test_the_model_knows_the_status_of_its_own_errors() -> None:
    operation = load_model("s3").operations["CreateBucket"]
    assert S3.serialize_error(operation, AwsError("BucketAlreadyExists"), "REQ").status == 409
    assert S3.serialize_error(None, AwsError("NoSuchKey"), "REQ").status == 404
    assert S3.serialize_error(None, AwsError("Unheard"), "REQ").status == 400


def test_not_modified_has_headers_and_no_body() -> None:
    error = AwsError("NotModified", status=304, headers={"ETag": '"e"'})
    response = S3.serialize_error(None, error, "REQ")
    assert (response.status, response.body) == (304, b"")
    assert (b"etag", b'"e"') in response.headers


def test_botocore_reads_the_owner_of_a_listing() -> None:
    result = {"Contents": [{"Key": "k", "Owner": {"ID": "1"}}], "CommonPrefixes": [{"Prefix": "p/"}]}
    assert read_by_botocore("s3", "ListObjects", answer("ListObjects", result), "rest-xml") == result
    assert botocore_model("s3").protocol == "rest-xml"
