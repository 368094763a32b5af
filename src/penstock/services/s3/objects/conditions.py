"""Conditional requests.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html
"""

from datetime import datetime
from email.utils import format_datetime
from typing import NamedTuple

from penstock.errors import AwsError
from penstock.server import Params
from penstock.services.s3.errors import (
    no_such_key,
    not_implemented,
    not_modified,
    precondition_failed,
    write_conflict,
)
from penstock.services.s3.objects.object import Object
from penstock.services.s3.times import utc


def check_read(params: Params, found: Object, now_ms: int) -> None:
    """Returns when GET or HEAD may answer; AwsError 412, or 304 when the caller's copy is still good."""
    if failed := _failed(params, "", found, now_ms):
        if failed in ("If-None-Match", "If-Modified-Since"):
            raise not_modified({"ETag": f'"{found.etag}"', "Last-Modified": http_date(found.modified_ms)})
        raise precondition_failed(failed)


def check_copy_source(params: Params, found: Object, now_ms: int) -> None:
    """Returns when the source may be copied; else AwsError ``PreconditionFailed``."""
    if failed := _failed(params, "CopySource", found, now_ms):
        raise precondition_failed(f"x-amz-copy-source-{failed}")


def _failed(params: Params, prefix: str, found: Object, now_ms: int) -> str | None:
    """Returns the header whose condition fails. An ETag's verdict beats that of the date beside it."""
    if_match = params.get(f"{prefix}IfMatch")
    if_none_match = params.get(f"{prefix}IfNoneMatch")
    unmodified_since = params.get(f"{prefix}IfUnmodifiedSince")
    modified_since = params.get(f"{prefix}IfModifiedSince")
    if if_match is not None:
        if not matches(if_match, found.etag):
            return "If-Match"
    elif unmodified_since is not None and _modified_after(found, unmodified_since):
        return "If-Unmodified-Since"
    if if_none_match is not None:
        if matches(if_none_match, found.etag):
            return "If-None-Match"
    elif (
        modified_since is not None
        and modified_since.timestamp() * 1000 <= now_ms  # the caller cannot have got a later one from us
        and not _modified_after(found, modified_since)
    ):
        return "If-Modified-Since"
    return None


def matches(header: str, etag: str) -> bool:
    """Returns whether the ETag is in the header's list; quotes are optional, ``*`` is any."""
    return any(_strip(tag) in ("*", etag) for tag in header.split(","))


def _strip(tag: str) -> str:
    return tag.strip().removeprefix("W/").strip('"')


def _modified_after(found: Object, moment: datetime) -> bool:
    return found.modified_ms // 1000 > int(moment.timestamp())  # headers know whole seconds


class WriteConditions(NamedTuple):
    """If-Match and If-None-Match of a write or delete."""

    if_match: str | None = None
    if_none_match: str | None = None

    def check(self, key: str, current: Object | None) -> None:
        """Returns when the write may go on; AwsError 412, or 404 when If-Match finds nothing."""
        exists = current is not None and not current.delete_marker
        if self.if_none_match is not None and exists:
            raise precondition_failed("If-None-Match")
        if self.if_match is not None:
            if not exists or current is None:
                raise no_such_key(key)
            if not matches(self.if_match, current.etag):
                raise precondition_failed("If-Match")

    def check_since(self, began_ms: int, key: str, changed_ms: int) -> None:
        """Returns when the key, last changed at ``changed_ms``, is as it was at ``began_ms``.

        AwsError ``ConditionalRequestConflict``.
        """
        if changed_ms > began_ms:
            raise write_conflict("If-Match" if self.if_match is not None else "If-None-Match", key)


UNCONDITIONAL = WriteConditions()


def write_conditions(params: Params) -> WriteConditions:
    """Returns the write's conditions; AwsError ``NotImplemented`` for those that S3 does not take.

    These are both at once, an If-None-Match other than ``*``, and ``If-Match: *``.
    """
    if_match, if_none_match = params.get("IfMatch"), params.get("IfNoneMatch")
    if if_match is None and if_none_match is None:
        return UNCONDITIONAL
    if if_match is not None and if_none_match is not None:
        reason = "Multiple conditional request headers present in the request"
        raise not_implemented("If-Match,If-None-Match", additionalMessage=reason)
    if if_none_match not in (None, "*"):
        raise _value_not_accepted("If-None-Match")
    if if_match == "*":
        raise _value_not_accepted("If-Match")
    return WriteConditions(if_match, if_none_match)


def _value_not_accepted(header: str) -> AwsError:
    reason = f"We don't accept the provided value of {header} header for this API"
    return not_implemented(header, additionalMessage=reason)


def http_date(at_ms: int) -> str:
    """Returns the moment as HTTP writes it: ``Fri, 21 Nov 2025 04:08:00 GMT``."""
    return format_datetime(utc(at_ms), usegmt=True)
