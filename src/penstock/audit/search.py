"""Records that are asked for, the newest first; and all of them, the oldest first. In pages, each of bounded work."""

from typing import NamedTuple

import orjson

from penstock.audit.limits import STEP
from penstock.audit.marks import Q
from penstock.audit.terms import ALL, Document, Term, key, terms
from penstock.store import ReadTx

_FEWEST_FIRST = (
    "EventId",
    "ResourceName",
    "AccessKeyId",
    "Username",
    "ErrorCode",
    "EventName",
    "EventSource",
    "ResourceType",
)
END = (1 << 62, 1 << 62)
"""The place behind every record."""

START = (-1, -1)
"""The place before every record."""

Place = tuple[int, int]
"""The time of a record's call, in ms, and its number."""


class Question(NamedTuple):
    """Which records: those of ``account`` that have every one of the terms, from ``from_ms`` to ``to_ms``."""

    account: str
    terms: tuple[Term, ...] = ()
    from_ms: int = 0
    to_ms: int = END[0]


class Page(NamedTuple):
    """Records, and the place to go on from; None at the end. A page with none may have others behind it."""

    documents: list[Document]
    place: Place | None


def search(tx: ReadTx, question: Question, place: Place | None, count: int) -> Page:
    """Returns a page of at most ``count`` records behind ``place``, the newest first."""
    wanted = {(kind, key(value)) for kind, value in question.terms}
    driving = min(wanted, key=_how_few, default=ALL)
    behind = place or (min(question.to_ms, END[0]), END[1])
    rows = tx.all(Q.found, question.account, *driving, question.from_ms, *behind, STEP)
    found: list[Document] = []
    for time_ms, seq, text in rows:
        document = orjson.loads(text)
        if wanted <= terms(document):
            found.append(document)
            if len(found) == count:
                return Page(found, (time_ms, seq))
    return Page(found, (rows[-1][0], rows[-1][1]) if len(rows) == STEP else None)


def export(tx: ReadTx, from_ms: int, to_ms: int, place: Place | None) -> Page:
    """Returns a page of all records behind ``place``, the oldest first."""
    rows = tx.all(Q.exported, *(place or (from_ms, -1)), to_ms, STEP)
    last = (rows[-1][0], rows[-1][1]) if len(rows) == STEP else None
    return Page([orjson.loads(text) for _, _, text in rows], last)


def _how_few(term: Term) -> int:
    return _FEWEST_FIRST.index(term[0]) if term[0] in _FEWEST_FIRST else len(_FEWEST_FIRST)
