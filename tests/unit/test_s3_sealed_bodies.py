"""Sealed bodies: any range comes out as it went in, and pieces stay where they were put."""

import random
from io import SEEK_END
from pathlib import Path

import pytest

from penstock.clock import Ids
from penstock.errors import BodyDamaged
from penstock.services.s3.sealed_bodies import SealedBodies, open_row, seal_row, sealed_length
from penstock.store import FileBodies
from penstock.store.bodies.blocks import Summing

PIECE = 64 * 1024
SECRET = bytes(range(32))
SIZES = [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 3 * PIECE + 5]


def bodies(folder: Path, secret: bytes = SECRET) -> SealedBodies:
    return SealedBodies(FileBodies(folder, Ids(1), fsync=False), secret)


def stored(where: SealedBodies, data: bytes, chunk: int = 100_000) -> str:
    body = where.stage()
    for start in range(0, len(data), chunk):
        body.write(data[start : start + chunk])
    body.seal()
    return body.ref


def file_of(folder: Path, ref: str) -> Path:
    return folder / ref[:2] / ref


def rewrite(path: Path, sealed: bytes) -> None:
    """Puts other bytes there, with the checksums that belong to them."""
    summing = Summing()
    summing.update(memoryview(sealed))
    path.write_bytes(sealed + summing.ending())


@pytest.mark.parametrize("size", SIZES)
def test_every_range_is_read_as_it_was_written(tmp_path: Path, size: int) -> None:
    data = random.Random(size).randbytes(size)
    where = bodies(tmp_path)
    ref = stored(where, data, chunk=random.Random(size).randrange(1, 2 * PIECE))
    with where.open(ref) as file:
        assert file.seek(0, SEEK_END) == size and file.read() == b""
        assert file.seek(0) == 0 and file.read(-1) == data
        for start in {0, 1, size // 2, PIECE - 1, PIECE, 2 * PIECE + 3, size - 1}:
            for length in (1, 17, PIECE, 2 * PIECE):
                if 0 <= start < size:
                    file.seek(start)
                    assert file.read(length) == data[start : start + length]
                    assert file.read(3) == data[start + length : start + length + 3]
    with FileBodies(tmp_path, Ids(2), fsync=False).open(ref) as raw:
        assert raw.length == sealed_length(size)


def test_pieces_that_change_places_are_noticed(tmp_path: Path) -> None:
    where, data = bodies(tmp_path), bytes(2 * PIECE) + b"end"
    ref, other = stored(where, data), stored(where, data)
    path, sealed_piece = file_of(tmp_path, ref), PIECE + 16
    sealed = path.read_bytes()[: sealed_length(len(data))]
    swapped = sealed[sealed_piece : 2 * sealed_piece] + sealed[:sealed_piece] + sealed[2 * sealed_piece :]
    for wrong in (swapped, file_of(tmp_path, other).read_bytes()[: len(sealed)]):
        rewrite(path, wrong)
        with where.open(ref) as file, pytest.raises(BodyDamaged, match="piece 0 is not what was sealed"):
            file.read(1)
    rewrite(path, sealed)
    with where.open(ref) as file:
        assert file.read() == data
    with bodies(tmp_path, bytes(32)).open(ref) as file, pytest.raises(BodyDamaged):
        file.read(1)


def test_a_row_is_opened_with_its_key_alone() -> None:
    sealed = seal_row(SECRET, b"data")
    assert open_row(SECRET, sealed) == b"data"
    for secret, text in ((bytes(32), sealed), (SECRET, sealed[:-1]), (SECRET, b"")):
        with pytest.raises(BodyDamaged):
            open_row(secret, text)
