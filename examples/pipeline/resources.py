"""What the demo needs, made with plain boto3 as one would on AWS."""

import io
import json
import zipfile
from pathlib import Path

from server import ACCOUNT, REGION, Penstock

BUCKET = "readings"
FUNCTION = "report"
DEAD_LETTERS = "report-failures"

_BUCKET_ARN = f"arn:aws:s3:::{BUCKET}"
_QUEUE_ARN = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{DEAD_LETTERS}"


def create(penstock: Penstock) -> str:
    """Makes bucket, queue, role, function and notification rule; returns the URL of the dead-letter queue."""
    s3 = penstock.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    queue_url = penstock.client("sqs").create_queue(QueueName=DEAD_LETTERS)["QueueUrl"]
    function_arn = _function(penstock, _role(penstock))
    rule = {
        "Id": "report-new-data",
        "LambdaFunctionArn": function_arn,
        "Events": ["s3:ObjectCreated:*"],
        "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "data/"}]}},
    }
    s3.put_bucket_notification_configuration(
        Bucket=BUCKET, NotificationConfiguration={"LambdaFunctionConfigurations": [rule]}
    )
    return queue_url


def _role(penstock: Penstock) -> str:
    iam = penstock.client("iam")
    trust = _allow("sts:AssumeRole", Principal={"Service": "lambda.amazonaws.com"})
    role = iam.create_role(RoleName="report", AssumeRolePolicyDocument=_policy(trust))["Role"]
    logs = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
    policy = _policy(
        _allow(logs, Resource=f"arn:aws:logs:{REGION}:{ACCOUNT}:*"),
        _allow("s3:GetObject", Resource=f"{_BUCKET_ARN}/data/*"),
        _allow("s3:PutObject", Resource=f"{_BUCKET_ARN}/reports/*"),
        _allow("sqs:SendMessage", Resource=_QUEUE_ARN),
    )
    iam.put_role_policy(RoleName="report", PolicyName="report", PolicyDocument=policy)
    return role["Arn"]


def _function(penstock: Penstock, role_arn: str) -> str:
    functions = penstock.client("lambda")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as files:
        files.write(Path(__file__).with_name("handler.py"), "handler.py")
    arn = functions.create_function(
        FunctionName=FUNCTION,
        Runtime="python3.11",
        Handler="handler.handler",
        Role=role_arn,
        Code={"ZipFile": archive.getvalue()},
        Timeout=30,
        DeadLetterConfig={"TargetArn": _QUEUE_ARN},
    )["FunctionArn"]
    functions.add_permission(
        FunctionName=FUNCTION,
        StatementId="from-bucket",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
        SourceArn=_BUCKET_ARN,
        SourceAccount=ACCOUNT,
    )
    return arn


def _allow(action: str | list[str], **rest: object) -> dict[str, object]:
    return {"Effect": "Allow", "Action": action, **rest}


def _policy(*statements: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
