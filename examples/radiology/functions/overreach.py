"""Runs under the role of image_metadata and tries what that role does not allow; prints AWS's word on each."""

import os

import boto3
from botocore.exceptions import ClientError

TABLE, BUCKET, KEY = os.environ["TABLE"], os.environ["BUCKET"], {"FileKey": {"S": "any.dcm"}}
dynamo, s3 = boto3.client("dynamodb"), boto3.client("s3")

ATTEMPTS = [
    (dynamo.get_item, {"TableName": TABLE, "Key": KEY}),
    (dynamo.update_item, {"TableName": TABLE, "Key": KEY}),
    (dynamo.delete_item, {"TableName": TABLE, "Key": KEY}),
    (dynamo.scan, {"TableName": TABLE}),
    (dynamo.batch_write_item, {"RequestItems": {TABLE: [{"PutRequest": {"Item": KEY}}]}}),
    (dynamo.put_item, {"TableName": f"{TABLE}-other", "Item": KEY}),
    (dynamo.delete_table, {"TableName": TABLE}),
    (s3.put_object, {"Bucket": BUCKET, "Key": "any.dcm"}),
    (s3.delete_object, {"Bucket": BUCKET, "Key": "any.dcm"}),
    (s3.list_objects_v2, {"Bucket": BUCKET}),
]


def handler(event, context):
    """Returns how many attempts were refused, and the names of those that were not."""
    allowed = [call.__name__ for call, parameters in ATTEMPTS if not refused(call, parameters)]
    return {"refused": len(ATTEMPTS) - len(allowed), "allowed": allowed}


def refused(call, parameters):
    """Returns whether AWS denied the call."""
    try:
        call(**parameters)
    except ClientError as error:
        print(error)
        return error.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException")
    return False
