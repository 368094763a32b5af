"""Reads every version once a week, because a disk says nothing of what it has lost until somebody reads it.

A version's bytes must have its ETag, which is their MD5, or that of its parts' MD5s, unless somebody's key encrypts
them; files are verified by their blocks on the way, and those of earlier releases get theirs. What is damaged is marked
and reported, never removed: what is left of it may be worth having, and a disk that fails for a moment must not cost
anything.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from penstock.clock import Clock
from penstock.errors import BodyDamaged
from penstock.services.s3.damage import Damage, damaged_versions
from penstock.services.s3.files import Segment, decode_segments
from penstock.services.s3.objects.object import Object
from penstock.services.s3.sealed_bodies import sealed_length
from penstock.services.s3.state import S3State
from penstock.services.s3.times import utc
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

_WEEK_MS = 7 * 86_400_000
_AFTER_START_S = 600  # a server that has just started has better things to do
_BATCH = 32  # versions; small bodies, 64 KiB each, are read with them
_BYTES_S = 64 * 1024 * 1024  # leaves a slow disk half of its time


@dataclass(frozen=True, slots=True)
class Pass:
    """One pass over all versions; ``at`` is the last one it has seen, ``ended_ms`` None while it goes on."""

    began_ms: int
    ended_ms: int | None = None
    at: tuple[int, str, int] = (-1, "", 0)
    versions: int = 0
    bytes: int = 0


class Scrubber:
    """The one task that reads everything again, slowly."""

    def __init__(self, s3: S3State, clock: Clock) -> None:
        self._s3 = s3
        self._clock = clock
        self._damage: Damage = s3.files.damage
        self._asked = asyncio.Event()

    async def run(self) -> None:
        """Goes on with a pass that was cut off, and begins one when asked or once a week; returns when cancelled."""
        await self._clock.wait_for(self._asked.wait(), self._clock.now_ms() + _AFTER_START_S * 1000)
        while True:
            self._asked.clear()  # before the look, which may be too early for who asks meanwhile
            last = await self._s3.store.read(_last_pass)
            if last.ended_ms is None:
                await self._go_on(last)
                continue
            await self._clock.wait_for(self._asked.wait(), last.began_ms + _WEEK_MS)
            await self._s3.store.write(_begin)

    async def start_pass(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """Begins a pass, unless one is under way, and answers as ``status`` does."""
        await self._s3.store.write(_begin)
        self._asked.set()
        return await self.status(args)

    async def status(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """Answers how far the pass is, or the last one came, and every version that is known to be damaged."""
        return await self._s3.store.read(_status)

    async def _go_on(self, now: Pass) -> None:
        while rows := await self._s3.store.read(_behind, now.at):
            for found, data in rows:
                await self._look_at(found, data)
            last = rows[-1][0]
            now = replace(
                now,
                at=(last.bucket, last.key, last.ord),
                versions=now.versions + len(rows),
                bytes=now.bytes + sum(found.size for found, _ in rows),
            )
            await self._s3.store.write(_put_pass, now)
        await self._s3.store.write(_end, now)

    async def _look_at(self, found: Object, data: bytes | None) -> None:
        why = await self._what_is_wrong(found, data)
        place = (found.bucket, found.key, found.ord)
        if why or place in self._damage.known:
            await self._s3.store.write(_mark, self._damage, found, why)

    async def _what_is_wrong(self, found: Object, data: bytes | None) -> str:
        if found.delete_marker:
            return ""
        meta = found.meta
        if meta.encryption and found.files is not None:
            return await self._what_is_wrong_sealed(found.files)
        etag = ETag([part.size for part in meta.parts])
        try:
            async for piece in self._bytes_of(found, data):
                await asyncio.to_thread(etag.update, piece)
                await self._clock.elapse(len(piece) / _BYTES_S)
        except (BodyDamaged, OSError) as damage:
            return str(damage)
        if etag.value() != found.etag:
            return "the bytes do not have the ETag that was recorded with them"
        await self._complete(found)
        return ""

    async def _what_is_wrong_sealed(self, files: str) -> str:
        """Returns what is wrong with files that only somebody's key opens: they are compared with their blocks."""
        stored = [Segment(ref, 0, sealed_length(length)) for ref, _, length in decode_segments(files)]
        try:
            async for piece in await self._s3.files.read(stored):
                await self._clock.elapse(len(piece) / _BYTES_S)
        except (BodyDamaged, OSError) as damage:
            return str(damage)
        return ""

    async def _bytes_of(self, found: Object, data: bytes | None) -> AsyncIterable[bytes]:
        if found.files is None:
            yield data or b""
            return
        async for piece in await self._s3.files.read(decode_segments(found.files)):
            yield piece

    async def _complete(self, found: Object) -> None:
        for segment in decode_segments(found.files or "[]"):
            await asyncio.to_thread(self._s3.bodies.complete, segment.ref)


class ETag:
    """The ETag of bytes that came in parts of these sizes, or at once when there are none."""

    def __init__(self, parts: list[int]) -> None:
        self._parts = parts
        self._ended: list[bytes] = []
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._length = 0

    def update(self, data: bytes) -> None:
        """Takes more of the bytes."""
        view = memoryview(data)
        while len(self._ended) < len(self._parts):
            room = self._parts[len(self._ended)] - self._length
            if len(view) < room:
                break
            self._md5.update(view[:room])
            self._ended.append(self._md5.digest())
            self._md5 = hashlib.md5(usedforsecurity=False)
            self._length = 0
            view = view[room:]
        self._md5.update(view)
        self._length += len(view)

    def value(self) -> str:
        """Returns the ETag, without quotes."""
        self.update(b"")  # ends parts that have no bytes
        if not self._parts:
            return self._md5.hexdigest()
        joined = hashlib.md5(b"".join(self._ended), usedforsecurity=False)
        return f"{joined.hexdigest()}-{len(self._ended)}"


def _last_pass(tx: ReadTx) -> Pass:
    row = tx.one(Q.find_scrub)
    if row is None:
        return Pass(0, 0)
    began_ms, ended_ms, bucket, key, order, versions, size = row
    return Pass(began_ms, ended_ms, (bucket, key, order), versions, size)


def _begin(tx: Tx) -> None:
    if _last_pass(tx).ended_ms is not None:
        _put_pass(tx, Pass(tx.now_ms))


def _put_pass(tx: Tx, now: Pass) -> None:
    tx.run(Q.put_scrub, now.began_ms, now.ended_ms, *now.at, now.versions, now.bytes)


def _end(tx: Tx, now: Pass) -> None:
    _put_pass(tx, replace(now, ended_ms=tx.now_ms))


def _behind(tx: ReadTx, at: tuple[int, str, int]) -> list[tuple[Object, bytes | None]]:
    return [(Object(*row[:-1]), row[-1]) for row in tx.all(Q.find_objects_behind, *at, _BATCH)]


def _mark(tx: Tx, damage: Damage, found: Object, why: str) -> None:
    """Marks the version, unless it has changed since it was read: its bytes are gone, and others whole."""
    place = (found.bucket, found.key, found.ord)
    now = tx.all(Q.find_objects_behind, found.bucket, found.key, found.ord - 1, 1)
    if why and now and Object(*now[0][:-1]) == found:
        damage.put(tx, place, why)
    else:
        damage.clear(tx, place)


def _status(tx: ReadTx) -> dict[str, Any]:
    last = _last_pass(tx)
    return {
        "running": last.ended_ms is None,
        "began": utc(last.began_ms).isoformat() if last.began_ms else None,
        "ended": utc(last.ended_ms).isoformat() if last.ended_ms else None,
        "versions": last.versions,
        "bytes": last.bytes,
        "damaged": damaged_versions(tx),
    }
