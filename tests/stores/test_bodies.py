"""Bodies too large for a row."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from penstock.clock import Ids
from penstock.errors import BodyDamaged
from penstock.store import BodyStore, FileBodies
from penstock.store.bodies import file_bodies


def sealed(bodies: BodyStore, data: bytes) -> str:
    """Returns the reference of a new body."""
    body = bodies.stage()
    body.write(data)
    body.seal()
    return body.ref


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_sealed_body_is_read_by_its_reference_even_while_it_is_removed(tmp_path: Path) -> None:
    bodies = FileBodies(tmp_path, Ids(), fsync=True)
    ref = sealed(bodies, b"0123456789")
    with bodies.open(ref) as file:
        bodies.remove([ref])
        file.seek(4)
        assert file.read(3) == b"456"
    assert files(tmp_path) == []


def test_a_discarded_body_leaves_nothing(tmp_path: Path) -> None:
    body = FileBodies(tmp_path, Ids(), fsync=True).stage()
    body.write(b"half")
    body.discard()
    assert files(tmp_path) == []


def test_sweep_removes_bodies_that_no_row_names(tmp_path: Path) -> None:
    bodies = FileBodies(tmp_path, Ids(), fsync=True)
    kept, _ = sealed(bodies, b"kept"), sealed(bodies, b"orphan")
    bodies.stage().write(b"half")
    assert bodies.sweep(lambda refs: {kept} & set(refs)) == 2
    assert [path.name for path in files(tmp_path)] == [kept]
    with bodies.open(kept) as file:
        assert file.readall() == b"kept"


def test_sweep_leaves_what_is_not_named_as_a_body_is(tmp_path: Path) -> None:
    bodies = FileBodies(tmp_path, Ids(), fsync=True)
    strangers = [
        tmp_path / "ab" / "notes.txt",
        tmp_path / "staging" / "notes.txt",
        tmp_path / "ab" / ("c" * 32),
    ]
    for path in strangers:
        path.parent.mkdir(exist_ok=True)
        path.touch()
    assert bodies.sweep(lambda refs: set()) == 0
    assert sorted(files(tmp_path)) == sorted(strangers)


def test_a_body_is_durable_under_its_name_even_when_its_folder_was_just_made_by_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    monkeypatch.setattr(file_bodies, "sync_folder", lambda folder: synced.append(folder.name))
    bodies = FileBodies(tmp_path / "bodies", Ids(), fsync=True)
    body = bodies.stage()
    (tmp_path / "bodies" / body.ref[:2]).mkdir()
    body.seal()
    assert synced == ["bodies", body.ref[:2]]


def test_bodies_are_for_the_owner_alone(tmp_path: Path) -> None:
    sealed(FileBodies(tmp_path / "bodies", Ids(), fsync=True), b"secret")
    assert [path.stat().st_mode & 0o777 for path in files(tmp_path)] == [0o600]
    assert os.stat(tmp_path / "bodies" / "staging").st_mode & 0o777 == 0o700


def test_a_body_of_an_earlier_release_gets_one_ending_however_many_give_it_one(tmp_path: Path) -> None:
    bodies, data = FileBodies(tmp_path, Ids(), fsync=True), bytes(5_000_000)
    ref = "ab" * 16
    (tmp_path / "ab").mkdir()
    (tmp_path / "ab" / ref).write_bytes(data)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(bodies.complete, [ref] * 4))
    with bodies.open(ref) as body:
        assert body.blocks is not None
        assert body.readall() == data


def test_a_body_that_is_taken_over_is_verified_and_taken_once(tmp_path: Path) -> None:
    here, there = (FileBodies(tmp_path / name, Ids(), fsync=True) for name in ("here", "there"))
    ref = sealed(there, b"whole")
    assert here.take(ref, there) and not here.take(ref, there)
    with here.open(ref) as body:
        assert body.readall() == b"whole"
    rotten = sealed(there, b"rotten")
    path = tmp_path / "there" / rotten[:2] / rotten
    path.write_bytes(b"R" + path.read_bytes()[1:])
    with pytest.raises(BodyDamaged, match="block 0"):
        here.take(rotten, there)
    assert len(files(tmp_path / "here")) == 1
