"""Makes ``data.tar.gz`` beside it: a data directory as release 0.1.0 writes it, with some of everything.

It was run once, by the code of that release; later code is tested on what it left. Run it again only to begin a ``v2``:

    python -m tests.stores.data.v1.make
"""

import io
import json
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from penstock.testing import LocalServer

HERE = Path(__file__).parent
ARCHIVE = HERE / "data.tar.gz"

BEGUN_MS = 1_795_000_000_000
"""The server's time when the writing began; it took seven minutes of it."""

LARGE = bytes(range(256)) * 512
PART = bytes(reversed(range(256))) * 400
HANDLER = """
def handler(event, context):
    if event.get("fail"):
        raise ValueError("asked to fail")
    print("seen", event)
"""
_NOT_KEPT = {"lock", "endpoint", "unpacked"}


def document(**statement: Any) -> str:
    """Returns a policy document with one statement that allows."""
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


def make(server: LocalServer) -> None:
    """Writes some of everything."""
    inbox = make_queues(server)
    make_objects(server, inbox)
    make_function(server)
    make_deliveries(server)


def make_queues(server: LocalServer) -> str:
    """Returns the ARN of the queue ``inbox``, which S3 may send to; one message is sent, one received."""
    sqs = server.client("sqs")
    allow = document(Principal="*", Action="sqs:SendMessage", Resource="*")
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    dead_arn = arn_of(sqs, dead)
    redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 5})
    url = sqs.create_queue(
        QueueName="inbox", Attributes={"Policy": allow, "RedrivePolicy": redrive}, tags={"team": "tides"}
    )["QueueUrl"]
    colour = {"colour": {"DataType": "String", "StringValue": "blue"}}
    sqs.send_message(QueueUrl=url, MessageBody="in flight", MessageAttributes=colour)
    sqs.receive_message(QueueUrl=url, VisibilityTimeout=43_200)
    sqs.send_message(QueueUrl=url, MessageBody="waiting é", MessageAttributes=colour)
    sqs.create_queue(QueueName="work", Attributes={"VisibilityTimeout": "60"})
    return arn_of(sqs, url)


def arn_of(sqs: Any, url: str) -> str:
    """Returns the ARN of the queue at ``url``."""
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return str(found["Attributes"]["QueueArn"])


def make_objects(server: LocalServer, inbox: str) -> None:
    """Fills a bucket with rules, one with versions, and begins an upload."""
    s3 = server.client("s3")
    s3.create_bucket(Bucket="plain")
    rule = {"Id": "arrivals", "QueueArn": inbox, "Events": ["s3:ObjectCreated:*"]}
    rule["Filter"] = {"Key": {"FilterRules": [{"Name": "prefix", "Value": "in/"}]}}
    s3.put_bucket_notification_configuration(
        Bucket="plain", NotificationConfiguration={"QueueConfigurations": [rule]}
    )
    s3.put_bucket_policy(
        Bucket="plain",
        Policy=document(
            Principal={"AWS": "arn:aws:iam::000000000000:root"},
            Action="s3:GetObject",
            Resource="arn:aws:s3:::plain/*",
        ),
    )
    s3.put_object(Bucket="plain", Key="in/small é.txt", Body=b"small", Metadata={"origin": "v1"})
    s3.put_object(Bucket="plain", Key="in/large.bin", Body=LARGE, Tagging="kind=large")
    s3.copy_object(Bucket="plain", Key="copy.bin", CopySource="plain/in/large.bin")
    s3.create_bucket(Bucket="versions")
    s3.put_bucket_versioning(Bucket="versions", VersioningConfiguration={"Status": "Enabled"})
    for body in (b"one", b"two", LARGE):
        s3.put_object(Bucket="versions", Key="k", Body=body)
    s3.put_object(Bucket="versions", Key="gone", Body=b"x")
    s3.delete_object(Bucket="versions", Key="gone")
    upload = s3.create_multipart_upload(Bucket="plain", Key="under way")["UploadId"]
    s3.upload_part(Bucket="plain", Key="under way", UploadId=upload, PartNumber=1, Body=PART)


def make_function(server: LocalServer) -> None:
    """Makes a role, a function and a mapping from the queue ``work``, which has run once."""
    iam, functions, sqs = (server.client(name) for name in ("iam", "lambda", "sqs"))
    trust = document(Principal={"Service": "lambda.amazonaws.com"}, Action="sts:AssumeRole")
    role = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=trust, Path="/tides/")["Role"]["Arn"]
    may = document(Action=["sqs:*", "logs:*", "s3:*"], Resource="*")
    iam.put_role_policy(RoleName="worker", PolicyName="may", PolicyDocument=may)
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("app.py", HANDLER)
    functions.create_function(
        FunctionName="watch", Runtime="python3.11", Handler="app.handler", Role=role, Timeout=30,
        Code={"ZipFile": code.getvalue()}, Environment={"Variables": {"MODE": "v1"}},
    )  # fmt: skip
    functions.add_permission(
        FunctionName="watch", StatementId="s3", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com"
    )
    work = sqs.get_queue_url(QueueName="work")["QueueUrl"]
    functions.create_event_source_mapping(FunctionName="watch", EventSourceArn=arn_of(sqs, work), BatchSize=3)
    sqs.send_message(QueueUrl=work, MessageBody="for the mapping")
    server.settle()


def make_deliveries(server: LocalServer) -> None:
    """Leaves an event that a function did, a delivery that is dead, and one whose second try comes in a minute."""
    s3, functions = server.client("s3"), server.client("lambda")
    watch = functions.get_function(FunctionName="watch")["Configuration"]["FunctionArn"]
    s3.create_bucket(Bucket="watched")
    rule = {"Id": "watch", "LambdaFunctionArn": watch, "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(
        Bucket="watched", NotificationConfiguration={"LambdaFunctionConfigurations": [rule]}
    )
    s3.put_object(Bucket="watched", Key="done", Body=b"1")
    functions.invoke(FunctionName="watch", InvocationType="Event", Payload=b'{"fail": "dies"}')
    for seconds in (0, 60, 120, 240):
        server.advance(seconds)
        server.settle()
    functions.invoke(FunctionName="watch", InvocationType="Event", Payload=b'{"fail": "comes again"}')
    server.settle()


def main() -> None:
    """Writes the archive."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        server = LocalServer(data=data)
        server.clock.freeze(BEGUN_MS)
        with server:
            make(server)
        with tarfile.open(ARCHIVE, "w:gz") as archive:
            archive.add(data, ".", filter=lambda entry: None if Path(entry.name).name in _NOT_KEPT else entry)


if __name__ == "__main__":
    main()
