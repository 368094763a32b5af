"""Versions of objects against a model that is a plain list per key.

The transaction functions are driven directly: what is tested is which row is current, which are there, and that
bodies and files go with the last row that names them.
"""

import asyncio
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from penstock.access import Principal
from penstock.clock import Clock, Ids
from penstock.errors import AwsError
from penstock.server import Call
from penstock.services.s3.buckets.bucket import find_bucket, requested_bucket
from penstock.services.s3.files import Files, Segment, encode_segments, use_files
from penstock.services.s3.objects.cause import Cause
from penstock.services.s3.objects.conditions import UNCONDITIONAL
from penstock.services.s3.objects.delete import Deletion, delete
from penstock.services.s3.objects.get import find
from penstock.services.s3.objects.object import Meta, current_object, find_version
from penstock.services.s3.objects.put import Write, put_draft
from penstock.services.s3.objects.writing import Draft, Versions
from penstock.store import FileBodies, Room, SqliteStore, Statement, Tx

ADD_BUCKET = Statement.of(
    "INSERT INTO s3_bucket (name, account, region, created_ms) VALUES ('b', '1', 'us-east-1', 0)"
)
SET_VERSIONING = Statement.of("UPDATE s3_bucket SET versioning = ?")
REFS = Statement.of("SELECT ref FROM s3_file")
OBJECTS = Statement.of("SELECT count(*) FROM s3_object")
INLINE = Statement.of("SELECT count(*) FROM s3_inline")
KEYS = st.sampled_from(["a", "a/b", "ab", "é"])


class Version(NamedTuple):
    """A version of the model; ``body`` None is a delete marker."""

    id: str
    body: str | None


class VersionsMachine(RuleBasedStateMachine):
    """One bucket; in the model each key has its versions, newest first."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        root = Path(self.folder.name)
        ids = Ids(7)
        self.store = SqliteStore(
            root / "db", [Room("s3", "penstock.services.s3")], durability="off", clock=Clock(), ids=ids
        )
        self.changes: list[Any] = []
        self.store.recorder = lambda tx, changes: self.changes.extend(changes)
        self.files = Files(FileBodies(root / "bodies", ids, fsync=False))
        self.loop = asyncio.new_event_loop()
        self.call = Call("s3", "", "1", "us-east-1", Principal.root("1"), "r", 0, "127.0.0.1", "")
        self.versioning = ""
        self.model: dict[str, list[Version]] = {}
        self.gone: list[tuple[str, str]] = []
        self.count = 0
        self.write(self._make_bucket)
        self.call.seen["b"] = self.read(find_bucket, "b").identity

    def teardown(self) -> None:
        self.files.close()
        self.loop.run_until_complete(self.store.close())
        self.loop.close()
        self.folder.cleanup()

    def write(self, fn: Any, *args: Any) -> Any:
        return self.loop.run_until_complete(self.store.write(fn, *args))

    def read(self, fn: Any, *args: Any) -> Any:
        return self.loop.run_until_complete(self.store.read(fn, *args))

    def _make_bucket(self, tx: Tx) -> None:
        tx.run(ADD_BUCKET)

    def _set_versioning(self, tx: Tx, status: str) -> None:
        tx.run(SET_VERSIONING, status)
        tx.forget("s3.bucket", "b")

    @rule(status=st.sampled_from(["Enabled", "Suspended"]))
    def set_versioning(self, status: str) -> None:
        self.write(self._set_versioning, status)
        self.versioning = status

    def _put(self, tx: Tx, key: str, body: str, as_file: bool) -> str:
        write = Write(
            self.call, {"Bucket": "b", "Key": key}, UNCONDITIONAL, Cause.of(self.call, "ObjectCreated:Put")
        )
        draft = Draft(len(body), body, Meta().encode(), None if as_file else body.encode())
        if as_file:
            segments = [Segment(body, 0, len(body))]
            use_files(tx, segments)
            draft.files = encode_segments(segments)
        bucket = requested_bucket(tx, write.call, write.params)
        return put_draft(tx, self.files, write, bucket, draft).version

    @rule(key=KEYS, as_file=st.booleans())
    def put(self, key: str, as_file: bool) -> None:
        self.count += 1
        body = f"{self.count:032x}"
        version = self.write(self._put, key, body, as_file)
        assert (version == "null") == (self.versioning != "Enabled")
        self._add(key, Version(version, body))

    def _add(self, key: str, version: Version) -> None:
        kept = [old for old in self.model.get(key, []) if old.id != version.id]
        self.model[key] = [version, *kept]

    def _delete(self, tx: Tx, key: str, version: str | None) -> Any:
        bucket = find_bucket(tx, "b")
        assert bucket is not None
        return delete(
            Versions(tx, self.files, bucket, Cause.of(self.call, "ObjectRemoved")), Deletion(key, version)
        )

    @rule(key=KEYS)
    def delete_object(self, key: str) -> None:
        before = len(self.changes)
        deleted = self.write(self._delete, key, None)
        had = bool(self.model.get(key))
        if self.versioning:
            assert deleted.marker
            self._add(key, Version(deleted.version, None))
            assert self.changes[-1].event_name == "ObjectRemoved:DeleteMarkerCreated"
        else:
            self.model.pop(key, None)
            assert len(self.changes) - before == int(had)

    @precondition(lambda self: any(self.model.values()))
    @rule(data=st.data())
    def delete_version(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(key for key, versions in self.model.items() if versions)))
        version = data.draw(st.sampled_from(self.model[key]))
        deleted = self.write(self._delete, key, version.id)
        assert deleted.marker == (version.body is None)
        assert self.changes[-1].event_name == "ObjectRemoved:Delete"
        self.model[key].remove(version)
        if version.id != "null":
            self.gone.append((key, version.id))

    @rule(key=KEYS)
    def delete_a_version_that_never_was(self, key: str) -> None:
        before = len(self.changes)
        with pytest.raises(AwsError, match="InvalidArgument"):
            self.write(self._delete, key, "x" * 27 + "00001")
        assert len(self.changes) == before

    @precondition(lambda self: self.gone)
    @rule(data=st.data())
    def delete_a_version_that_is_gone(self, data: st.DataObject) -> None:
        key, version = data.draw(st.sampled_from(self.gone))
        before = len(self.changes)
        assert not self.write(self._delete, key, version).marker
        assert len(self.changes) == before

    @invariant()
    def every_version_is_found_by_its_id(self) -> None:
        for key, versions in self.model.items():
            for version in versions:
                found = self.read(find_version, 1, key, version.id)
                assert found.etag == (version.body or "")
                assert bool(found.delete_marker) == (version.body is None)

    @invariant()
    def a_get_sees_the_newest_version(self) -> None:
        for key, versions in self.model.items():
            current = self.read(current_object, 1, key)
            assert (current.version if current else None) == (versions[0].id if versions else None)
            if versions and versions[0].body is not None:
                found = self.read(find, self.call, {"Bucket": "b", "Key": key}, "GET")
                assert found.object.etag == versions[0].body
                assert found.data in (None, versions[0].body.encode())
            else:
                with pytest.raises(AwsError, match="NoSuchKey"):
                    self.read(find, self.call, {"Bucket": "b", "Key": key}, "GET")

    @invariant()
    def rows_bodies_and_files_are_those_of_the_model(self) -> None:
        bodies = {version.body for versions in self.model.values() for version in versions if version.body}
        assert self.read(count_of, OBJECTS) == sum(map(len, self.model.values()))
        inline = self.read(count_of, INLINE)
        files = self.read(lambda tx: {ref for (ref,) in tx.all(REFS)})
        assert files <= bodies
        assert inline + len(files) == len(bodies)


def count_of(tx: Any, statement: Statement) -> Any:
    return tx.one(statement)[0]


TestVersions = VersionsMachine.TestCase
TestVersions.settings = settings(
    derandomize=True,
    max_examples=30,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
