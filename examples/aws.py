"""What the examples make again and again: roles, functions, rules. ``client`` makes clients, as boto3.client does."""

import io
import json
import zipfile
from importlib.metadata import distribution
from pathlib import Path

LOGS = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"


def package(source, *libraries, beside=()):
    """Returns a zip of one file of source, with those ``beside`` it and the ``libraries`` that are installed here."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in (source, *beside):
            archive.write(path, Path(path).name)
        for library in libraries:
            for file in distribution(library).files:
                if file.suffix != ".pyc" and ".." not in file.parts:
                    archive.write(file.locate(), str(file))
    return buffer.getvalue()


def allow(actions, resources):
    """Returns a statement that lets in."""
    return {"Effect": "Allow", "Action": actions, "Resource": resources}


def make_role(client, name, *statements):
    """Returns the ARN of a new role of functions that may write logs, and do what the statements say."""
    iam = client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_policy(trust))["Role"]["Arn"]
    iam.attach_role_policy(RoleName=name, PolicyArn=LOGS)
    iam.put_role_policy(RoleName=name, PolicyName=name, PolicyDocument=_policy(*statements))
    return role


def make_function(client, name, source, role, libraries=(), beside=(), **settings):
    """Returns the ARN of a new function, which is active; its handler is ``handler`` in ``source``."""
    functions = client("lambda")
    arn = functions.create_function(
        FunctionName=name,
        Runtime="python3.12",
        Role=role,
        Handler=f"{Path(source).stem}.handler",
        Code={"ZipFile": package(source, *libraries, beside=beside)},
        **settings,
    )["FunctionArn"]
    functions.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
    return arn


def on_upload(client, bucket, function, *, prefix="", suffix=""):
    """Lets the bucket invoke the function for each new object, and adds the rule for it to those that are there."""
    client("lambda").add_permission(
        FunctionName=function,
        StatementId=f"{bucket}-{len(prefix)}-{len(suffix)}",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
        SourceArn=f"arn:aws:s3:::{bucket}",
    )
    s3 = client("s3")
    rules = s3.get_bucket_notification_configuration(Bucket=bucket)
    rules.pop("ResponseMetadata")
    filters = [{"Name": "prefix", "Value": prefix}, {"Name": "suffix", "Value": suffix}]
    rules.setdefault("LambdaFunctionConfigurations", []).append(
        {
            "LambdaFunctionArn": function,
            "Events": ["s3:ObjectCreated:*"],
            "Filter": {"Key": {"FilterRules": filters}},
        }
    )
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=rules)


def _policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
