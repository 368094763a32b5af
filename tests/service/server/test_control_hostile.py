"""What explains and sends again is asked in every wrong way: it answers what is wrong, and never fails."""

from itertools import product
from typing import Any

import pytest

from penstock.errors import AwsError
from penstock.testing import LocalServer

HOSTILE: list[Any] = [
    "",
    "x" * 5000,
    "\x00",
    "a\x00b",
    "\x1b[31m",
    "\u202e\U0010ffff",
    "%00%FF+",
    "../..",
    "' OR 1=1 --",
    "-1",
    "9" * 30,
    "1.1",
    "NaN",
    "٣",
    0,
    -1,
    10**30,
    1.5,
    True,
    None,
    [],
    ["x"],
    {},
    {"a": {"b": [1]}},
]
ARN = "arn:aws:sqs:us-east-1:000000000000:q"
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:hostile"
WELL = {
    ("GET", "why"): {
        "bucket": "hostile",
        "key": "k",
        "target": ARN,
        "version": "null",
        "event": "ObjectCreated:Put",
    },
    ("GET", "trace"): {"bucket": "hostile", "key": "k", "version": "null", "prefix": "k", "message": ""},
    ("GET", "tail"): {
        "after": "0.0",
        "bucket": "hostile",
        "key": "*",
        "type": "*",
        "target": "*",
        "outcome": "dead",
    },
    ("GET", "rules"): {"bucket": "hostile"},
    ("POST", "rules-check"): {
        "bucket": "hostile",
        "target": ARN,
        "events": ["ObjectCreated:*"],
        "prefix": "a",
        "suffix": "b",
        "id": "i",
    },
    ("POST", "rules-add"): {"bucket": "hostile", "target": ARN, "events": ["ObjectCreated:*"], "number": 0},
    ("POST", "rules-set"): {"bucket": "hostile", "id": "i", "priority": "low", "group_key": "key"},
    ("POST", "precedence"): {"resource": FUNCTION, "priority": "low", "group_key": "key"},
    ("POST", "rules-remove"): {"bucket": "hostile", "id": "i", "number": 0},
    ("GET", "replay-preview"): {
        "bucket": "hostile",
        "prefix": "k",
        "from_ms": "1",
        "to_ms": "9000000000000",
        "rule": "r",
        "target": ARN,
        "after": "0",
    },
    ("POST", "replay-start"): {"bucket": "hostile", "prefix": "k", "target": ARN, "rule": "r"},
    ("POST", "replay-step"): {"id": "x", "most": 1},
    ("GET", "replay"): {"id": "x"},
    ("GET", "reconcile"): {"bucket": "hostile", "prefix": "k", "after": "k", "rules": "now"},
    ("POST", "reconcile"): {"bucket": "hostile", "prefix": "k", "after": "k", "rules": "now"},
    ("GET", "reconcile-buckets"): {"after": "a"},
}


@pytest.mark.parametrize("name", WELL, ids=lambda name: name[1])
def test_every_wrong_value_is_answered(
    server: LocalServer, name: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("penstock.app.tail._WAIT_S", 0)
    s3 = server.client("s3")
    s3.create_bucket(Bucket="hostile")
    s3.put_object(Bucket="hostile", Key="k", Body=b"x")
    command = server.app._control._commands[name]
    for member, value in product(WELL[name], HOSTILE):
        try:
            server.wait(command({**WELL[name], member: value}))
        except AwsError as error:
            assert error.code and error.message, (member, value)
    s3.delete_object(Bucket="hostile", Key="k")
