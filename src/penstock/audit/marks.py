"""Sealed marks in the chain: whoever has the database and not the server's key cannot make one."""

import hmac
from enum import StrEnum
from typing import NamedTuple

from penstock.store import ReadTx, Row, Tx, queries

Q = queries(__package__)

GENESIS = "0" * 64
"""The hash before the first record's."""


class Kind(StrEnum):
    """Where a mark stands."""

    BASE = "base"
    """Before the first record that is kept."""
    CHECKPOINT = "checkpoint"
    HEAD = "head"
    """At the last record."""


class Mark(NamedTuple):
    """The number and the hash of a record, and when they were sealed."""

    seq: int
    hash: str
    time_ms: int
    seal: str


def put_mark(tx: Tx, kind: Kind, seq: int, hash: str) -> None:
    """Seals a mark."""
    tx.run(Q.put_mark, kind.value, seq, hash, tx.now_ms, _seal(tx, kind, seq, hash, tx.now_ms))


def move_mark(tx: Tx, kind: Kind, seq: int, hash: str) -> None:
    """Seals a mark in the place of those of its kind that stand before it."""
    put_mark(tx, kind, seq, hash)
    tx.run(Q.drop_marks_before, kind.value, seq)


def last_mark(tx: ReadTx, kind: Kind) -> Mark | None:
    """Returns the last mark of its kind."""
    return _mark(tx.one(Q.last_mark, kind.value))


def mark_at(tx: ReadTx, kind: Kind, seq: int) -> Mark | None:
    """Returns the mark of its kind at a record."""
    return _mark(tx.one(Q.mark_at, kind.value, seq))


def is_sealed(tx: ReadTx, kind: Kind, mark: Mark) -> bool:
    """Returns whether the server's key has made it."""
    return hmac.compare_digest(mark.seal, _seal(tx, kind, mark.seq, mark.hash, mark.time_ms))


def _seal(tx: ReadTx, kind: Kind, seq: int, hash: str, time_ms: int) -> str:
    sealing = tx.sealer.derived_key("audit marks")
    return hmac.digest(sealing, f"{kind}:{seq}:{hash}:{time_ms}".encode(), "sha256").hex()


def _mark(row: Row | None) -> Mark | None:
    return Mark(*row) if row else None
