"""Conditional requests: which verdict wins."""

from datetime import timedelta
from typing import Any

import pytest

from penstock.errors import AwsError
from penstock.services.s3.objects.conditions import check_copy_source, check_read, http_date, write_conditions
from penstock.services.s3.objects.object import Object, utc

WRITTEN_MS = 1_763_697_600_900  # not a whole second: headers know only whole ones
NOW_MS = WRITTEN_MS + 3_600_000
FOUND = Object(1, "k", -1, "null", 0, 3, "abc", WRITTEN_MS, 1, None, "{}")
MARKER = Object(1, "k", -1, "null", 1, 0, "", WRITTEN_MS, None, None, "{}")

AT_WRITE = utc(WRITTEN_MS // 1000 * 1000)
BEFORE = AT_WRITE - timedelta(minutes=1)
AFTER = AT_WRITE + timedelta(minutes=1)
FUTURE = AT_WRITE + timedelta(days=1)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"IfMatch": '"abc"'},
        {"IfMatch": "abc"},
        {"IfMatch": "*"},
        {"IfMatch": '"x", "abc"'},
        {"IfNoneMatch": '"x"'},
        {"IfUnmodifiedSince": AT_WRITE},
        {"IfModifiedSince": BEFORE},
        {"IfModifiedSince": FUTURE},
        {"IfMatch": '"abc"', "IfUnmodifiedSince": BEFORE},
        {"IfNoneMatch": '"x"', "IfModifiedSince": AFTER},
    ],
)
def test_a_read_goes_on_when_its_conditions_hold(headers: dict[str, Any]) -> None:
    check_read(headers, FOUND, NOW_MS)


@pytest.mark.parametrize(
    ("headers", "condition"),
    [
        ({"IfMatch": '"x"'}, "If-Match"),
        ({"IfUnmodifiedSince": BEFORE}, "If-Unmodified-Since"),
        ({"IfMatch": '"x"', "IfNoneMatch": '"abc"'}, "If-Match"),
    ],
)
def test_a_read_fails_when_the_object_is_another(headers: dict[str, Any], condition: str) -> None:
    with pytest.raises(AwsError) as raised:
        check_read(headers, FOUND, NOW_MS)
    assert (raised.value.status, raised.value.fields) == (412, {"Condition": condition})


@pytest.mark.parametrize(
    "headers",
    [
        {"IfNoneMatch": '"abc"'},
        {"IfNoneMatch": "*"},
        {"IfModifiedSince": AT_WRITE},
        {"IfNoneMatch": '"abc"', "IfModifiedSince": BEFORE},
    ],
)
def test_a_read_answers_304_when_the_callers_copy_is_good(headers: dict[str, Any]) -> None:
    with pytest.raises(AwsError) as raised:
        check_read(headers, FOUND, NOW_MS)
    assert raised.value.status == 304
    assert raised.value.headers == {"ETag": '"abc"', "Last-Modified": http_date(WRITTEN_MS)}


def test_a_copy_fails_where_a_read_would_answer_304() -> None:
    with pytest.raises(AwsError) as raised:
        check_copy_source({"CopySourceIfNoneMatch": '"abc"'}, FOUND, NOW_MS)
    assert raised.value.fields == {"Condition": "x-amz-copy-source-If-None-Match"}


@pytest.mark.parametrize(("current", "fails"), [(None, False), (MARKER, False), (FOUND, True)])
def test_if_none_match_writes_only_where_nothing_is(current: Object | None, fails: bool) -> None:
    conditions = write_conditions({"IfNoneMatch": "*"})
    if fails:
        with pytest.raises(AwsError, match="PreconditionFailed"):
            conditions.check("k", current)
    else:
        conditions.check("k", current)


@pytest.mark.parametrize(
    ("current", "etag", "code"),
    [
        (FOUND, '"abc"', None),
        (FOUND, '"x"', "PreconditionFailed"),
        (None, '"abc"', "NoSuchKey"),
        (MARKER, '"abc"', "NoSuchKey"),
    ],
)
def test_if_match_writes_only_over_that_object(current: Object | None, etag: str, code: str | None) -> None:
    conditions = write_conditions({"IfMatch": etag})
    if code:
        with pytest.raises(AwsError, match=code):
            conditions.check("k", current)
    else:
        conditions.check("k", current)


def test_if_none_match_of_a_write_takes_only_the_asterisk() -> None:
    with pytest.raises(AwsError, match="NotImplemented"):
        write_conditions({"IfNoneMatch": '"abc"'})
