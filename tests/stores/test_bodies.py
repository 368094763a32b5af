"""Bodies too large for a row."""

from pathlib import Path

from penstock.clock import Ids
from penstock.store import Bodies


def test_sweep_removes_files_that_no_row_names(tmp_path: Path) -> None:
    bodies = Bodies(tmp_path / "bodies", Ids(), fsync=True)
    kept, orphan, half = bodies.stage(), bodies.stage(), bodies.stage()
    for body in (kept, orphan, half):
        body.write(b"bytes of " + body.ref.encode())
    kept.seal()
    orphan.seal()
    assert bodies.sweep(lambda refs: {kept.ref} & set(refs)) == 2
    assert bodies.path(kept.ref).read_bytes() == b"bytes of " + kept.ref.encode()
    assert [path for path in (tmp_path / "bodies").rglob("*") if path.is_file()] == [bodies.path(kept.ref)]


def test_files_are_for_the_owner_alone(tmp_path: Path) -> None:
    body = Bodies(tmp_path / "bodies", Ids(), fsync=True).stage()
    body.write(b"secret")
    body.seal()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path.stat().st_mode & 0o777 for path in files] == [0o600]
