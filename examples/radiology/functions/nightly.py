"""Finds images that have no item, because their event was lost or never sent, and sends them through the topic."""

import json
import os
from urllib.parse import quote_plus

import boto3

TABLE, BUCKET, TOPIC = os.environ["TABLE"], os.environ["BUCKET"], os.environ["TOPIC"]
AT_ONCE = 100  # keys that one BatchGetItem takes

dynamo, s3, sns = boto3.client("dynamodb"), boto3.client("s3"), boto3.client("sns")


def handler(event, context):
    """Returns the keys that had no item."""
    missing = []
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
    for page in pages:
        images = [image for image in page.get("Contents", ()) if image["Key"].endswith(".dcm")]
        known = keys_with_items([image["Key"] for image in images])
        missing += [image for image in images if image["Key"] not in known]
    for image in missing:
        sns.publish(TopicArn=TOPIC, Message=json.dumps({"Records": [record_of(image)]}))
        print(f"sent {image['Key']}, which had no item")
    return {"missing": [image["Key"] for image in missing]}


def keys_with_items(keys):
    """Returns those of the keys that the table knows."""
    found = set()
    for start in range(0, len(keys), AT_ONCE):
        found |= some_with_items(keys[start : start + AT_ONCE])
    return found


def some_with_items(keys):
    """Returns those of at most a hundred keys that the table knows."""
    found, asked = set(), {TABLE: {"Keys": [{"FileKey": {"S": key}} for key in keys], "ConsistentRead": True}}
    while asked:
        answer = dynamo.batch_get_item(RequestItems=asked)
        found |= {item["FileKey"]["S"] for item in answer["Responses"][TABLE]}
        asked = answer["UnprocessedKeys"]
    return found


def record_of(image):
    """Returns what S3 would have said of the image."""
    return {
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "eventTime": image["LastModified"].strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "s3": {
            "bucket": {"name": BUCKET},
            "object": {
                "key": quote_plus(image["Key"]),
                "size": image["Size"],
                "eTag": image["ETag"].strip('"'),
            },
        },
    }
