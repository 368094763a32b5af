"""From method and URI to an operation, and what S3 says when there is none."""

import pytest

from penstock.errors import AwsError
from penstock.wire import Route, WireRequest, codec, load_model


def route(method: str, uri: str, service: str = "s3", **headers: str) -> Route:
    path, _, query = uri.partition("?")
    protocol = {"s3": "rest-xml", "lambda": "rest-json"}[service]
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return codec(load_model(service), protocol).route(WireRequest(method, path, query, sent))


@pytest.mark.parametrize(
    ("method", "uri", "operation"),
    [
        ("GET", "/", "ListBuckets"),
        ("PUT", "/b", "CreateBucket"),
        ("PUT", "/b/", "CreateBucket"),
        ("HEAD", "/b", "HeadBucket"),
        ("GET", "/b", "ListObjects"),
        ("GET", "/b/?prefix=a", "ListObjects"),
        ("GET", "/b?list-type=2", "ListObjectsV2"),
        ("GET", "/b?list-type=2&prefix=p&delimiter=%2F", "ListObjectsV2"),
        ("GET", "/b?versions", "ListObjectVersions"),
        ("GET", "/b?uploads", "ListMultipartUploads"),
        ("GET", "/b?location", "GetBucketLocation"),
        ("GET", "/b?lifecycle", "GetBucketLifecycleConfiguration"),
        ("PUT", "/b?lifecycle", "PutBucketLifecycleConfiguration"),
        ("GET", "/b?notification", "GetBucketNotificationConfiguration"),
        ("PUT", "/b?notification=", "PutBucketNotificationConfiguration"),
        ("GET", "/b?analytics", "ListBucketAnalyticsConfigurations"),
        ("GET", "/b?analytics&id=1", "GetBucketAnalyticsConfiguration"),
        ("POST", "/b?delete", "DeleteObjects"),
        ("PUT", "/b/k", "PutObject"),
        ("PUT", "/b/k?foo", "PutObject"),
        ("PUT", "/b/k?x-id=PutObject", "PutObject"),
        ("PUT", "/b/k?acl", "PutObjectAcl"),
        ("PUT", "/b/k?tagging", "PutObjectTagging"),
        ("PUT", "/b/k?uploadId=1&partNumber=2", "UploadPart"),
        ("GET", "/b/k", "GetObject"),
        ("GET", "/b/k?versionId=v&partNumber=1", "GetObject"),
        ("GET", "/b/k?uploadId=1", "ListParts"),
        ("GET", "/b/k?versionId=v&acl", "GetObjectAcl"),
        ("HEAD", "/b/k", "HeadObject"),
        ("POST", "/b/k?uploads", "CreateMultipartUpload"),
        ("POST", "/b/k?uploadId=1", "CompleteMultipartUpload"),
        ("POST", "/b/k?select&select-type=2", "SelectObjectContent"),
        ("DELETE", "/b/k", "DeleteObject"),
        ("DELETE", "/b/k?uploadId=1", "AbortMultipartUpload"),
        ("DELETE", "/b/k?tagging", "DeleteObjectTagging"),
    ],
)
def test_s3_reads_the_operation_from_the_uri(method: str, uri: str, operation: str) -> None:
    assert route(method, uri).operation.name == operation


def test_a_copy_source_makes_copies_of_puts() -> None:
    assert route("PUT", "/b/k", x_amz_copy_source="b/k").operation.name == "CopyObject"
    part = route("PUT", "/b/k?uploadId=1&partNumber=2", x_amz_copy_source="b/k")
    assert part.operation.name == "UploadPartCopy"


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/b/k", "k"),
        ("/b/dir/", "dir/"),
        ("/b//k", "/k"),
        ("/b//", "/"),
        ("/b/a//b", "a//b"),
        ("/b/../c/./d", "../c/./d"),
        ("/b/a+b", "a+b"),
        ("/b/a%2Bb%20c", "a+b c"),
        ("/b/a%2Fb", "a/b"),
        ("/b/a%252Fb", "a%2Fb"),
        ("/b/%C3%A9", "é"),
        ("/b/\xc3\xa9", "é"),
        ("/b/%zz%", "%zz%"),
        ("/b/%00", "\x00"),
    ],
)
def test_a_key_is_everything_after_the_bucket_decoded_once(path: str, key: str) -> None:
    assert route("PUT", path).labels == {"Bucket": "b", "Key": key}


@pytest.mark.parametrize("uri", ["/b/%ff", "/%ff", "/b/%C3", "/b?prefix=%ff", "//k"])
def test_a_uri_that_is_not_utf8_is_an_invalid_uri(uri: str) -> None:
    with pytest.raises(AwsError) as caught:
        route("GET", uri)
    assert (caught.value.code, caught.value.message) == ("InvalidURI", "Couldn't parse the specified URI.")


@pytest.mark.parametrize(
    ("method", "uri", "resource"),
    [
        ("PATCH", "/b/k", "OBJECT"),
        ("POST", "/b/k", "OBJECT"),
        ("DELETE", "/", "SERVICE"),
        ("DELETE", "/b/k?acl", "OBJECT"),
        ("DELETE", "/b/k?retention", "OBJECT"),
        ("PUT", "/b/k?versioning", "OBJECT"),
        ("PUT", "/b/k?uploads", "OBJECT"),
        ("PUT", "/b?uploads", "BUCKET"),
        ("GET", "/b/k?location", "OBJECT"),
    ],
)
def test_a_method_that_a_resource_does_not_have_is_not_allowed(method: str, uri: str, resource: str) -> None:
    with pytest.raises(AwsError) as caught:
        route(method, uri)
    error = caught.value
    assert (error.code, error.status) == ("MethodNotAllowed", 405)
    assert error.message == "The specified method is not allowed against this resource."
    assert error.fields == {"Method": method, "ResourceType": resource}


@pytest.mark.parametrize(
    ("method", "uri", "message"),
    [
        ("PUT", "/b/k?partNumber=1", "This operation does not accept a query-string."),
        ("PUT", "/b/k?uploadId=1", "This operation does not accept a query-string."),
        ("GET", "/b?list-type=3", "Invalid List Type Specified in Request"),
        ("GET", "/b?acl&policy", "Conflicting query string parameters: acl, policy"),
        ("PUT", "/b?analytics", "The id parameter is required."),
    ],
)
def test_a_query_that_fits_no_operation_is_an_invalid_argument(method: str, uri: str, message: str) -> None:
    with pytest.raises(AwsError) as caught:
        route(method, uri)
    assert (caught.value.code, caught.value.message) == ("InvalidArgument", message)


def test_a_required_header_that_is_missing_is_named_so() -> None:
    with pytest.raises(AwsError) as caught:
        route("GET", "/b/k?attributes")
    assert caught.value.code == "MissingSecurityHeader"


@pytest.mark.parametrize(
    ("method", "uri", "operation"),
    [
        ("POST", "/2015-03-31/functions/f/invocations", "Invoke"),
        ("GET", "/2015-03-31/functions", "ListFunctions"),
        ("GET", "/2015-03-31/functions/", "ListFunctions"),
        ("GET", "/2015-03-31/functions/f", "GetFunction"),
        ("GET", "/2015-03-31/functions/f/configuration", "GetFunctionConfiguration"),
        ("GET", "/2015-03-31/event-source-mappings/", "ListEventSourceMappings"),
        ("GET", "/2015-03-31/event-source-mappings", "ListEventSourceMappings"),
        ("GET", "/2015-03-31/event-source-mappings/u", "GetEventSourceMapping"),
        ("GET", "/2018-10-31/layers?find=LayerVersion&Arn=a", "GetLayerVersionByArn"),
    ],
)
def test_lambda_reads_the_operation_from_the_uri(method: str, uri: str, operation: str) -> None:
    assert route(method, uri, "lambda").operation.name == operation


def test_a_label_may_hold_an_arn() -> None:
    path = "/2017-03-31/tags/arn%3Aaws%3Alambda%3Aeu-west-1%3A1%3Afunction%3Af"
    assert route("GET", path, "lambda").labels == {"Resource": "arn:aws:lambda:eu-west-1:1:function:f"}


def test_what_lambda_does_not_have_is_an_unknown_operation() -> None:
    with pytest.raises(AwsError) as caught:
        route("GET", "/2015-03-31/nothing", "lambda")
    assert (caught.value.code, caught.value.status) == ("UnknownOperationException", 404)


def test_a_form_is_posted_to_a_bucket_and_nowhere_else() -> None:
    assert route("POST", "/bucket").operation.name == "PostObject"
    assert route("POST", "/bucket/").operation.name == "PostObject"
    assert route("POST", "/bucket?delete").operation.name == "DeleteObjects"
    for uri in ("/", "/bucket/key", "/bucket?uploads"):
        with pytest.raises(AwsError) as refused:
            route("POST", uri)
        assert (refused.value.code, refused.value.status) == ("MethodNotAllowed", 405)


@pytest.mark.parametrize("target", ["", "AmazonSQS", "AmazonSQS.", "AmazonSQS.Fly", "SendMessage"])
def test_json_without_a_known_target_is_an_unknown_operation(target: str) -> None:
    with pytest.raises(AwsError) as caught:
        codec(load_model("sqs"), "json").route(WireRequest("POST", "/", "", {"x-amz-target": target}))
    assert caught.value.code == "UnknownOperationException"


def test_query_names_the_action_it_cannot_find() -> None:
    wire = codec(load_model("iam"), "query")
    with pytest.raises(AwsError) as caught:
        wire.route(WireRequest("POST", "/", "", {}, b"Action=Fly&Version=2010-05-08"))
    assert caught.value.message == "Could not find operation Fly for version 2010-05-08"
    with pytest.raises(AwsError, match="MissingAction"):
        wire.route(WireRequest("POST", "/", "", {}, b""))


def test_query_takes_its_parameters_from_the_url_too() -> None:
    wire = codec(load_model("sts"), "query")
    request = WireRequest("GET", "/", "Action=AssumeRole&RoleArn=a+b&RoleSessionName=%C3%A9", {})
    assert wire.parse(wire.route(request), request) == {"RoleArn": "a b", "RoleSessionName": "é"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/service/GraniteServiceVersion20100801/operation/PutMetricData"),
        ("POST", "/service/GraniteServiceVersion20100801/operation/Fly"),
        ("POST", "/operation/PutMetricData"),
        ("POST", "/"),
    ],
)
def test_cbor_needs_a_service_path_and_a_known_operation(method: str, path: str) -> None:
    with pytest.raises(AwsError, match="UnknownOperationException"):
        codec(load_model("cloudwatch"), "smithy-rpc-v2-cbor").route(WireRequest(method, path, "", {}))
