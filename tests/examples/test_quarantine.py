"""Contracts: what keeps its contract goes on, what does not is in quarantine with a report of what was wrong."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from penstock.testing import LocalServer

sys.path.insert(0, str(Path(__file__).parents[2] / "examples" / "quarantine"))
from quarantine import CLEAN, INBOX, QUARANTINE, set_up  # type: ignore[import-not-found]


@pytest.fixture(scope="module")
def s3(server: LocalServer) -> Any:
    set_up(server.client)
    return server.client("s3")


def judged(server: LocalServer, s3: Any, name: str, text: str) -> list[dict[str, Any]]:
    """Returns the problems that the report of an uploaded file tells, none when it has no report."""
    s3.put_object(Bucket=INBOX, Key=f"orders/{name}.csv", Body=text)
    server.settle()
    keys = [found["Key"] for found in s3.list_objects_v2(Bucket=QUARANTINE).get("Contents", [])]
    report = f"orders/{name}.csv.report.json"
    if report not in keys:
        return []
    found: list[dict[str, Any]] = json.loads(s3.get_object(Bucket=QUARANTINE, Key=report)["Body"].read())[
        "problems"
    ]
    return found


def test_a_file_that_keeps_its_contract_goes_on(server: LocalServer, s3: Any) -> None:
    text = "id,customer,amount,currency\n1,Ada,10.50,EUR\n2,Grace,7,\n"
    assert judged(server, s3, "good", text) == []
    assert s3.get_object(Bucket=CLEAN, Key="orders/good.csv")["Body"].read().decode() == text
    assert [found["Key"] for found in s3.list_objects_v2(Bucket=INBOX)["Contents"]] == [
        "orders/_contract.json"
    ]


def test_a_report_says_which_line_is_wrong_and_why(server: LocalServer, s3: Any) -> None:
    problems = judged(server, s3, "bad", "id,customer,amount\nx,Ada,1\n2,Grace,-1\n3,Alan\n4,Kurt,2\n")
    assert [problem["line"] for problem in problems] == [2, 3, 4]
    assert "id must be integer" in problems[0]["problem"]
    assert "amount must be bigger than 0" in problems[1]["problem"]
    assert problems[2]["problem"] == "2 cells under 3 columns"
    assert s3.get_object(Bucket=QUARANTINE, Key="orders/bad.csv")["Body"].read()


@pytest.mark.parametrize("text", ["", "\xff\xfe", 'id,"customer\n1,"'])
def test_what_is_no_table_is_in_quarantine(server: LocalServer, s3: Any, text: str) -> None:
    s3.put_object(Bucket=INBOX, Key="orders/odd.csv", Body=text.encode("latin-1"))
    server.settle()
    report = json.loads(s3.get_object(Bucket=QUARANTINE, Key="orders/odd.csv.report.json")["Body"].read())
    assert report["problems"][0]["line"] == 0


def test_a_file_without_a_contract_is_in_quarantine(server: LocalServer, s3: Any) -> None:
    s3.put_object(Bucket=INBOX, Key="unknown/a.csv", Body="a\n1\n")
    server.settle()
    report = json.loads(s3.get_object(Bucket=QUARANTINE, Key="unknown/a.csv.report.json")["Body"].read())
    assert report["problems"] == [{"line": 0, "problem": "there is no contract for unknown/"}]
