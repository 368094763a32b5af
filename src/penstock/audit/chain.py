"""The chain of records: each holds the hash of the one before it."""

import hashlib
from collections.abc import Callable, Iterable
from typing import NamedTuple

import orjson

from penstock.audit.limits import CHECKPOINT_EVERY, RESOURCES, STEP
from penstock.audit.marks import GENESIS, Kind, Q, last_mark, move_mark, put_mark
from penstock.audit.terms import Document, key, terms
from penstock.store import ReadTx, Tx


class Record(NamedTuple):
    """A record, and when its call was made."""

    document: Document
    time_ms: int


def canonical(document: Document) -> str:
    """Returns the text that is kept and hashed: keys in their order, no spaces."""
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS).decode()


def link(before: str, seq: int, text: str) -> str:
    """Returns the hash of a record that follows the one whose hash is ``before``."""
    return hashlib.sha256(f"{before}\n{seq}\n{text}".encode()).hexdigest()


def append(tx: Tx, records: Iterable[Record]) -> None:
    """Puts records at the end of the chain and seals it; what was noted of their calls goes."""
    head = last_mark(tx, Kind.HEAD)
    if head is None:
        put_mark(tx, Kind.BASE, 0, GENESIS)
    seq, hash = (head.seq, head.hash) if head else (0, GENESIS)
    for record in records:
        seq += 1
        text = canonical(record.document)
        hash = link(hash, seq, text)
        tx.run(Q.put_record, seq, record.time_ms, text, hash)
        account = account_of(record.document)
        for kind, value in terms(record.document):
            tx.run(Q.put_term, account, kind, value, record.time_ms, seq)
        tx.run(Q.close, record.document["eventID"])
        if seq % CHECKPOINT_EVERY == 0:
            put_mark(tx, Kind.CHECKPOINT, seq, hash)
    move_mark(tx, Kind.HEAD, seq, hash)


def account_of(document: Document) -> str:
    """Returns the account that a record is of."""
    return str(document["recipientAccountId"])


def is_kept(tx: ReadTx, document: Document) -> bool:
    """Returns whether there is a record of the call already."""
    return tx.one(Q.has_value, account_of(document), "EventId", key(document["eventID"])) is not None


def note(tx: Tx, record: Record) -> None:
    """Notes a call in the transaction of what it changes; its record follows, at the next start at the latest."""
    tx.run(Q.put_open, record.document["eventID"], record.time_ms, canonical(record.document))


def take_up(tx: Tx, keep: Callable[[Tx, list[Record]], None]) -> bool:
    """Has records kept of calls that a former process did not end; returns whether there may be more."""
    rows = tx.all(Q.first_open, STEP)
    left: list[Record] = []
    for event_id, time_ms, text in rows:
        document = orjson.loads(text)
        if is_kept(tx, document):
            tx.run(Q.close, event_id)
            continue
        outcome = {"additionalEventData": {**document.get("additionalEventData", {}), "outcome": "UNKNOWN"}}
        left.append(Record({**document, **outcome}, time_ms))
    if left:
        keep(tx, left)
    return len(rows) == STEP


def prune(tx: Tx, before_ms: int) -> bool:
    """Takes away the oldest records, made before then, and seals a mark for them; returns whether there may be more."""
    base = last_mark(tx, Kind.BASE)
    rows = tx.all(Q.records_after, base.seq if base else 0, STEP)
    last: tuple[int, str] | None = None
    resources = 0
    for seq, time_ms, text, hash in rows:
        if time_ms >= before_ms or resources > RESOURCES:
            break
        document = orjson.loads(text)
        resources += len(document["resources"])
        for kind, value in terms(document):
            tx.run(Q.drop_term, account_of(document), kind, value, time_ms, seq)
        tx.run(Q.drop_record, seq)
        last = seq, hash
    if last is None:
        return False
    move_mark(tx, Kind.BASE, *last)
    tx.run(Q.drop_marks_before, Kind.CHECKPOINT.value, last[0])
    return True
