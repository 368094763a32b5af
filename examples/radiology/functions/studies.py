"""Keeps an index of studies from the stream of the images' table: which files and modalities each study has.

Files are a set: a record that comes again adds what is there, or takes out what is gone.
"""

import os

import boto3

table = boto3.resource("dynamodb").Table(os.environ["STUDIES"])


def handler(event, context):
    """Takes the changes in their order."""
    for record in event["Records"]:
        change = record["dynamodb"]
        old, new = (texts(change.get(image, {})) for image in ("OldImage", "NewImage"))
        if "StudyId" in old and old["StudyId"] != new.get("StudyId"):
            update(old, "DELETE Files :file", {":file": {old["FileKey"]}})
        if "StudyId" in new:
            values = {":file": {new["FileKey"]}, ":modality": {new.get("Modality", "unknown")}}
            update(new, "ADD Files :file, Modalities :modality", values)


def texts(image):
    """Returns the attributes of an image that are texts."""
    return {name: value["S"] for name, value in image.items() if "S" in value}


def update(image, expression, values):
    """Changes the entry of the image's study."""
    table.update_item(
        Key={"StudyId": image["StudyId"]}, UpdateExpression=expression, ExpressionAttributeValues=values
    )
