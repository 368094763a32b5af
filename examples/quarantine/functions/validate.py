"""Checks each file against the contract that lies beside it: good ones go on, others into quarantine with a report.

A contract is a JSON Schema of one row, at ``_contract.json`` in the folder of the data. Nothing is lost on the way: the
file is deleted from the inbox when its copy is where it belongs.
"""

import csv
import io
import json
import os
from urllib.parse import unquote_plus

import boto3
import fastjsonschema

s3 = boto3.client("s3")

MAX_PROBLEMS = 100
READ_AS = {"integer": int, "number": float, "boolean": {"true": True, "false": False}.__getitem__}


def handler(event, context):
    """Returns where each file went."""
    return [judge(record["s3"]) for record in event["Records"]]


def judge(told):
    """Moves one file to the clean bucket, or to quarantine with what is wrong with it; returns which."""
    bucket, key = told["bucket"]["name"], unquote_plus(told["object"]["key"])
    problems = check(bucket, key)
    target = os.environ["QUARANTINE" if problems else "CLEAN"]
    s3.copy_object(Bucket=target, Key=key, CopySource={"Bucket": bucket, "Key": key})
    if problems:
        report = {"file": key, "etag": told["object"].get("eTag"), "problems": problems}
        s3.put_object(Bucket=target, Key=f"{key}.report.json", Body=json.dumps(report, indent=2))
    s3.delete_object(Bucket=bucket, Key=key)
    print(f"{key} -> {target}: {len(problems)} problems")
    return target


def check(bucket, key):
    """Returns what is wrong with the file, the first hundred problems by line."""
    folder = key.rpartition("/")[0]
    try:
        contract = json.loads(read(bucket, f"{folder}/_contract.json"))
    except s3.exceptions.NoSuchKey:
        return [{"line": 0, "problem": f"there is no contract for {folder}/"}]
    try:
        rows = list(csv.reader(io.StringIO(read(bucket, key).decode(), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        return [{"line": 0, "problem": f"not a table: {error}"}]
    if not rows:
        return [{"line": 0, "problem": "empty"}]
    is_right = fastjsonschema.compile(contract, use_default=False)
    wrong = (
        (line, wrong_with(row, rows[0], contract, is_right)) for line, row in enumerate(rows[1:], start=2)
    )
    return [{"line": line, "problem": problem} for line, problem in wrong if problem][:MAX_PROBLEMS]


def wrong_with(row, header, contract, is_right):
    """Returns what is wrong with a row, or ""."""
    if len(row) != len(header):
        return f"{len(row)} cells under {len(header)} columns"
    try:
        is_right({name: typed(contract, name, cell) for name, cell in zip(header, row, strict=True) if cell})
    except fastjsonschema.JsonSchemaValueException as error:
        return error.message
    return ""


def typed(contract, name, cell):
    """Returns a cell as the type that the contract gives its column; as it is when it cannot be read so."""
    kind = contract.get("properties", {}).get(name, {}).get("type")
    try:
        return READ_AS[kind](cell) if kind in READ_AS else cell
    except (ValueError, KeyError):
        return cell


def read(bucket, key):
    """Returns an object's body."""
    return s3.get_object(Bucket=bucket, Key=key)["Body"].read()
