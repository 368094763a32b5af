"""The Lambda handler of the example: reads each new file, counts what is in it, writes a report beside it.

Nothing here knows Penstock: it is boto3 as on AWS. A file that cannot be parsed raises, so that Lambda tries the
event again and hands it to the dead-letter queue in the end. The report's key holds the event's sequencer: when an
event arrives twice, the second report replaces the first.
"""

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import PurePosixPath
from urllib.parse import unquote_plus

import boto3

s3 = boto3.client("s3")


def handler(event, context):
    """Returns the keys of the reports written."""
    started = datetime.now(UTC)
    return {"reports": [report(record, started) for record in event["Records"]]}


def report(record, started):
    """Writes the report of one S3 event record and returns its key."""
    bucket = record["s3"]["bucket"]["name"]
    key = unquote_plus(record["s3"]["object"]["key"])
    name = PurePosixPath(key).name
    body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    result = {
        "file": name,
        "key": key,
        "size": len(body),
        **count(name, body),
        "status": "ok",
        "event": record["eventName"],
        "handler_started": started.isoformat(),
        "time": datetime.now(UTC).isoformat(),
    }
    report_key = f"reports/{name}-report-{record['s3']['object']['sequencer']}.json"
    text = json.dumps(result, ensure_ascii=False, indent=2)
    s3.put_object(Bucket=bucket, Key=report_key, Body=text.encode(), ContentType="application/json")
    print(f"{name}: {result['rows']} rows → {report_key}")
    return report_key


def count(name, body):
    """Returns format, number of rows and field names; raises ValueError when the file is not what its name says."""
    suffix = PurePosixPath(name).suffix
    if suffix == ".csv":
        return count_csv(body)
    if suffix == ".json":
        return count_json(body)
    raise ValueError(f"{name}: no reader for {suffix!r} files")


def count_csv(body):
    """Counts records, not lines: a quoted field may hold line breaks."""
    rows = list(csv.DictReader(io.StringIO(body.decode("utf-8"), newline=""), strict=True))
    return {"format": "csv", "rows": len(rows), "fields": list(rows[0]) if rows else []}


def count_json(body):
    """Counts the elements of a list, and a single object as one row."""
    document = json.loads(body)
    rows = document if isinstance(document, list) else [document]
    return {"format": "json", "rows": len(rows), "fields": sorted({name for row in rows for name in row})}
