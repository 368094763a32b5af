"""Counts the images that wait to be read, each once: an event that comes again finds its marker and changes nothing."""

import json
import os
from datetime import datetime
from urllib.parse import unquote_plus

import boto3
from image_metadata import header_of

DAY_S = 86_400
MARKERS, WORKLIST = os.environ["MARKERS"], os.environ["WORKLIST"]

dynamo = boto3.client("dynamodb")


def handler(event, context):
    """Takes the S3 events that the topic sends."""
    for notification in event["Records"]:
        for record in json.loads(notification["Sns"]["Message"]).get("Records", ()):
            count(record, datetime.fromisoformat(notification["Sns"]["Timestamp"]))


def count(record, sent):
    """Adds the image to its modality's number, unless its event has been counted: both are written, or neither."""
    bucket, found = record["s3"]["bucket"]["name"], record["s3"]["object"]
    modality = header_of(bucket, unquote_plus(found["key"])).get("Modality", "unknown")
    marker = f"{bucket}/{found['key']}/{found['eTag']}"  # the same bytes again are no other image to read
    try:
        dynamo.transact_write_items(
            TransactItems=[{"Put": mark(marker, sent)}, {"Update": one_more(modality)}]
        )
    except dynamo.exceptions.TransactionCanceledException as error:
        if error.response["CancellationReasons"][0]["Code"] != "ConditionalCheckFailed":
            raise
        print(f"counted before: {marker}")


def mark(marker, sent):
    """Returns the write of a marker that is not there yet; DynamoDB deletes it a week after the event was sent."""
    expires = int(sent.timestamp()) + 7 * DAY_S
    return {
        "TableName": MARKERS,
        "Item": {"EventId": {"S": marker}, "Expires": {"N": str(expires)}},
        "ConditionExpression": "attribute_not_exists(EventId)",
    }


def one_more(modality):
    """Returns the write that counts one more image."""
    return {
        "TableName": WORKLIST,
        "Key": {"Modality": {"S": modality}},
        "UpdateExpression": "ADD Waiting :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }
