"""The Range header as S3 reads it."""

import pytest

from penstock.errors import AwsError
from penstock.services.s3.files import Segment, cut
from penstock.services.s3.ranges import Span, copy_range, parse_range


@pytest.mark.parametrize(
    ("header", "span"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=2-5", (2, 6)),
        ("bytes=7-", (7, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-30", (0, 10)),
        ("bytes=5-100", (5, 10)),
    ],
)
def test_a_range_is_cut_to_the_object(header: str, span: tuple[int, int]) -> None:
    assert parse_range(header, 10) == span


@pytest.mark.parametrize(
    "header", ["bytes=5-2", "bytes=-", "bytes=a-b", "items=0-1", "bytes=0-1,3-4", "bytes", "bytes=1-2-3", ""]
)
def test_a_range_that_makes_no_sense_is_ignored(header: str) -> None:
    assert parse_range(header, 10) is None


@pytest.mark.parametrize(
    ("header", "size"), [("bytes=10-", 10), ("bytes=10-12", 10), ("bytes=-0", 10), ("bytes=0-", 0)]
)
def test_a_range_past_the_end_is_not_satisfiable(header: str, size: int) -> None:
    with pytest.raises(AwsError) as raised:
        parse_range(header, size)
    assert (raised.value.code, raised.value.status) == ("InvalidRange", 416)
    assert raised.value.fields == {"RangeRequested": header, "ActualObjectSize": size}


def test_a_content_range_names_the_last_byte() -> None:
    assert Span(2, 6).content_range(10) == "bytes 2-5/10"


@pytest.mark.parametrize("header", ["bytes=0-", "bytes=-5", "bytes=5-2", "0-5"])
def test_a_copy_range_has_a_first_and_a_last_byte(header: str) -> None:
    with pytest.raises(AwsError, match="InvalidArgument"):
        copy_range(header, 10)


def test_a_copy_range_past_the_end_is_refused() -> None:
    with pytest.raises(AwsError, match="The specified copy range is invalid for the source object size"):
        copy_range("bytes=0-10", 10)


def test_a_copy_range_may_be_the_whole_source() -> None:
    assert copy_range("bytes=0-9", 10) == (0, 10)


def test_a_span_over_segments_is_cut_at_both_ends() -> None:
    segments = [Segment("a", 0, 4), Segment("b", 10, 4), Segment("c", 0, 4)]
    assert list(cut(segments, Span(3, 9))) == [("a", 3, 1), ("b", 10, 4), ("c", 0, 1)]
    assert list(cut(segments, Span(4, 8))) == [("b", 10, 4)]
    assert list(cut(segments, Span(0, 12))) == segments
