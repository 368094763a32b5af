"""Processes each file that lands under data/: checks it, and writes a report of it to reports/.

What is wrong with a file is told to the queue at once: trying again would not mend it. Everything else is raised, so
that Lambda counts it, tries again, and at last puts the event into the dead-letter queue, which is the same one.
"""

import csv
import io
import json
import os
from pathlib import PurePosixPath
from urllib.parse import unquote_plus

import boto3

s3 = boto3.client("s3")
sqs = boto3.client("sqs")


class BadFile(Exception):
    """The file's content is not what its name promises."""


def lambda_handler(event, context):
    """Returns how many files were processed, and how many were told to the queue."""
    outcomes = [
        process(record["s3"]["bucket"]["name"], unquote_plus(record["s3"]["object"]["key"]))
        for record in event["Records"]
    ]
    return {"processed": outcomes.count(True), "failed": outcomes.count(False)}


def process(bucket, key):
    """Returns whether the file was processed; writes the report, or tells the queue what is wrong."""
    kind = PurePosixPath(key).suffix
    if kind not in KINDS:
        raise ValueError(f"no way to process {key}")
    body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    try:
        found = KINDS[kind](body.decode())
    except (BadFile, UnicodeDecodeError, json.JSONDecodeError) as error:
        print(f"failed {key}: {error}")
        failure = {"bucket": bucket, "key": key, "error": str(error)}
        sqs.send_message(QueueUrl=os.environ["DLQ_URL"], MessageBody=json.dumps(failure))
        return False
    report = {"file": key, "bytes": len(body), **found}
    name = f"reports/{PurePosixPath(key).name}.json"
    s3.put_object(Bucket=bucket, Key=name, Body=json.dumps(report), ContentType="application/json")
    print(f"processed {key}: {json.dumps(found)}")
    return True


def check_csv(text):
    """Returns how many rows and empty cells there are; each row has a cell for each column."""
    header, *rows = csv.reader(io.StringIO(text)) or [[]]
    for number, row in enumerate(rows, start=2):
        if len(row) != len(header):
            raise BadFile(f"line {number} has {len(row)} cells, the header {len(header)}")
    return {
        "columns": header,
        "rows": len(rows),
        "empty_cells": sum(not cell for row in rows for cell in row),
    }


def check_json(text):
    """Returns how many entries there are, of a list or of an object."""
    document = json.loads(text)
    if not isinstance(document, list | dict):
        raise BadFile("neither a list nor an object")
    return {"entries": len(document)}


KINDS = {".csv": check_csv, ".json": check_json}
