"""Of two edges that send the same image, the one whose metadata is later is kept, in whatever order they arrive.

The objects' own metadata decide: the device's clock, then its sequence number, then its name, so that no two are equal.
"""

import boto3
from image_metadata import item_of, table

LATER = (
    "attribute_not_exists(ImageId) OR DeviceClock < :clock"
    " OR (DeviceClock = :clock AND DeviceSequence < :sequence)"
    " OR (DeviceClock = :clock AND DeviceSequence = :sequence AND DeviceName < :device)"
)

s3 = boto3.client("s3")


def handler(event, context):
    """Raises ValueError or KeyError when the metadata are not what the edges have agreed on."""
    for record in event["Records"]:
        item = item_of(record)
        keep_later(item, s3.head_object(Bucket=item["BucketName"], Key=item["FileKey"])["Metadata"])


def keep_later(item, metadata):
    """Writes the item, unless what is there is later or the same."""
    clock, sequence, device = int(metadata["clock"]), int(metadata["sequence"]), metadata["device"]
    try:
        table.put_item(
            Item={**item, "DeviceClock": clock, "DeviceSequence": sequence, "DeviceName": device},
            ConditionExpression=LATER,
            ExpressionAttributeValues={":clock": clock, ":sequence": sequence, ":device": device},
        )
    except table.meta.client.exceptions.ConditionalCheckFailedException:
        print(f"kept what was there: {item['FileKey']} of {device} is not later")
