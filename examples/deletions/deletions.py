"""A spike of deletions by one access key is noticed in the audit trail, and the key is made inactive.

    eval "$(penstock env)"
    penstock audit settings --data-events write:arn:aws:s3:::archive/ --bus
    python examples/deletions/deletions.py

On AWS, a trail with data events of the bucket takes the place of the second line. ``set_up`` is all that it takes; the
rest lets a user delete until the user may not any more.
"""

import json
import sys
import time
from pathlib import Path

import boto3
from botocore.exceptions import ClientError

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from aws import allow, make_function, make_role

HERE = Path(__file__).parent
BUCKET, TABLE, USER = "archive", "Deletions", "intern"
LIMIT = 20


def set_up(client):
    """Makes bucket, user, the function that counts, and the rule that tells it of deletions; returns the key."""
    client("s3").create_bucket(Bucket=BUCKET)
    table = client("dynamodb").create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": "KeyAndMinute", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "KeyAndMinute", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )["TableDescription"]["TableArn"]
    client("dynamodb").get_waiter("table_exists").wait(TableName=TABLE, WaiterConfig={"Delay": 1})
    role = make_role(
        client,
        "deletions",
        allow("dynamodb:UpdateItem", table),
        allow("iam:UpdateAccessKey", "arn:aws:iam::*:user/*"),
    )
    watch = make_function(
        client,
        "deletions-watch",
        HERE / "functions" / "watch.py",
        role,
        Environment={"Variables": {"TABLE": TABLE, "LIMIT": str(LIMIT)}},
    )
    on_deletion(client, watch)
    return make_user(client)


def on_deletion(client, function):
    """Lets the account's bus invoke the function for each record of a user's deletion in the bucket."""
    pattern = {
        "source": ["aws.s3"],
        "detail-type": ["AWS API Call via CloudTrail"],
        "detail": {
            "eventName": ["DeleteObject", "DeleteObjects"],
            "requestParameters": {"bucketName": [BUCKET]},
            "userIdentity": {"type": ["IAMUser"]},
        },
    }
    events = client("events")
    rule = events.put_rule(Name="deletions", EventPattern=json.dumps(pattern))["RuleArn"]
    client("lambda").add_permission(
        FunctionName=function,
        StatementId="deletions",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=rule,
    )
    events.put_targets(Rule="deletions", Targets=[{"Id": "watch", "Arn": function}])


def make_user(client):
    """Returns the access key of a new user who may do everything in the bucket."""
    iam = client("iam")
    iam.create_user(UserName=USER)
    statement = allow("s3:*", [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"])
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    iam.put_user_policy(UserName=USER, PolicyName="archive", PolicyDocument=document)
    return iam.create_access_key(UserName=USER)["AccessKey"]


def main():
    """Sets up, and deletes as the user until the key is taken away."""
    key = set_up(boto3.client)
    s3 = boto3.client(
        "s3", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"]
    )
    deleted = 0
    try:
        while True:
            s3.delete_object(Bucket=BUCKET, Key=f"scan-{deleted}")
            deleted += 1
            time.sleep(0.05)
    except ClientError as error:
        print(f"{deleted} deletions, then: {error}")


if __name__ == "__main__":
    main()
