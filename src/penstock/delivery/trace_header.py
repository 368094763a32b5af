"""``X-Amzn-Trace-Id``: which cause a request, a message or an invocation belongs to.

A header is ``Root=1-<8 hex seconds>-<24 hex>;Parent=<16 hex>;Sampled=1;Lineage=<8 hex>:<count>|…``. The parent is an
event or an attempt of the ledger, the lineage says how often each function has run on the way here. boto3 in a Lambda
environment sends the header back by itself, which links what a function writes and counts the turns of a loop.

Source: https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
"""

import re
from collections.abc import Mapping

from penstock.clock import Ids

_ROOT = re.compile(r"Root=(1-[0-9a-f]{8}-[0-9a-f]{24})(?:;|$)")
_PARENT = re.compile(r"Parent=([0-9a-f]{16})(?:;|$)")
_LINEAGE = re.compile(r";Lineage=([^;]*)")
_RUNS = re.compile(r"([0-9a-f]{8}):([0-9]{1,6})(?:[|]|%7C|$)")  # boto3 sends the bar percent-encoded

MAX_LINEAGE = 32
"""Functions that a lineage counts, the last to run: what goes round comes back among them."""


def parent_of(header: str | None) -> str | None:
    """Returns the span that caused whatever carries ``header``; None when it names none."""
    found = _PARENT.search(header) if header else None
    return found[1] if found else None


def child_header(header: str | None, span: str, *, now_ms: int, ids: Ids) -> str:
    """Returns the header for what ``span`` causes, under the root of ``header`` or a new one."""
    found = _ROOT.search(header) if header else None
    root = found[1] if found else f"1-{now_ms // 1000:08x}-{ids.hex(24)}"
    child = f"Root={root};Parent={span};Sampled=1"
    return with_lineage(child, lineage(header)) if header else child


def lineage(*headers: str | None) -> dict[str, int]:
    """Returns how often each function has run on the way to what carries ``headers``; of several, the most."""
    counts: dict[str, int] = {}
    for header in headers:
        found = _LINEAGE.search(header) if header else None
        for function, runs in _RUNS.findall(found[1]) if found else ():
            counts[function] = max(int(runs), counts.get(function, 0))
    return counts


def with_lineage(header: str, counts: Mapping[str, int]) -> str:
    """Returns ``header`` with ``counts`` as its lineage; the last of them when they are many."""
    bare = _LINEAGE.sub("", header)
    if not counts:
        return bare
    return f"{bare};Lineage=" + "|".join(
        [f"{name}:{runs}" for name, runs in [*counts.items()][-MAX_LINEAGE:]]
    )


def event_span(seq: int) -> str:
    """Returns the span of the event ``seq``; invocations' spans are random, so the two do not meet."""
    return f"{seq:016x}"
