"""Policies that tests of several rooms need: who may send to a queue, who may take on a role."""

import json
from typing import Any

ACCOUNT = "000000000000"


def document(*statements: dict[str, Any]) -> str:
    """Returns a policy document of ``statements``."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def s3_may_send(queue: str = "*", *, bucket: str | None = None) -> str:
    """Returns the policy of a queue that takes S3's events, of ``bucket`` alone when it is given."""
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
    }
    if bucket:
        statement["Condition"] = {
            "ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{bucket}"},
            "StringEquals": {"aws:SourceAccount": ACCOUNT},
        }
    return document(statement)
