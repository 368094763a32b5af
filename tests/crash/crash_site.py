"""The buckets, queues and function under load, and the checks of what a killed server left."""

import asyncio
import hashlib
import json
import random
import sqlite3
from typing import Any
from urllib.parse import unquote_plus

import psutil

from tests.crash.crash_history import Event, Key, Write
from tests.crash.crash_server import ACCOUNT, REGION, Connection, KillableServer
from tests.kit.functions import TRUST, zip_of
from tests.kit.policies import document, s3_may_send

PLAIN, VERSIONED, FUNCTION = "crash-plain", "crash-versioned", "crash-function"
_EVENTS = ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]
_READERS = 8
_SAMPLE = 25  # old versions read in each round; their ETags are compared in the listing, every one

_HANDLER = """
import json, os, boto3, botocore.config
sqs = boto3.client("sqs", config=botocore.config.Config(retries={"max_attempts": 0}))
def handler(event, context):
    sqs.send_message(QueueUrl=os.environ["QUEUE_URL"], MessageBody=json.dumps(event))
"""


class Site:
    """One server's data directory with everything in it, and the histories of its keys."""

    def __init__(self, server: KillableServer) -> None:
        self.server = server
        self.plain = [[Key(PLAIN, f"w{writer}/k{n}", False) for n in range(3)] for writer in range(5)]
        self.versioned = [
            [Key(VERSIONED, f"w{writer}/k {n}é", True) for n in range(3)] for writer in range(4)
        ]
        self.uploaded = [Key(PLAIN, f"upload/{n}", False) for n in range(2)]
        self.function = [Key(FUNCTION, f"f{n}", False) for n in range(2)]

    @property
    def groups(self) -> list[list[Key]]:
        """Returns the keys of each writer of simple PUTs."""
        return [*self.plain, *self.versioned, self.function]

    @property
    def keys(self) -> list[Key]:
        """Returns every key."""
        return [*(key for group in self.groups for key in group), *self.uploaded]

    def build(self) -> None:
        """Makes the resources, on a running server."""
        s3 = self.server.client("s3")
        for bucket in (PLAIN, VERSIONED, FUNCTION):
            s3.create_bucket(Bucket=bucket)
        s3.put_bucket_versioning(Bucket=VERSIONED, VersioningConfiguration={"Status": "Enabled"})
        self._queue("events", s3_may_send(_queue_arn("events")))
        self._queue("handled", None)
        queue_rule = {"QueueArn": _queue_arn("events"), "Events": _EVENTS}
        for bucket in (PLAIN, VERSIONED):
            _notify(s3, bucket, QueueConfigurations=[queue_rule])
        function_rule = {"LambdaFunctionArn": self._function(), "Events": _EVENTS}
        _notify(s3, FUNCTION, LambdaFunctionConfigurations=[function_rule])

    def _queue(self, name: str, policy: str | None) -> None:
        attributes = {"Policy": policy} if policy else {}
        self.server.client("sqs").create_queue(QueueName=name, Attributes=attributes)

    def _function(self) -> str:
        iam, functions = self.server.client("iam"), self.server.client("lambda")
        trust = document(*TRUST["Statement"])
        role = iam.create_role(RoleName="crash", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        allowed = document({"Effect": "Allow", "Action": ["sqs:SendMessage", "logs:*"], "Resource": "*"})
        iam.put_role_policy(RoleName="crash", PolicyName="send", PolicyDocument=allowed)
        arn: str = functions.create_function(
            FunctionName="relay",
            Runtime="python3.11",
            Handler="app.handler",
            Role=role,
            Code={"ZipFile": zip_of(_HANDLER)},
            Environment={"Variables": {"QUEUE_URL": f"http://sqs/{ACCOUNT}/handled"}},
        )["FunctionArn"]
        functions.add_permission(
            FunctionName="relay",
            StatementId="s3",
            Action="lambda:InvokeFunction",
            Principal="s3.amazonaws.com",
        )
        return arn

    async def receive_events(self) -> None:
        """Hands every event to its key: those in the queue, and those that the function passed on."""
        keys = {(key.bucket, key.name): key for key in self.keys}
        async with Connection(self.server.endpoint) as connection:
            await connection.control("settle")
            for queue in ("events", "handled"):
                for body in await drain(connection, queue):
                    for record in json.loads(body).get("Records", ()):  # the s3:TestEvent has none
                        _hand_over(record, keys)

    async def check_objects(self) -> None:
        """Every key shows the last write that happened, with its exact bytes, and nothing else is there."""
        histories = [(key, key.settle()) for key in self.keys]
        await _in_parallel(self.server.endpoint, [_check_current(key, writes) for key, writes in histories])
        for bucket in (PLAIN, VERSIONED, FUNCTION):
            self._check_listing(
                bucket, {key.name: w[-1].etag for key, w in histories if w and key.bucket == bucket}
            )

    def _check_listing(self, bucket: str, expected: dict[str, str | None]) -> None:
        found = self.server.client("s3").list_objects_v2(Bucket=bucket).get("Contents", [])
        listed = {entry["Key"]: entry["ETag"].strip('"') for entry in found}
        assert listed == {name: etag for name, etag in expected.items() if etag}

    async def check_versions(self, seed: int) -> None:
        """The versions listed are those that happened, newest first; a sample has its exact bytes."""
        keys = [key for group in self.versioned for key in group]
        listed = self._listed_versions()
        for key in keys:
            expected = [(write.version, write.etag) for write in reversed(key.writes)]
            assert listed.get(key.name, []) == expected, key.path
        old = [(key, write) for key in keys for write in key.writes if write.etag]
        chosen = random.Random(seed).sample(old, min(_SAMPLE, len(old)))
        await _in_parallel(self.server.endpoint, [_check_version(key, write) for key, write in chosen])

    def _listed_versions(self) -> dict[str, list[tuple[str, str | None]]]:
        pages = self.server.client("s3").get_paginator("list_object_versions").paginate(Bucket=VERSIONED)
        entries: dict[str, list[tuple[Any, bool, str, str | None]]] = {}
        for page in pages:
            for kind in ("Versions", "DeleteMarkers"):
                for entry in page.get(kind, []):
                    etag = entry["ETag"].strip('"') if kind == "Versions" else None
                    entries.setdefault(entry["Key"], []).append(
                        (entry["VersionId"], etag, entry["LastModified"])
                    )
        return {key: self._newest_first(key, found) for key, found in entries.items()}

    def _newest_first(
        self, name: str, found: list[tuple[str, str | None, Any]]
    ) -> list[tuple[str, str | None]]:
        """A page lists versions and delete markers apart; each list is in order, so they merge by our own history."""
        places = {
            write.version: place
            for key in self.keys
            if key.name == name
            for place, write in enumerate(key.writes)
        }
        assert all(version in places for version, _, _ in found), f"{name}: a version that nobody wrote"
        for etags in (True, False):
            order = [places[version] for version, etag, _ in found if (etag is not None) is etags]
            assert order == sorted(order, reverse=True), f"{name}: versions are listed out of order"
        return sorted(((version, etag) for version, etag, _ in found), key=lambda entry: -places[entry[0]])

    def check_files(self) -> None:
        """Every body file is named by a row, every row's file is there, nothing is left half written."""
        folder = self.server.folder / "bodies"
        files = {path.name for path in folder.rglob("*") if path.is_file()}
        database = sqlite3.connect(f"file:{self.server.folder / 'penstock.db'}?mode=ro", uri=True)
        named = {ref for (ref,) in database.execute("SELECT ref FROM s3_file")}
        parts = " ".join(text for (text,) in database.execute("SELECT files FROM s3_part"))
        objects = " ".join(
            text for (text,) in database.execute("SELECT files FROM s3_object WHERE files <> ''")
        )
        health = database.execute("PRAGMA quick_check").fetchall()
        database.close()
        assert health == [("ok",)]
        assert files == named
        assert [ref for ref in named if ref not in parts and ref not in objects] == []

    def check_no_worker_survives(self) -> None:
        """The killed server's function workers have ended."""
        _, alive = psutil.wait_procs(self.server.children, timeout=10)
        assert alive == []


def _hand_over(record: dict[str, Any], keys: dict[tuple[str, str], Key]) -> None:
    s3 = record["s3"]
    key = keys[s3["bucket"]["name"], unquote_plus(s3["object"]["key"])]
    removed = record["eventName"].startswith("ObjectRemoved:")
    etag = None if removed else s3["object"]["eTag"]
    key.receive(Event(s3["object"]["sequencer"], etag, s3["object"].get("versionId")))


async def drain(connection: Connection, queue: str) -> list[str]:
    """Returns the bodies of everything in the queue, and takes it out."""
    url = f"http://sqs/{ACCOUNT}/{queue}"
    bodies: list[str] = []
    while messages := (await connection.sqs("ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=10)).get(
        "Messages"
    ):
        bodies += [message["Body"] for message in messages]
        entries = [{"Id": str(n), "ReceiptHandle": m["ReceiptHandle"]} for n, m in enumerate(messages)]
        await connection.sqs("DeleteMessageBatch", QueueUrl=url, Entries=entries)
    return bodies


async def _in_parallel(endpoint: str, checks: list[Any]) -> None:
    async def some(share: list[Any]) -> None:
        async with Connection(endpoint) as connection:
            for check in share:
                await check(connection)

    await asyncio.gather(*(some(checks[n::_READERS]) for n in range(_READERS)))


def _check_current(key: Key, writes: list[Write]) -> Any:
    async def check(connection: Connection) -> None:
        answer = await connection.s3("GET", key.path)
        if not writes or writes[-1].etag is None:
            assert answer.status == 404, f"{key.path}: {answer.status}, but it was deleted last"
            return
        _check_bytes(key, writes[-1], answer)

    return check


def _check_version(key: Key, write: Write) -> Any:
    async def check(connection: Connection) -> None:
        _check_bytes(key, write, await connection.s3("GET", key.path, query=f"versionId={write.version}"))

    return check


def _check_bytes(key: Key, write: Write, answer: Any) -> None:
    assert answer.status == 200, f"{key.path}: {answer.status} for {write}"
    assert answer.headers["etag"] == f'"{write.etag}"', f"{key.path}: {answer.headers['etag']} for {write}"
    assert answer.headers.get("x-amz-version-id") == write.version, key.path
    assert hashlib.sha256(answer.body).hexdigest() == key.digests[write.etag], f"{key.path}: other bytes"  # type: ignore[index]


def _notify(s3: Any, bucket: str, **configuration: Any) -> None:
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=configuration)


def _queue_arn(name: str) -> str:
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
