"""One verb per thing: a statement's name says what it does in the same word everywhere."""

import re
from pathlib import Path

SERVICES = Path(__file__).parents[2] / "src" / "penstock" / "services"
VERBS = {"add", "put", "delete", "find", "count"}
ROOMS = ("s3", "sqs", "logs", "iam", "dynamodb")


def test_statements_are_named_by_five_verbs() -> None:
    files = [path for room in ROOMS for path in (SERVICES / room).rglob("state.sql")]
    names = [
        name for path in files for name in re.findall(r"^-- name: (\w+)$", path.read_text("utf-8"), re.M)
    ]
    assert len(names) > 100
    assert [name for name in names if name.partition("_")[0] not in VERBS] == []
