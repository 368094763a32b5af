"""Reads one range of a file and adds up its records; whoever finishes the last range joins them all.

A record belongs to the range in which it begins: a range starts behind the first line end at or after the byte before
it, and ends with the record that its last byte is in. So each record is in one range, wherever the cuts fall.

Exactly once in effect: a part is an object with the same name and content however often its message comes, and the
joined result is written only if it is not there.
"""

import json
import os
from collections import Counter

import boto3
from botocore.exceptions import ClientError

s3 = boto3.client("s3")

MORE_BYTES = 64 * 1024


def handler(event, context):
    """Returns the messages that failed, for the queue to give out again."""
    failed = []
    for message in event["Records"]:
        try:
            work(json.loads(message["body"]))
        except ClientError as error:
            print(f"{message['messageId']}: {error}")
            failed.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failed}


def work(task):
    """Adds up one range, and joins the parts when they are all there."""
    totals, records = Counter(), 0
    for line in records_of(task):
        station, _, reading = line.partition(b",")
        totals[station.decode()] += float(reading)
        records += 1
    folder = f"jobs/{task['etag']}"
    part = {"records": records, "totals": totals}
    s3.put_object(
        Bucket=os.environ["RESULTS"], Key=f"{folder}/part-{task['number']:05}.json", Body=json.dumps(part)
    )
    print(f"{task['key']} range {task['number']}: {records} records")
    join(task, folder)


def records_of(task):
    """Returns the lines that begin in the range."""
    start, end, size = task["start"], task["end"], task["size"]
    begin = max(0, start - 1)
    body = read(task, begin, end)
    while end < size and not body.endswith(b"\n"):
        more = read(task, end, min(end + MORE_BYTES, size))
        cut = more.find(b"\n") + 1 or len(more)
        body, end = body + more[:cut], end + cut
    if start:
        body = body[body.find(b"\n") + 1 :] if b"\n" in body else b""
    return body.splitlines()


def read(task, start, end):
    """Returns the bytes of this very version of the file."""
    answer = s3.get_object(
        Bucket=task["bucket"], Key=task["key"], Range=f"bytes={start}-{end - 1}", IfMatch=task["etag"]
    )
    return answer["Body"].read()


def join(task, folder):
    """Writes the result when every part is there, unless somebody has."""
    bucket = os.environ["RESULTS"]
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{folder}/part-")
    keys = [found["Key"] for page in pages for found in page.get("Contents", [])]
    if len(keys) < task["ranges"]:
        return
    parts = [json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read()) for key in keys]
    totals = sum((Counter(part["totals"]) for part in parts), Counter())
    result = {"file": task["key"], "records": sum(part["records"] for part in parts), "totals": totals}
    try:
        s3.put_object(
            Bucket=bucket, Key=f"results/{task['key']}.json", Body=json.dumps(result), IfNoneMatch="*"
        )
        print(f"{task['key']}: joined {len(parts)} parts")
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("PreconditionFailed", "ConditionalRequestConflict"):
            raise
