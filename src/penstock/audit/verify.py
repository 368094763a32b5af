"""Looks whether the chain is as it was written: row by row, against the sealed marks."""

from typing import NamedTuple

import orjson

from penstock.audit.chain import account_of, link
from penstock.audit.limits import STEP
from penstock.audit.marks import GENESIS, Kind, Mark, Q, is_sealed, last_mark, mark_at
from penstock.audit.terms import terms
from penstock.store import ReadTx, Row


class Point(NamedTuple):
    """A record that was looked at last, by its number and hash."""

    seq: int
    hash: str


class Finding(NamedTuple):
    """Something that is not as it was written, and at which record."""

    seq: int
    problem: str


class Step(NamedTuple):
    """What was found in some rows, how many were looked at, and where to go on; ``is_end`` when there are no more."""

    findings: list[Finding]
    looked_at: int
    point: Point
    is_end: bool


def verified_step(tx: ReadTx, point: Point | None, known: Point | None) -> Step:
    """Returns what is wrong with the records behind ``point``; None: from the beginning.

    ``known`` says of one what it was once: one server's key seals a trail that was set back as a whole, too.
    """
    base = last_mark(tx, Kind.BASE)
    findings: list[Finding] = []
    if point is None or (base is not None and point.seq < base.seq):  # what lay there has been pruned since
        findings += _of_base(tx, base)
        point = Point(base.seq, base.hash) if base else Point(0, GENESIS)
    rows = tx.all(Q.records_after, point.seq, STEP)
    for row in rows:
        findings += _of_row(tx, point, row)
        point = Point(row[0], row[3])
        if known and known.seq == point.seq and known.hash != point.hash:
            findings.append(Finding(point.seq, "another record than the one that was known"))
    is_end = len(rows) < STEP
    if is_end:
        findings += _of_head(tx, point)
        if known and known.seq > point.seq:
            findings.append(Finding(point.seq + 1, f"set back: the record {known.seq} was known"))
    return Step(findings, len(rows), point, is_end)


def _of_base(tx: ReadTx, base: Mark | None) -> list[Finding]:
    if base is None:
        if last_mark(tx, Kind.HEAD) is None and not tx.all(Q.records_after, 0, 1):
            return []
        return [Finding(0, "the sealed mark before the first record is missing")]
    if not is_sealed(tx, Kind.BASE, base):
        return [Finding(base.seq, "the mark before the first record was not sealed by this server's key")]
    return []


def _of_row(tx: ReadTx, before: Point, row: Row) -> list[Finding]:
    seq, time_ms, text, hash = row
    if seq != before.seq + 1:
        missing = f"{before.seq + 1}" if seq == before.seq + 2 else f"{before.seq + 1} to {seq - 1}"
        return [Finding(before.seq + 1, f"missing: {missing}"), *_of_mark(tx, Point(seq, hash))]
    if link(before.hash, seq, text) != hash:
        return [Finding(seq, "changed, or not the record that was written behind the one before it")]
    return [*_of_terms(tx, seq, time_ms, text), *_of_mark(tx, Point(seq, hash))]


def _of_terms(tx: ReadTx, seq: int, time_ms: int, text: str) -> list[Finding]:
    document = orjson.loads(text)
    account = account_of(document)
    for kind, value in terms(document):
        if not tx.one(Q.has_term, account, kind, value, time_ms, seq):
            return [Finding(seq, f"not to be found by its {kind or 'account'}: the index was changed")]
    return []


def _of_mark(tx: ReadTx, point: Point) -> list[Finding]:
    mark = mark_at(tx, Kind.CHECKPOINT, point.seq)
    if mark is None:
        return []
    if not is_sealed(tx, Kind.CHECKPOINT, mark):
        return [Finding(point.seq, "the checkpoint was not sealed by this server's key")]
    if mark.hash != point.hash:
        return [Finding(point.seq, "not what its checkpoint was sealed for: something before it was changed")]
    return []


def _of_head(tx: ReadTx, point: Point) -> list[Finding]:
    head = last_mark(tx, Kind.HEAD)
    if head is None:
        return [Finding(point.seq, "the seal of the end is missing")] if point.seq else []
    if not is_sealed(tx, Kind.HEAD, head):
        return [Finding(head.seq, "the end was not sealed by this server's key")]
    if head.seq > point.seq:
        return [Finding(point.seq + 1, f"cut off: the records to {head.seq} are missing")]
    if head.seq < point.seq:
        return [Finding(head.seq + 1, "added behind the sealed end")]
    if head.hash != point.hash:
        return [Finding(point.seq, "not what the end was sealed for: something before it was changed")]
    return []
