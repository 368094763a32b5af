"""Writes beside each file how long it is."""

from urllib.parse import unquote_plus

import boto3

s3 = boto3.client("s3")


def handler(event, context):
    """Returns what was written."""
    return [process(record["s3"]) for record in event["Records"]]


def process(told):
    """Writes one result; its name follows from the file's, so that doing it again changes nothing."""
    bucket, key = told["bucket"]["name"], unquote_plus(told["object"]["key"])
    size = len(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    result = key.replace("in/", "out/", 1)
    s3.put_object(Bucket=bucket, Key=result, Body=str(size))
    return result
