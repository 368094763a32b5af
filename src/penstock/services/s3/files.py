"""Bodies that are files: how often each is named, who reads it now, and when it may go.

A file may be named by several object versions and parts (copies name it once more), always as a list of
segments. Its row counts the names; when the last goes, the file is removed after the commit, or after the
last reader that had begun before.
"""

import asyncio
import weakref
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from io import SEEK_END, RawIOBase
from typing import NamedTuple

import orjson

from penstock.errors import BodyDamaged
from penstock.services.s3 import limits
from penstock.services.s3.damage import Damage
from penstock.services.s3.ranges import Span
from penstock.services.s3.sealed_bodies import SealedBodies
from penstock.store import BodyStore, Callback, ReadTx, Store, Tx, nobody_told, queries

Q = queries(__package__)

_AT_ONCE = 1000  # files that one transaction lets go: a few milliseconds


class Segment(NamedTuple):
    """``length`` bytes of the file ``ref``, from ``offset`` on."""

    ref: str
    offset: int
    length: int


def encode_segments(segments: Iterable[Segment]) -> str:
    """Returns the text of a ``files`` column."""
    return orjson.dumps([list(segment) for segment in segments]).decode()


def decode_segments(files: str) -> list[Segment]:
    """Returns what ``encode_segments`` wrote."""
    return [Segment(*segment) for segment in orjson.loads(files)]


def join_files(columns: Iterable[str]) -> str:
    """Returns the text of the ``files`` column whose segments are those of ``columns``, one after the other."""
    return f"[{','.join(column[1:-1] for column in columns if column != '[]')}]"


def cut(segments: Iterable[Segment], span: Span) -> Iterator[Segment]:
    """Yields the segments that make up the bytes of ``span``."""
    position = 0
    for ref, offset, length in segments:
        start, end = max(span.start, position), min(span.end, position + length)
        if start < end:
            yield Segment(ref, offset + start - position, end - start)
        position += length


def use_files(tx: Tx, segments: Iterable[Segment]) -> None:
    """Counts one more name for each segment's file."""
    for segment in segments:
        tx.run(Q.add_file_use, segment.ref)


def release_files(tx: Tx, files: "Files", column: str) -> None:
    """Counts one name less for each file of a ``files`` column; files without a name go after the commit.

    Those of a long column go in steps behind it: ten thousand at once would hold the event loop.
    """
    if column.count("],[") < _AT_ONCE:
        _release(tx, files, decode_segments(column))
    else:
        tx.insert(Q.add_released, column)
        tx.after_commit(files.on_released)


def empty_released(tx: Tx, files: "Files") -> bool:
    """Lets some files go of what was released behind a commit; returns whether there may be more."""
    row = tx.one(Q.find_released)
    if row is None:
        return False
    id, column = row
    segments = decode_segments(column)
    _release(tx, files, segments[-_AT_ONCE:])
    if rest := segments[:-_AT_ONCE]:
        tx.run(Q.put_released, encode_segments(rest), id)
    else:
        tx.run(Q.delete_released, id)
    return True


def _release(tx: Tx, files: "Files", segments: Iterable[Segment]) -> None:
    gone = []
    for segment in segments:
        if tx.run(Q.delete_file, segment.ref):  # the usual case: it had no other name
            gone.append(segment.ref)
        else:
            tx.run(Q.delete_file_use, segment.ref)
    if gone:
        tx.after_commit(partial(files.remove, gone))


def known_refs(tx: ReadTx, refs: list[str]) -> set[str]:
    """Returns those of ``refs`` that a row names; the others are orphans of a crash."""
    return {ref for ref in refs if tx.one(Q.find_file, ref)}


def file_refs(tx: ReadTx) -> set[str]:
    """Returns every file that a row names."""
    return {ref for (ref,) in tx.all(Q.find_files)}


async def sweep(store: Store, bodies: BodyStore) -> None:
    """Removes the files that no row names; call it before serving."""
    loop = asyncio.get_running_loop()

    def known(refs: list[str]) -> set[str]:
        return asyncio.run_coroutine_threadsafe(store.read(known_refs, refs), loop).result()

    await asyncio.to_thread(bodies.sweep, known)


class Files:
    """The files of one server: hands out readers, and removes what is no longer named.

    ``on_released`` is called after a commit that has left some for ``empty_released``.
    """

    on_released: Callback

    def __init__(self, bodies: BodyStore) -> None:
        self.on_released = nobody_told
        self.damage = Damage()
        self._bodies = bodies
        self._readers: Counter[str] = Counter()
        self._doomed: set[str] = set()
        self._closed = False
        self._remover = ThreadPoolExecutor(1, "penstock-unlink")  # unlinking gigabytes takes a while

    async def read(self, segments: Iterable[Segment], secret: bytes | None = None) -> "BodyReader":
        """Returns the bytes of ``segments``; until the reader is dropped, its files stay.

        ``secret`` is the data key of a version that is encrypted.
        Its files are all there then, as long as they were, and its first bytes are what was written; else BodyDamaged.
        """
        wanted = list(segments)
        refs = {segment.ref for segment in wanted}
        self._readers.update(refs)
        bodies = self._bodies if secret is None else SealedBodies(self._bodies, secret)
        reader = BodyReader(bodies, wanted)
        weakref.finalize(reader, self._let_go, refs)
        await reader.begin()
        return reader

    def remove(self, refs: Iterable[str]) -> None:
        """Removes files that no row names, now or when their last reader is gone."""
        free = []
        for ref in refs:
            if self._readers[ref]:
                self._doomed.add(ref)
            else:
                free.append(ref)
        self._unlink(free)

    def close(self) -> None:
        """Returns when what is to be removed now is; what comes later is left to the next start."""
        self._closed = True
        self._remover.shutdown()

    def _let_go(self, refs: set[str]) -> None:
        free = []
        for ref in refs:
            self._readers[ref] -= 1
            if not self._readers[ref]:
                del self._readers[ref]
                if ref in self._doomed:
                    self._doomed.discard(ref)
                    free.append(ref)
        self._unlink(free)

    def _unlink(self, refs: list[str]) -> None:
        if refs and not self._closed:
            self._remover.submit(self._bodies.remove, refs)


class BodyReader:
    """The bytes of some segments, read in a thread, one piece ahead of the consumer; BodyDamaged where they are not."""

    def __init__(self, bodies: BodyStore, segments: list[Segment]) -> None:
        self._bodies = bodies
        self._segments = segments
        self._pieces = _pieces(bodies, segments)
        self._first: bytes | None = None

    async def begin(self) -> None:
        """Returns when every file is known to be there and the first piece has been read."""
        self._first = await asyncio.get_running_loop().run_in_executor(None, self._begin)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        piece, self._first = self._first, None
        while piece is not None:
            ahead = loop.run_in_executor(None, next, self._pieces, None)
            yield piece
            piece = await ahead

    async def each(self, take: Callable[[bytes], None]) -> None:
        """Hands every piece to ``take``, in the thread that read it."""
        loop = asyncio.get_running_loop()
        piece, self._first = self._first, None
        while piece is not None:
            piece = await loop.run_in_executor(None, self._pass_on, take, piece)

    def _begin(self) -> bytes | None:
        for ref, offset, length in self._segments[1:]:  # the first is opened for its first piece
            with self._bodies.open(ref) as file:
                _check_length(ref, file, offset + length)
        return next(self._pieces, None)

    def _pass_on(self, take: Callable[[bytes], None], piece: bytes) -> bytes | None:
        take(piece)
        return next(self._pieces, None)


def _pieces(bodies: BodyStore, segments: list[Segment]) -> Iterator[bytes]:
    for ref, offset, length in segments:
        with bodies.open(ref) as file:
            end = offset + length
            _check_length(ref, file, end)
            file.seek(offset)
            while offset < end:
                # Up to where a buffer would end that began with the file: whole blocks, but for the first and the last.
                size = min(limits.BUFFER_BYTES - offset % limits.BUFFER_BYTES, end - offset)
                yield file.read(size) or b""
                offset += size


def _check_length(ref: str, file: RawIOBase, length: int) -> None:
    if file.seek(0, SEEK_END) < length:
        raise BodyDamaged(f"the body {ref} is shorter than its row says")
