"""What was asked under names that are used once, what was acknowledged, and what became of each.

Objects have a rule that tells a queue; messages are sent to a queue that is read here, and to one that a mapping reads,
whose function passes them on. So an acknowledged name is to be found in one known place, once.
"""

import asyncio
import json
import random
from collections import Counter
from urllib.parse import unquote_plus

from tests.attack.outcome import Outcome
from tests.crash.crash_server import ACCOUNT, LOST, REGION, Answer, Connection, KillableServer
from tests.crash.crash_site import drain
from tests.kit.functions import TRUST, zip_of
from tests.kit.policies import document, s3_may_send

BUCKET, TOLD, SENT, FED, PASSED = "book", "book-told", "book-sent", "book-fed", "book-passed"
EVERYTHING = ("object", "object", SENT, FED)
_WRITERS = 4
_SIZES = (200, 200, 4096, 70_000, 150_000)  # rows up to 64 KiB, files above
_IN_FLIGHT_S = 31  # messages that a killed mapping had taken come back after half a minute
_LOOKS = 5
_PASSES = """
import os, boto3
sqs = boto3.client("sqs")
def handler(event, context):
    for record in event["Records"]:
        sqs.send_message(QueueUrl=os.environ["QUEUE_URL"], MessageBody=record["body"])
"""


class Book:
    """The names of one server, which runs with ``--clock adjustable``."""

    def __init__(self, server: KillableServer, seed: int, kinds: tuple[str, ...] = EVERYTHING) -> None:
        self.server = server
        self._kinds = kinds
        self._random = random.Random(seed)
        self._serial = 0
        self._asked: dict[str, tuple[str, bytes]] = {}
        self._acknowledged: set[str] = set()
        self._seen: Counter[str] = Counter()

    def build(self) -> None:
        """Makes the resources, on a running server."""
        s3, sqs = self.server.client("s3"), self.server.client("sqs")
        s3.create_bucket(Bucket=BUCKET)
        arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}"
        for name in (TOLD, SENT, FED, PASSED):
            policy = {"Policy": s3_may_send(f"{arn}:{name}")} if name == TOLD else {}
            sqs.create_queue(QueueName=name, Attributes=policy)
        rule = {"QueueArn": f"{arn}:{TOLD}", "Events": ["s3:ObjectCreated:*"]}
        s3.put_bucket_notification_configuration(
            Bucket=BUCKET, NotificationConfiguration={"QueueConfigurations": [rule]}
        )
        self._map(f"{arn}:{FED}")

    def connection(self) -> Connection:
        """Returns a connection that signs as the machine's clock has it."""
        return Connection(self.server.endpoint)

    async def load(self, writes: int) -> None:
        """Returns when so many writes were asked for, or the server has gone."""
        tickets = iter(range(writes))
        await asyncio.gather(*(self._write_on(tickets) for _ in range(_WRITERS)))

    async def write(self, connection: Connection, kind: str) -> Answer:
        """Returns the answer to one write: ``object``, or the name of a queue."""
        self._serial += 1
        name = f"{kind}/{self._serial}"
        size = self._random.choice(_SIZES)
        body = (name.encode() * (size // len(name) + 1))[:size]
        self._asked[name] = (kind, body)
        if kind == "object":
            answer = await connection.s3("PUT", f"/{BUCKET}/{name}", body)
        else:
            answer = await connection.ask_sqs(
                "SendMessage", QueueUrl=f"http://sqs/{ACCOUNT}/{kind}", MessageBody=name
            )
        if answer.status == 200:
            self._acknowledged.add(name)
        return answer

    async def check(self) -> Outcome:
        """Returns what has become of everything asked for so far, which is then forgotten."""
        found = Outcome("", acknowledged=len(self._acknowledged))
        async with self.connection() as connection:
            await self._collect(connection)
            missing = await self._missing(connection, found)
        found.missing = len(missing)
        found.failures += [f"{name} was acknowledged and is missing" for name in sorted(missing)]
        found.failures += [f"{name} was never asked for" for name in self._seen if name not in self._asked]
        found.duplicates = sum(times - 1 for times in self._seen.values())
        self._asked, self._acknowledged, self._seen = {}, set(), Counter()
        return found

    async def _write_on(self, tickets: object) -> None:
        try:
            async with self.connection() as connection:
                for _ in tickets:  # type: ignore[attr-defined]
                    await self.write(connection, self._random.choice(self._kinds))
        except LOST:
            return

    async def _collect(self, connection: Connection) -> None:
        for _ in range(_LOOKS):
            await connection.control("settle")
            for queue in (TOLD, SENT, PASSED):
                self._seen.update(name for body in await drain(connection, queue) for name in _names(body))
            if self._acknowledged <= self._seen.keys():
                return
            await connection.control("clock", advance_s=_IN_FLIGHT_S)

    async def _missing(self, connection: Connection, found: Outcome) -> set[str]:
        missing = self._acknowledged - self._seen.keys()
        for name, (kind, body) in self._asked.items():
            if kind != "object":
                continue
            answer = await connection.s3("GET", f"/{BUCKET}/{name}")
            if answer.status == 200 and answer.body != body:
                found.failures.append(f"{name} has other bytes")
            if (answer.status == 200) != (name in self._seen):
                found.failures.append(f"{name} answers {answer.status}, with {self._seen[name]} events")
            if answer.status != 200 and name in self._acknowledged:
                missing.add(name)
        return missing

    def _map(self, source: str) -> None:
        iam, functions = self.server.client("iam"), self.server.client("lambda")
        trust = document(*TRUST["Statement"])
        role = iam.create_role(RoleName="book", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        allowed = document({"Effect": "Allow", "Action": ["sqs:*", "logs:*"], "Resource": "*"})
        iam.put_role_policy(RoleName="book", PolicyName="may", PolicyDocument=allowed)
        functions.create_function(
            FunctionName="passes",
            Runtime="python3.11",
            Handler="app.handler",
            Role=role,
            Timeout=20,
            Code={"ZipFile": zip_of(_PASSES)},
            Environment={"Variables": {"QUEUE_URL": f"http://sqs/{ACCOUNT}/{PASSED}"}},
        )
        functions.create_event_source_mapping(FunctionName="passes", EventSourceArn=source, BatchSize=10)


def _names(body: str) -> list[str]:
    if not body.startswith("{"):
        return [body]
    return [unquote_plus(record["s3"]["object"]["key"]) for record in json.loads(body).get("Records", ())]
