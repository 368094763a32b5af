"""Counts the deletions of each access key by the minute, and takes the key away that made too many.

It is given CloudTrail's records, one an event. An event may come twice: the table knows which have been counted.
"""

import os

import boto3
from botocore.exceptions import ClientError

TABLE, LIMIT = os.environ["TABLE"], int(os.environ["LIMIT"])

dynamodb, iam = boto3.client("dynamodb"), boto3.client("iam")


def handler(event, context):
    """Returns the key that was made inactive, or None."""
    record = event["detail"]
    who = record["userIdentity"]
    key, user = who.get("accessKeyId"), who.get("userName")
    if not key or not user or "errorCode" in record:
        return None
    if count(key, record) < LIMIT:
        return None
    iam.update_access_key(UserName=user, AccessKeyId=key, Status="Inactive")
    print(f"{key} of {user} deletes too much: inactive since {record['eventTime']}")
    return key


def count(key, record):
    """Returns how much the key has deleted in the minute of the record, as far as it is known."""
    minute = record["eventTime"][:16]
    objects = [resource for resource in record["resources"] if "/" in resource["ARN"]]
    try:
        answer = dynamodb.update_item(
            TableName=TABLE,
            Key={"KeyAndMinute": {"S": f"{key} {minute}"}},
            UpdateExpression="ADD Deleted :deleted, Events :events",
            ConditionExpression="NOT contains(Events, :event)",
            ExpressionAttributeValues={
                ":deleted": {"N": str(len(objects))},
                ":events": {"SS": [record["eventID"]]},
                ":event": {"S": record["eventID"]},
            },
            ReturnValues="ALL_NEW",
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        return 0
    return int(answer["Attributes"]["Deleted"]["N"])
