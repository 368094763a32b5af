"""Valid requests of every service, from which the malformed ones are made."""

import json
from base64 import b64encode
from typing import Any
from urllib.parse import urlencode

from fuzz_wire import Request

ACCOUNT = "000000000000"
BUCKET = "fuzz-bucket"
QUEUE_URL = f"http://127.0.0.1/{ACCOUNT}/fuzz-queue"
_ROLE = f"arn:aws:iam::{ACCOUNT}:role/fuzz"
_FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:fuzz"
_POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["s3:Get*"],
                "Resource": "*",
                "Condition": {
                    "StringLike": {"aws:SourceArn": ["a*"]},
                    "Bool": {"aws:SecureTransport": "false"},
                },
            }
        ],
    }
)
_BUCKET_POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": f"arn:aws:s3:::{BUCKET}/*",
        },
    }
)


UPLOAD_ID = "UPLOAD-ID"
"""Stands for an upload that is under way, in queries."""

_UNSIGNED, _SIGNED = "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"


def seeds() -> list[Request]:
    """Returns at least one request for every way in."""
    return [*_s3_objects(), *_s3_settings(), *_sqs(), *_lambda(), *_iam(), *_sts(), *_logs()]


def _s3(method: str, path: str = "", query: str = "", body: str = "", **headers: str) -> Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request("s3", method, f"/{BUCKET}{path}", query, named, body.encode())


def _s3_objects() -> list[Request]:
    part = "<Part><PartNumber>1</PartNumber><ETag>a</ETag></Part>"
    complete = f"<CompleteMultipartUpload>{part}</CompleteMultipartUpload>"
    delete = "<Delete><Object><Key>a</Key><VersionId>null</VersionId></Object><Quiet>true</Quiet></Delete>"
    aws_chunked = {"content_encoding": "aws-chunked", "x_amz_decoded_content_length": "5"}
    trailed = "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n"
    chunked = "5;chunk-signature=" + "0" * 64 + "\r\nhello\r\n0;chunk-signature=" + "0" * 64 + "\r\n\r\n"
    part_head = "--x\r\nContent-Disposition: form-data; name="
    form = f'{part_head}"key"\r\n\r\nf\r\n{part_head}"file"; filename="a"\r\n\r\nhello\r\n--x--\r\n'
    return [
        _s3("POST", "", "", form, content_type="multipart/form-data; boundary=x"),
        _s3("OPTIONS", "/a", "", origin="http://a", access_control_request_method="PUT"),
        _s3("GET", "/a", "", origin="http://a"),
        _s3("PUT", "/a/b%20c%2B%C3%A9.txt", "", "hello", content_type="text/plain", x_amz_meta_note="x"),
        _s3("PUT", "/tagged", "", "hello", x_amz_tagging="a=b&c=d", x_amz_checksum_crc32="NhCmhg=="),
        _s3(
            "PUT", "/md5", "", "hello", content_md5="XUFAKrxLKna5cZ2REBfFkg==", x_amz_storage_class="STANDARD"
        ),
        _s3(
            "PUT",
            "/copy",
            "",
            "",
            x_amz_copy_source=f"/{BUCKET}/a",
            x_amz_metadata_directive="COPY",
        ),
        _s3("PUT", "/c", "", chunked, **aws_chunked),
        _s3(
            "PUT",
            "/d",
            "",
            trailed,
            x_amz_trailer="x-amz-checksum-crc32",
            x_amz_content_sha256=_UNSIGNED,
            **aws_chunked,
        ),
        _s3("PUT", "/e", "", chunked, x_amz_content_sha256=_SIGNED, **aws_chunked),
        _s3("PUT", "/multi", "partNumber=1&uploadId=UPLOAD-ID", "hello"),
        _s3(
            "GET",
            "/a",
            "versionId=null&response-content-type=text%2Fplain",
            range="bytes=0-3",
            if_match='"x"',
        ),
        _s3("GET", "/a", "", "", if_modified_since="Wed, 21 Oct 2015 07:28:00 GMT", if_none_match="*"),
        _s3("GET", "/a", "attributes=", "", x_amz_object_attributes="ETag,ObjectSize", x_amz_max_parts="1"),
        _s3("GET", "/a", "tagging="),
        _s3("HEAD", "/a", "partNumber=1"),
        _s3("DELETE", "/a", "versionId=null"),
        _s3("POST", "", "delete=", delete, content_type="application/xml", content_md5="right"),
        _s3("POST", "/multi", "uploads=", "", x_amz_checksum_algorithm="CRC32"),
        _s3("POST", "/multi", "uploadId=UPLOAD-ID", complete),
        _s3("GET", "/multi", "uploadId=UPLOAD-ID&max-parts=2&part-number-marker=1"),
        _s3("DELETE", "/multi", "uploadId=UPLOAD-ID"),
        _s3(
            "GET",
            "",
            "list-type=2&prefix=a&delimiter=%2F&max-keys=3&encoding-type=url&start-after=a&fetch-owner=true",
        ),
        _s3("GET", "", "list-type=2&continuation-token=abc"),
        _s3("GET", "", "prefix=a&marker=b&max-keys=1000"),
        _s3("GET", "", "versions=&key-marker=a&version-id-marker=null&max-keys=2"),
        _s3("GET", "", "uploads=&max-uploads=3&key-marker=a"),
        _s3(
            "PUT",
            "/a",
            "tagging=",
            "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>",
        ),
    ]


def _s3_settings() -> list[Request]:
    rule = (
        "<NotificationConfiguration><QueueConfiguration><Id>x</Id>"
        f"<Queue>arn:aws:sqs:us-east-1:{ACCOUNT}:fuzz-queue</Queue><Event>s3:ObjectCreated:*</Event><Filter><S3Key>"
        "<FilterRule><Name>prefix</Name><Value>a/</Value></FilterRule></S3Key></Filter></QueueConfiguration>"
        "</NotificationConfiguration>"
    )
    versioning = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
    region = "<LocationConstraint>eu-west-1</LocationConstraint>"
    location = f"<CreateBucketConfiguration>{region}</CreateBucketConfiguration>"
    cors = (
        "<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin>"
        "<MaxAgeSeconds>5</MaxAgeSeconds></CORSRule></CORSConfiguration>"
    )
    lifecycle = (
        "<LifecycleConfiguration><Rule><ID>x</ID><Filter><Prefix>a</Prefix></Filter><Status>Enabled</Status>"
        "<Expiration><Days>3</Days></Expiration></Rule></LifecycleConfiguration>"
    )
    tags = "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>"
    return [
        Request("s3", "GET", "/"),
        Request("s3", "PUT", "/fuzz-another", body=location.encode()),
        Request("s3", "HEAD", f"/{BUCKET}"),
        _s3("PUT", "", "notification=", rule),
        _s3("GET", "", "notification="),
        _s3("PUT", "", "versioning=", versioning),
        _s3("PUT", "", "policy=", _BUCKET_POLICY),
        _s3("GET", "", "policy="),
        _s3("PUT", "", "cors=", cors),
        _s3("PUT", "", "lifecycle=", lifecycle),
        _s3("PUT", "", "tagging=", tags),
        _s3("GET", "", "location="),
        _s3("GET", "", "acl="),
        _s3("DELETE", "/"),
    ]


def _json(service: str, target: str, version: str, **params: Any) -> Request:
    headers = {"x-amz-target": target, "content-type": f"application/x-amz-json-{version}"}
    return Request(service, "POST", "/", "", headers, json.dumps(params).encode())


def _form(service: str, action: str, version: str, **params: Any) -> Request:
    fields = {
        "Action": action,
        "Version": version,
        **{name.replace("_", "."): value for name, value in params.items()},
    }
    headers = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    return Request(service, "POST", "/", "", headers, urlencode(fields).encode())


def _sqs() -> list[Request]:
    attribute = {
        "a": {"DataType": "String", "StringValue": "b"},
        "n": {"DataType": "Number.int", "StringValue": "1"},
    }
    binary = {"b": {"DataType": "Binary", "BinaryValue": "AAEC"}}
    entry = {"Id": "1", "MessageBody": "x", "DelaySeconds": 0, "MessageAttributes": binary}
    calls: list[tuple[str, dict[str, Any]]] = [
        (
            "CreateQueue",
            {"QueueName": "fuzz-new", "Attributes": {"VisibilityTimeout": "30"}, "tags": {"a": "b"}},
        ),
        ("SendMessage", {"MessageBody": "hällo", "MessageAttributes": attribute, "DelaySeconds": 0}),
        ("SendMessageBatch", {"Entries": [entry]}),
        ("ReceiveMessage", {"MaxNumberOfMessages": 10, "VisibilityTimeout": 0, "AttributeNames": ["All"]}),
        ("DeleteMessage", {"ReceiptHandle": "abc"}),
        ("DeleteMessageBatch", {"Entries": [{"Id": "1", "ReceiptHandle": "abc"}]}),
        ("ChangeMessageVisibility", {"ReceiptHandle": "abc", "VisibilityTimeout": 0}),
        (
            "SetQueueAttributes",
            {"Attributes": {"RedrivePolicy": '{"deadLetterTargetArn":"x","maxReceiveCount":"3"}'}},
        ),
        ("SetQueueAttributes", {"Attributes": {"Policy": _POLICY, "DelaySeconds": "0"}}),
        ("GetQueueAttributes", {"AttributeNames": ["All"]}),
        ("GetQueueUrl", {"QueueName": "fuzz-queue", "QueueOwnerAWSAccountId": ACCOUNT}),
        ("ListQueues", {"QueueNamePrefix": "f", "MaxResults": 5, "NextToken": "abc"}),
        ("TagQueue", {"Tags": {"a": "b"}}),
        ("ListDeadLetterSourceQueues", {}),
    ]
    by_json = [
        _json("sqs", f"AmazonSQS.{name}", "1.0", QueueUrl=QUEUE_URL, **params) for name, params in calls
    ]
    by_form = [
        _form("sqs", "SendMessage", "2012-11-05", QueueUrl=QUEUE_URL, MessageBody="x", DelaySeconds="0"),
        _form(
            "sqs",
            "ReceiveMessage",
            "2012-11-05",
            QueueUrl=QUEUE_URL,
            AttributeName_1="All",
            VisibilityTimeout="0",
        ),
        _form(
            "sqs",
            "CreateQueue",
            "2012-11-05",
            QueueName="q",
            Attribute_1_Name="DelaySeconds",
            Attribute_1_Value="0",
        ),
        _form("sqs", "ListQueues", "2012-11-05", QueueNamePrefix="f"),
    ]
    return by_json + by_form


def _rest(method: str, path: str, query: str = "", **params: Any) -> Request:
    headers = {"content-type": "application/json"} if params else {}
    return Request("lambda", method, path, query, headers, json.dumps(params).encode() if params else b"")


def _lambda() -> list[Request]:
    functions = "/2015-03-31/functions"
    code = b64encode(b"PK\x05\x06" + bytes(18)).decode()
    return [
        _rest(
            "POST",
            functions,
            FunctionName="fuzz-new",
            Runtime="python3.11",
            Role=_ROLE,
            Handler="a.b",
            Code={"ZipFile": code},
            Timeout=3,
            MemorySize=128,
            Environment={"Variables": {"KEY": "b"}},
            DeadLetterConfig={"TargetArn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:fuzz-queue"},
        ),
        _rest("GET", f"{functions}/", "MaxItems=3&Marker=abc"),
        _rest("GET", f"{functions}/fuzz", "Qualifier=1"),
        _rest("GET", f"{functions}/{_FUNCTION}/configuration"),
        _rest("PUT", f"{functions}/fuzz/configuration", Timeout=5, Description="x"),
        _rest("PUT", f"{functions}/fuzz/code", ZipFile=code, DryRun=True),
        Request(
            "lambda", "POST", f"{functions}/fuzz/invocations", "", {"x-amz-invocation-type": "DryRun"}, b"{}"
        ),
        Request(
            "lambda",
            "POST",
            f"{functions}/fuzz/invocations",
            "",
            {"x-amz-client-context": "e30="},
            b'{"a": 1}',
        ),
        _rest(
            "POST",
            f"{functions}/fuzz/policy",
            StatementId="s",
            Action="lambda:InvokeFunction",
            Principal="s3.amazonaws.com",
            SourceArn=f"arn:aws:s3:::{BUCKET}",
        ),
        _rest("GET", f"{functions}/fuzz/policy"),
        _rest("DELETE", f"{functions}/fuzz/policy/s"),
        _rest(
            "POST",
            "/2015-03-31/event-source-mappings/",
            EventSourceArn=f"arn:aws:sqs:us-east-1:{ACCOUNT}:fuzz-queue",
            FunctionName="fuzz",
            BatchSize=10,
            Enabled=False,
        ),
        _rest("GET", "/2015-03-31/event-source-mappings/", "FunctionName=fuzz&MaxItems=1"),
        _rest(
            "PUT",
            "/2019-09-25/functions/fuzz/event-invoke-config",
            MaximumRetryAttempts=1,
            MaximumEventAgeInSeconds=60,
        ),
        _rest("PUT", "/2017-10-31/functions/fuzz/concurrency", ReservedConcurrentExecutions=1),
    ]


def _iam() -> list[Request]:
    version = "2010-05-08"
    calls: list[tuple[str, dict[str, str]]] = [
        (
            "CreateRole",
            {
                "RoleName": "fuzz",
                "AssumeRolePolicyDocument": _POLICY,
                "Path": "/a/",
                "MaxSessionDuration": "3600",
            },
        ),
        ("PutRolePolicy", {"RoleName": "fuzz", "PolicyName": "p", "PolicyDocument": _POLICY}),
        (
            "CreatePolicy",
            {
                "PolicyName": "p",
                "PolicyDocument": _POLICY,
                "Tags_member_1_Key": "k",
                "Tags_member_1_Value": "v",
            },
        ),
        ("CreateUser", {"UserName": "fuzz", "Path": "/"}),
        ("CreateAccessKey", {"UserName": "fuzz"}),
        ("PutUserPolicy", {"UserName": "fuzz", "PolicyName": "p", "PolicyDocument": _POLICY}),
        ("AttachRolePolicy", {"RoleName": "fuzz", "PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/p"}),
        ("ListRoles", {"PathPrefix": "/", "MaxItems": "2", "Marker": "abc"}),
        ("GetRole", {"RoleName": "fuzz"}),
    ]
    return [_form("iam", name, version, **params) for name, params in calls]


def _sts() -> list[Request]:
    version = "2011-06-15"
    return [
        _form("sts", "GetCallerIdentity", version),
        _form(
            "sts",
            "AssumeRole",
            version,
            RoleArn=_ROLE,
            RoleSessionName="s",
            DurationSeconds="900",
            Policy=_POLICY,
        ),
        _form("sts", "GetSessionToken", version, DurationSeconds="900"),
        Request("sts", "GET", "/", f"Action=GetCallerIdentity&Version={version}"),
    ]


def _logs() -> list[Request]:
    group = {"logGroupName": "/aws/lambda/fuzz"}
    events = [{"timestamp": 1_700_000_000_000, "message": "hällo"}]
    calls: list[tuple[str, dict[str, Any]]] = [
        ("CreateLogGroup", {**group, "tags": {"a": "b"}}),
        ("CreateLogStream", {**group, "logStreamName": "s"}),
        ("PutLogEvents", {**group, "logStreamName": "s", "logEvents": events}),
        ("GetLogEvents", {**group, "logStreamName": "s", "startTime": 0, "limit": 10, "startFromHead": True}),
        ("FilterLogEvents", {**group, "filterPattern": '{ $.a = "b" }', "limit": 5, "nextToken": "abc"}),
        ("DescribeLogGroups", {"logGroupNamePrefix": "/aws", "limit": 3}),
        ("DescribeLogStreams", {**group, "orderBy": "LastEventTime", "descending": True}),
        ("PutRetentionPolicy", {**group, "retentionInDays": 7}),
    ]
    return [_json("logs", f"Logs_20140328.{name}", "1.1", **params) for name, params in calls]
