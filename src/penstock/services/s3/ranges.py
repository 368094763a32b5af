"""The Range header, read as S3 reads it.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html and RFC 9110, section 14.
"""

import re
from typing import NamedTuple

from penstock.digits import whole_number
from penstock.services.s3.errors import invalid_argument, invalid_range, invalid_request

_PAST_EVERYTHING = 10**18
_RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)


class Span(NamedTuple):
    """Bytes from ``start`` up to, not including, ``end``."""

    start: int
    end: int

    @property
    def length(self) -> int:
        """Returns how many bytes it spans."""
        return self.end - self.start

    def content_range(self, size: int) -> str:
        """Returns the Content-Range of an answer of these bytes out of ``size``."""
        return f"bytes {self.start}-{self.end - 1}/{size}"


def parse_range(text: str, size: int) -> Span | None:
    """Returns the bytes asked for, or None when the header is to be ignored: bad syntax, or several ranges.

    AwsError ``InvalidRange`` when nothing of it lies in the object.
    """
    match = _RANGE.fullmatch(text.strip())
    if match is None:
        return None
    first, last = match.groups()
    if first:
        start, end = _offset(first), _offset(last) + 1 if last else size
        if end <= start and last:
            return None
    elif last:
        start, end = max(0, size - _offset(last)), size
    else:
        return None
    if start >= size:
        raise invalid_range(text, size)
    return Span(start, min(end, size))


def _offset(digits: str) -> int:
    """Returns the number, or one past every object when it has more digits than an offset can have."""
    found = whole_number(digits)
    return _PAST_EVERYTHING if found is None else found


def copy_range(text: str, size: int) -> Span:
    """Returns the source bytes of an UploadPartCopy, which must be ``bytes=first-last`` inside the source."""
    match = _RANGE.fullmatch(text)
    if match is None or not all(match.groups()) or _offset(match[1]) > _offset(match[2]):
        raise invalid_argument(
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are "
            "the zero-based offsets of the first and last bytes to copy",
            "x-amz-copy-source-range",
            text,
        )
    span = Span(_offset(match[1]), _offset(match[2]) + 1)
    if span.end > size:
        raise invalid_request("The specified copy range is invalid for the source object size")
    return span


def refuse_range_with_part(range_header: str | None, part_number: int | None) -> None:
    """Raises AwsError ``InvalidRequest`` when both are given."""
    if range_header is not None and part_number is not None:
        raise invalid_request("Cannot specify both Range header and partNumber query parameter")
