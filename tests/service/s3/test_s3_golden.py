"""Whole documents as AWS's pages show them; tests/golden/s3 says which pages."""

import re
from pathlib import Path
from typing import Any

import orjson
import pytest
from tests.kit.signed import send

from penstock.delivery import ObjectChange
from penstock.services.s3.notifications.record import s3_message
from penstock.services.s3.owner import customer_id
from penstock.testing import LocalServer

GOLDEN = Path(__file__).parents[2] / "golden" / "s3"


@pytest.fixture(scope="module")
def s3(server: LocalServer) -> Any:
    client = server.client("s3")
    client.create_bucket(Bucket="golden")
    send(server, "POST", "/golden/my-movie.m2ts?uploads")
    return client


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("list_buckets", "/"),
        ("get_bucket_location", "/golden?location"),
        ("error_no_such_key", "/golden/my/missing.jpg"),
        ("list_multipart_uploads", "/golden?uploads"),
    ],
)
def test_an_answer_is_the_document_of_its_page(server: LocalServer, s3: Any, name: str, path: str) -> None:
    shown = (GOLDEN / f"{name}.xml").read_text().partition("-->\n")[2]
    pattern = re.sub(r"\\{[^}]*\\}", "[^<]+", re.escape(_without_indents(shown)))
    answer = _without_indents(send(server, "GET", path).text)
    assert re.fullmatch(pattern, answer), answer


def test_the_record_of_a_delete_marker_is_that_of_its_page() -> None:
    golden = orjson.loads((GOLDEN / "delete_marker_created.json").read_bytes())
    golden["s3"]["bucket"]["ownerIdentity"]["principalId"] = customer_id("000000000000")
    change = ObjectChange(
        event_name="ObjectRemoved:DeleteMarkerCreated",
        account="000000000000",
        region="us-east-1",
        bucket="amzn-s3-demo-bucket",
        key="HappyFace.jpg",
        version_id="096fKKXTRTtl3on89fVO.nfljtsv6qko",
        size=None,
        etag="d41d8cd98f00b204e9800998ecf8427e",
        time_ms=0,
        requester="AIDAJDPLRKLG7UEXAMPLE",
        source_ip="172.16.0.1",
        request_id="C3D13FE58DE4C810",
        host_id="FMyUVURIY8/IgAtTv8xRjskZQpcIZ9KG4V5Wp6S7S/JRWeUWerMUE5JgHvANOjpD",
    )
    assert s3_message(change, 27, "testConfigRule", "2.6") == orjson.dumps({"Records": [golden]})


def _without_indents(document: str) -> str:
    return re.sub(r">\s+<", "><", document).strip()
