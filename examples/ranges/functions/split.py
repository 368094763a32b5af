"""Cuts each large file into ranges, and sends one message for each: who reads a range looks for its records himself."""

import json
import os
from urllib.parse import unquote_plus

import boto3

s3 = boto3.client("s3")
sqs = boto3.client("sqs")

RANGE_BYTES = int(os.environ.get("RANGE_BYTES", 8 * 1024 * 1024))
BATCH = 10


def handler(event, context):
    """Returns how many ranges each file has."""
    return [split(record["s3"]) for record in event["Records"]]


def split(told):
    """Sends a message for each range of one version of the file; a job is known by the file's ETag."""
    bucket, key, size = told["bucket"]["name"], unquote_plus(told["object"]["key"]), told["object"]["size"]
    ends = [*range(RANGE_BYTES, size, RANGE_BYTES), size]
    job = {"bucket": bucket, "key": key, "etag": told["object"]["eTag"], "size": size, "ranges": len(ends)}
    messages = [
        {
            "Id": str(number),
            "MessageBody": json.dumps({**job, "number": number, "start": end - RANGE_BYTES, "end": end}),
        }
        for number, end in enumerate(ends)
    ]
    messages[-1]["MessageBody"] = json.dumps(
        {**job, "number": len(ends) - 1, "start": (len(ends) - 1) * RANGE_BYTES, "end": size}
    )
    for first in range(0, len(messages), BATCH):
        sqs.send_message_batch(QueueUrl=os.environ["RANGES_URL"], Entries=messages[first : first + BATCH])
    print(f"{key}: {len(ends)} ranges")
    return len(ends)
