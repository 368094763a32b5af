"""The resources that every server under load gets, through boto3: a bucket whose new objects go to a queue."""

import io
import json
import time
import zipfile
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config

from bench.servers import Server
from bench.signing import ACCESS_KEY, ACCOUNT, REGION, SECRET_KEY

_CONFIG = Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}, read_timeout=60)


def client(server: Server, service: str) -> Any:
    """Returns a boto3 client that speaks to ``server`` only."""
    return boto3.client(
        service,
        endpoint_url=server.endpoint,
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        config=_CONFIG,
    )


@dataclass(frozen=True)
class Watched:
    """A bucket and the queue that its events go to."""

    server: Server
    bucket: str
    queue_url: str

    def depth(self) -> int:
        """Returns how many messages the queue holds."""
        attributes = client(self.server, "sqs").get_queue_attributes(
            QueueUrl=self.queue_url, AttributeNames=["ApproximateNumberOfMessages"]
        )
        return int(attributes["Attributes"]["ApproximateNumberOfMessages"])

    def wait_for_depth(self, messages: int, timeout_s: float) -> int:
        """Returns the depth once it is ``messages`` or more, or at the end of the time."""
        deadline = time.perf_counter() + timeout_s
        while (depth := self.depth()) < messages and time.perf_counter() < deadline:
            time.sleep(0.1)
        return depth


def make_function(server: Server, name: str, source: str, *actions: str) -> str:
    """Returns the ARN of a new function, active; its role, which has its name, may do the ``actions``."""
    iam, functions = client(server, "iam"), client(server, "lambda")
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_document(trust))["Role"]["Arn"]
    may = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    iam.put_role_policy(RoleName=name, PolicyName="may", PolicyDocument=_document(may))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr("bench_handler.py", source)
    arn: str = functions.create_function(
        FunctionName=name,
        Runtime="python3.11",
        Handler="bench_handler.handler",
        Role=role,
        Code={"ZipFile": archive.getvalue()},
    )["FunctionArn"]
    functions.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
    return arn


def watched_bucket(server: Server, name: str) -> Watched:
    """Makes the bucket, the queue, the queue's policy and the notification rule."""
    s3, sqs = client(server, "s3"), client(server, "sqs")
    s3.create_bucket(Bucket=name)
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
    url = sqs.create_queue(QueueName=name, Attributes={"Policy": _policy(arn, name)})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": _policy(arn, name)})
    rule = {"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(
        Bucket=name, NotificationConfiguration={"QueueConfigurations": [rule]}
    )
    return Watched(server, name, url)


def _policy(queue_arn: str, bucket: str) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{bucket}"}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
