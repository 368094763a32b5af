"""``X-Amzn-Trace-Id``: which cause a request, a message or an invocation belongs to.

A header is ``Root=1-<8 hex seconds>-<24 hex>;Parent=<16 hex>;Sampled=1;Lineage=<8 hex>:<count>|…``. The parent is an
event or an attempt of the ledger, the lineage says how often each function has run on the way here. boto3 in a Lambda
environment sends the header back by itself, which links what a function writes and counts the turns of a loop.

Anybody can send such a header. A ``Trace`` is one that this server has made; a plain ``str`` is what a client claims:
of it only the root is used, which orders nothing and ends nothing. A claim that came with a change goes on to its
messages as it was sent: a ``Carried`` has both, the claim for the client and a ``Trace`` for the ledger.

Source: https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
"""

import re
from binascii import crc32
from collections.abc import Mapping

from penstock.clock import Ids

_ROOT = re.compile(r"Root=(1-[0-9a-f]{8}-[0-9a-f]{24})(?:;|$)")
_PARENT = re.compile(r"Parent=([0-9a-f]{16})(?:;|$)")
_LINEAGE = re.compile(r";Lineage=([^;]*)")
_CLAIMED = "?"  # before a claim in a row; no header of ours begins with it
_CARRIED = "!"  # before our own header, a space and the claim that goes with it
_RUNS = re.compile(r"([0-9a-f]{8}):([0-9]{1,6})(?:[|]|%7C|$)")  # boto3 sends the bar percent-encoded

MAX_LINEAGE = 32
"""Functions that a lineage counts, the last to run: what goes round comes back among them."""


class Trace(str):
    """A header whose parent and lineage are this server's own words."""

    __slots__ = ()


class Carried(str):
    """A claim that is passed on as it was sent; ``own`` is what is true of the message that carries it."""

    __slots__ = ("own",)
    own: Trace

    @classmethod
    def of(cls, claim: str, own: Trace) -> "Carried":
        """Returns ``claim`` with ``own`` beside it."""
        carried = cls(claim)
        carried.own = own
        return carried


def own_trace(header: str | None) -> Trace | None:
    """Returns what this server says of whatever carries ``header``; None when it has said nothing."""
    if isinstance(header, Carried):
        return header.own
    return header if isinstance(header, Trace) else None


def parent_of(header: str | None) -> str | None:
    """Returns the span that caused whatever carries ``header``; None when it names none, or only claims one."""
    return claimed_parent(own_trace(header))


def claimed_parent(header: str | None) -> str | None:
    """Returns the span that ``header`` names, whoever has made it; None when it names none."""
    found = _PARENT.search(header) if header else None
    return found[1] if found else None


def root_of(header: str | None) -> str | None:
    """Returns the root of ``header``, whoever has made it; None when it has none."""
    found = _ROOT.search(header) if header else None
    return found[1] if found else None


def child_header(header: str | None, span: str, *, now_ms: int, ids: Ids) -> Trace:
    """Returns the header for what ``span`` causes, under the root of ``header`` or a new one."""
    known = root_of(own_trace(header) or header) if header else None
    root = known or f"1-{now_ms // 1000:08x}-{ids.hex(24)}"
    return _under(root, header, span)


def _under(root: str, header: str | None, span: str) -> Trace:
    child = f"Root={root};Parent={span};Sampled=1"
    return with_lineage(child, lineage(header)) if header else Trace(child)


def message_header(header: str | None, span: str, *, now_ms: int, ids: Ids) -> Trace | Carried:
    """Returns the header of the messages that ``span`` makes of a request that came with ``header``.

    A client finds its own again in them, as it was; any other is that of ``child_header``.
    """
    own = child_header(header, span, now_ms=now_ms, ids=ids)
    return own if header is None or isinstance(header, Trace) else Carried.of(header, own)


def event_header(header: str | None, seq: int, root: str) -> Trace | Carried:
    """Returns the header of the messages that the event ``seq`` makes, under ``root`` when ``header`` has none."""
    known = root_of(own_trace(header) or header) if header else None
    own = _under(known or root, header, event_span(seq))
    return own if header is None or isinstance(header, Trace) else Carried.of(header, own)


def event_root(seq: int, time_ms: int, name: str) -> str:
    """Returns the root of what the event causes; ``name`` is something that other servers' events do not share."""
    return f"1-{time_ms // 1000:08x}-{crc32(name.encode()).to_bytes(4).hex()}{event_span(seq)}"


def lineage(*headers: str | None) -> dict[str, int]:
    """Returns how often each function has run on the way to what carries ``headers``; of several, the most.

    Claims count nothing.
    """
    counts: dict[str, int] = {}
    for header in headers:
        if (own := own_trace(header)) is not None:
            for function, runs in _runs(own):
                counts[function] = max(runs, counts.get(function, 0))
    return counts


def with_lineage(header: str, counts: Mapping[str, int]) -> Trace:
    """Returns ``header``, which this server has made, with ``counts`` as its lineage; the last when they are many."""
    bare = _LINEAGE.sub("", header)
    if not counts:
        return Trace(bare)
    last = [f"{name}:{runs}" for name, runs in [*counts.items()][-MAX_LINEAGE:]]
    return Trace(f"{bare};Lineage=" + "|".join(last))


def as_made(header: str) -> Trace | None:
    """Returns ``header`` as this server would have made it, for who then finds out whether it has; None: it cannot."""
    root, parent = root_of(header), claimed_parent(header)
    if root is None or parent is None:
        return None
    return with_lineage(f"Root={root};Parent={parent};Sampled=1", dict(_runs(header)))


def kept_header(header: str | None) -> str | None:
    """Returns ``header`` as a row keeps it, so that a claim stays one."""
    if type(header) is Trace:
        return str(header)
    if header and not isinstance(header, Carried):
        return _CLAIMED + header
    return header and kept_own(header)


def read_header(text: str | None) -> str | None:
    """Returns the header that a row keeps."""
    return text and (text[1:] if text.startswith(_CLAIMED) else read_own(text))


def kept_own(header: Trace | Carried) -> str:
    """Returns the header of a message that this server has made as a row keeps it."""
    return f"{_CARRIED}{header.own} {header}" if isinstance(header, Carried) else str(header)


def read_own(text: str) -> Trace | Carried:
    """Returns the header that a row keeps of a message that this server has made."""
    if not text.startswith(_CARRIED):
        return Trace(text)
    own, _, claim = text[1:].partition(" ")
    return Carried.of(claim, Trace(own))


def event_span(seq: int) -> str:
    """Returns the span of the event ``seq``; invocations' spans are random, so the two do not meet."""
    return seq.to_bytes(8).hex()  # a third of what formatting takes


def _runs(header: str) -> list[tuple[str, int]]:
    found = _LINEAGE.search(header)
    return [(function, int(runs)) for function, runs in _RUNS.findall(found[1])] if found else []
