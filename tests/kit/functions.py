"""What tests of functions need: roles, zips, and short ways to make and run a function."""

import base64
import contextlib
import io
import json
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

from penstock.testing import LocalServer

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}
LOGS = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")
SQS = ("sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")


def running(argument: str) -> bool:
    """Returns whether a process runs that was started with this argument."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it has gone
            if argument.encode() in path.read_bytes().split(b"\0"):
                return True
    return False


@cache
def client(server: LocalServer, service: str) -> Any:
    """Returns a client signed as root; made once for a server, because making one takes longer than most tests."""
    return server.client(service)


def zip_of(source: str, **files: str) -> bytes:
    """Returns a zip with ``source`` as app.py, and ``files`` by module name."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", source)
        for name, text in files.items():
            archive.writestr(f"{name}.py", text)
    return buffer.getvalue()


def make_role(server: LocalServer, name: str, *actions: str, trust: dict[str, Any] = TRUST) -> str:
    """Returns the ARN of a new role that may do ``actions`` on everything."""
    iam = client(server, "iam")
    arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    if actions:
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_role_policy(RoleName=name, PolicyName="may", PolicyDocument=document)
    return arn


def make_function(server: LocalServer, name: str, source: str, **settings: Any) -> dict[str, Any]:
    """Returns the new function ``name``; it has a role of its own that may write logs, unless ``Role`` is given."""
    if "Role" not in settings:
        settings["Role"] = make_role(server, f"{name}-role", *LOGS, *settings.pop("may", ()))
    parameters = {"Runtime": "python3.11", "Handler": "app.handler", "Code": {"ZipFile": zip_of(source)}}
    made: dict[str, Any] = client(server, "lambda").create_function(
        FunctionName=name, **{**parameters, **settings}
    )
    arrive(server)
    return made


def arrive(server: LocalServer) -> None:
    """Returns when every function is active and every mapping enabled that is on its way there."""
    server.wait(server.app.service("lambda").state.transitions.finish())


def let_s3_invoke(server: LocalServer, name: str, **condition: str) -> None:
    """Allows S3 to invoke the function, under ``SourceArn`` and ``SourceAccount`` when they are given."""
    client(server, "lambda").add_permission(
        FunctionName=name,
        StatementId="s3",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
        **condition,
    )


def open_to_all(server: LocalServer, name: str) -> None:
    """Lets everybody call the function's URL."""
    for statement in (
        {"Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "NONE", "StatementId": "url"},
        {"Action": "lambda:InvokeFunction", "InvokedViaFunctionUrl": True, "StatementId": "invoke"},
    ):
        client(server, "lambda").add_permission(FunctionName=name, Principal="*", **statement)


def run(server: LocalServer, name: str, event: object = None, **options: Any) -> dict[str, Any]:
    """Returns Invoke's answer with ``Payload`` parsed and ``LogResult`` as text."""
    answer: dict[str, Any] = client(server, "lambda").invoke(
        FunctionName=name, Payload=json.dumps(event).encode(), LogType="Tail", **options
    )
    text = answer["Payload"].read()
    answer["Payload"] = json.loads(text) if text else None
    answer["LogResult"] = base64.b64decode(answer["LogResult"]).decode()
    return answer


def make_queue(server: LocalServer, name: str, **attributes: str) -> tuple[str, str]:
    """Returns URL and ARN of a new queue."""
    sqs = client(server, "sqs")
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return url, found["Attributes"]["QueueArn"]


def receive(server: LocalServer, url: str) -> list[dict[str, Any]]:
    """Returns what is in the queue, and takes it out."""
    sqs = client(server, "sqs")
    found = []
    while messages := sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], AttributeNames=["All"]
    ).get("Messages"):
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        found += messages
    return found
