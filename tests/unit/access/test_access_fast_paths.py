"""What is remembered of a client's headers says what the long way says, of whatever is sent."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple
from unittest.mock import patch

from hypothesis import example, given, settings
from hypothesis import strategies as st

from penstock.access import OBJECTS, signed_request
from penstock.access.sigv4 import signature
from penstock.access.sigv4.canonical import canonical_headers
from penstock.access.sigv4.signed_headers import SignedHeaders
from penstock.errors import AwsError

NAMES = ["host", "x-amz-date", "x-amz-meta-a", "%s", "a:b", "", "content-type"]
names = st.lists(st.sampled_from(NAMES), min_size=1, max_size=5)
values = st.text(st.sampled_from([" ", "\t", ":", "%", "s", "a", "é", "\x00", "\x85"]), max_size=8)


class Sent(NamedTuple):
    headers: dict[str, str]
    method: str = "PUT"
    path: str = "/b/k"
    query: str = ""


@settings(derandomize=True, deadline=None, max_examples=500)
@given(names, st.dictionaries(st.sampled_from(NAMES), values))
def test_lines_are_those_of_each_header_alone(signed: list[str], headers: dict[str, str]) -> None:
    assert SignedHeaders(";".join(signed)).lines(headers) == canonical_headers(headers, signed)


@settings(derandomize=True, deadline=None, max_examples=500)
@given(names, st.dictionaries(st.sampled_from([*NAMES, *(f"x-amz-{n}" for n in range(40))]), values))
def test_what_should_have_been_signed_is_found_again_and_again(
    signed: list[str], headers: dict[str, str]
) -> None:
    wanted = [name for name in headers if name.startswith("x-amz-") and name not in signed]
    for _ in range(2):
        found = SignedHeaders(";".join(signed)).forgotten(headers)
        assert list(found) == (wanted if "host" in signed else ["host"])


GOOD = (
    "AWS4-HMAC-SHA256 ",
    "Credential=AK/20261121/r/s3/aws4_request",
    ", ",
    "SignedHeaders=host;x-amz-date",
    ", ",
    "Signature=00ff",
)
OTHERS = [
    *GOOD,
    "",
    ",",
    " ",
    "=",
    "AWS4-HMAC-SHA512 ",
    "Credential=AK/20261121/r/s3",
    "Credential=/20261121/r//aws4_request",
    "Credential=a/b/20261120/r/s3/aws4_request",
    "SignedHeaders=",
    "Signature=é",
    "Credential=" + "x" * 300 + "/20261121/r/s3/aws4_request",
    "x" * 1100,
]


def outcome(act: Callable[[], signature.Signature | None]) -> object:
    try:
        found = act()
    except AwsError as error:
        return error.code, error.message, error.fields
    assert found is not None
    return replace(found, signed_headers=found.signed_headers.names)  # type: ignore[arg-type]


@settings(derandomize=True, deadline=None, max_examples=500)
@given(
    st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.sampled_from(OTHERS)), max_size=3),
    st.sampled_from(["20261121T000000Z", "20261120T000000Z", "20261121T00000é", "no time"]),
)
@example([], "20261121T000000Z")
def test_a_header_is_read_as_if_no_other_had_come_before(changes: list[tuple[int, str]], date: str) -> None:
    parts = list(GOOD)
    for at, other in changes:
        parts[at] = other
    headers = {"authorization": "".join(parts), "x-amz-date": date, "x-amz-content-sha256": "0" * 64}
    remembered = outcome(lambda: signed_request(Sent(headers), OBJECTS))
    with patch.object(signature, "_claim", lambda head: None):
        assert outcome(lambda: signed_request(Sent(headers), OBJECTS)) == remembered
