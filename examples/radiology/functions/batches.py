"""Writes the items of a batch of messages at once; gives back only the messages whose files cannot be read."""

import json

from botocore.exceptions import ClientError
from image_metadata import item_of, table
from pydicom.errors import InvalidDicomError


def handler(event, context):
    """Returns the messages that the queue is to give out again, or to put aside in the end."""
    failed = []
    # Writes 25 items a request, and again those that DynamoDB leaves unprocessed; of two with one key, the last.
    with table.batch_writer(overwrite_by_pkeys=["FileKey"]) as batch:
        for message in event["Records"]:
            try:
                items = items_of(message)
            except (InvalidDicomError, ClientError) as error:
                print(f"failed {message['messageId']}: {error}")
                failed.append({"itemIdentifier": message["messageId"]})
            else:
                for item in items:
                    batch.put_item(item)
    print(f"a batch of {len(event['Records'])}, {len(failed)} failed")
    return {"batchItemFailures": failed}


def items_of(message):
    """Returns the items for the S3 event in a message; S3's test event has none."""
    return [item_of(record) for record in json.loads(message["body"]).get("Records", ())]
