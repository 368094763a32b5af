"""``X-Amzn-Trace-Id``: which cause a request, a message or an invocation belongs to.

A header is ``Root=1-<8 hex seconds>-<24 hex>;Parent=<16 hex>;Sampled=1``. The parent is an event or an attempt
of the ledger. boto3 in a Lambda environment sends it back by itself, which links what a function writes.

Source: https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
"""

import re

from penstock.clock import Ids

_ROOT = re.compile(r"Root=(1-[0-9a-f]{8}-[0-9a-f]{24})(?:;|$)")
_PARENT = re.compile(r"Parent=([0-9a-f]{16})(?:;|$)")


def parent_of(header: str | None) -> str | None:
    """Returns the span that caused whatever carries ``header``; None when it names none."""
    found = _PARENT.search(header) if header else None
    return found[1] if found else None


def child_header(header: str | None, span: str, *, now_ms: int, ids: Ids) -> str:
    """Returns the header for what ``span`` causes, under the root of ``header`` or a new one."""
    found = _ROOT.search(header) if header else None
    root = found[1] if found else f"1-{now_ms // 1000:08x}-{ids.hex(24)}"
    return f"Root={root};Parent={span};Sampled=1"


def event_span(seq: int) -> str:
    """Returns the span of the event ``seq``; invocations' spans are random, so the two do not meet."""
    return f"{seq:016x}"
