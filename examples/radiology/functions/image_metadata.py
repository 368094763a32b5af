"""Writes an item of metadata for each DICOM image that lands in the bucket: from the event, the name and the header."""

import io
import os
from pathlib import PurePosixPath
from urllib.parse import unquote_plus

import boto3
from pydicom import dcmread

HEAD = 1 << 20  # bytes; the header is at the front, and the pixels after it are not wanted
TAGS = {
    "PatientID": "PatientId",
    "Modality": "Modality",
    "StudyInstanceUID": "StudyId",
    "SOPInstanceUID": "ImageId",
}

s3 = boto3.client("s3")
table = boto3.resource("dynamodb").Table(os.environ["TABLE"])


def handler(event, context):
    """Returns the keys whose items were written; raises pydicom's InvalidDicomError for what is no DICOM file."""
    items = [item_of(record) for record in event["Records"]]
    for item in items:
        table.put_item(Item=item)
        print(f"stored {item['FileKey']}: {item.get('Modality')} of patient {item.get('PatientId')}")
    return {"stored": [item["FileKey"] for item in items]}


def item_of(record):
    """Returns the item for one record of an S3 event; what the header leaves empty has no attribute."""
    bucket, found = record["s3"]["bucket"]["name"], record["s3"]["object"]
    key = unquote_plus(found["key"])
    return {
        "FileKey": key,
        "BucketName": bucket,
        "FileSize": found["size"],
        "UploadTime": record["eventTime"],
        "PatientIdFromName": PurePosixPath(key).name.removesuffix(".dcm").partition("_")[0],
        **header_of(bucket, key),
    }


def header_of(bucket, key):
    """Returns what the header says under our names for it."""
    with s3.get_object(Bucket=bucket, Key=key)["Body"] as body:
        head = io.BytesIO(body.read(HEAD))
    header = dcmread(head, stop_before_pixels=True, specific_tags=list(TAGS))
    return {name: str(header[tag].value) for tag, name in TAGS.items() if header.get(tag)}
