"""A version of an object changes in one file, which emits the change: so a change cannot be forgotten."""

import re
from pathlib import Path

S3 = Path(__file__).parents[2] / "src" / "penstock" / "services" / "s3"
SOURCES = {path.relative_to(S3).as_posix(): path.read_text("utf-8") for path in S3.rglob("*.py")}
CHANGES_A_VERSION = re.compile(r"(?:INSERT INTO|UPDATE|DELETE FROM) s3_object\b")
STATEMENT = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


def statements_that_change_versions() -> set[str]:
    found = set()
    for path in S3.rglob("state*.sql"):
        parts = STATEMENT.split(path.read_text("utf-8"))[1:]
        found |= {
            name for name, sql in zip(parts[::2], parts[1::2], strict=True) if CHANGES_A_VERSION.search(sql)
        }
    return found


def test_versions_change_in_one_file() -> None:
    names = statements_that_change_versions()
    assert len(names) >= 4
    using = re.compile(rf"\bQ\.(?:{'|'.join(names)})\b")
    assert [name for name, text in SOURCES.items() if using.search(text)] == ["objects/writing.py"]


def test_changes_of_versions_are_emitted_where_versions_change() -> None:
    assert [name for name, text in SOURCES.items() if re.search(r"\.emit\(", text)] == ["objects/writing.py"]
