"""What was asked under names that are used once, what was acknowledged, and what became of each.

Objects have a rule that tells a queue, or one that runs a function; messages are sent to a queue that is read here, and
to one that a mapping reads. The function passes on what it is told. So an acknowledged name is to be found in one known
place, once.
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
OBJECT, RUN = "object", "run"
EVERYTHING = (OBJECT, OBJECT, RUN, SENT, FED)
_OBJECTS = (OBJECT, RUN)
_WRITERS = 4
_SIZES = (200, 200, 4096, 70_000, 150_000)  # rows up to 64 KiB, files above
_LATER_S = (
    65  # what a killed mapping had taken comes back after half a minute, a failed run after one, then two
)
_LOOKS = 5
_PASSES = """
import os, boto3
sqs = boto3.client("sqs")
def handler(event, context):
    for record in event["Records"]:
        name = record["body"] if "body" in record else record["s3"]["object"]["key"]
        sqs.send_message(QueueUrl=os.environ["QUEUE_URL"], MessageBody=name)
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
        self._ever_asked: set[str] = set()
        self._ever_seen: set[str] = set()

    def build(self) -> None:
        """Makes the resources, on a running server."""
        s3, sqs = self.server.client("s3"), self.server.client("sqs")
        s3.create_bucket(Bucket=BUCKET)
        arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}"
        for name in (TOLD, SENT, FED, PASSED):
            policy = {"Policy": s3_may_send(f"{arn}:{name}")} if name == TOLD else {}
            sqs.create_queue(QueueName=name, Attributes=policy)
        function = self._function(f"{arn}:{FED}")
        rules = {
            "QueueConfigurations": [{"QueueArn": f"{arn}:{TOLD}", **_rule(OBJECT)}],
            "LambdaFunctionConfigurations": [{"LambdaFunctionArn": function, **_rule(RUN)}],
        }
        s3.put_bucket_notification_configuration(Bucket=BUCKET, NotificationConfiguration=rules)

    def connection(self) -> Connection:
        """Returns a connection that signs as the machine's clock has it."""
        return Connection(self.server.endpoint)

    async def load(self, writes: int) -> None:
        """Returns when so many writes were asked for, or the server has gone."""
        tickets = iter(range(writes))
        await asyncio.gather(*(self._write_on(tickets) for _ in range(_WRITERS)))

    async def write(self, connection: Connection, kind: str) -> Answer:
        """Returns the answer to one write: an object of a kind, or a message to the queue of that name."""
        self._serial += 1
        name = f"{kind}/{self._serial}"
        size = self._random.choice(_SIZES)
        body = (name.encode() * (size // len(name) + 1))[:size]
        self._asked[name] = (kind, body)
        self._ever_asked.add(name)
        if kind in _OBJECTS:
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
        found.failures += [
            f"{name} was never asked for" for name in self._seen if name not in self._ever_asked
        ]
        found.failures += [
            f"{name} came {times} times" for name, times in self._seen.items() if _came_again(name, times)
        ]
        found.duplicates = sum(self._seen.values()) - len(self._seen.keys() - self._ever_seen)
        self._ever_seen |= self._seen.keys()
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
            await connection.control("clock", advance_s=_LATER_S)

    async def _missing(self, connection: Connection, found: Outcome) -> set[str]:
        missing = self._acknowledged - self._seen.keys()
        for name, (kind, body) in self._asked.items():
            if kind not in _OBJECTS:
                continue
            answer = await connection.s3("GET", f"/{BUCKET}/{name}")
            if answer.status == 200 and answer.body != body:
                found.failures.append(f"{name} has other bytes")
            if kind == OBJECT and (answer.status == 200) != (name in self._seen):
                found.failures.append(f"{name} answers {answer.status}, with {self._seen[name]} events")
            if answer.status != 200 and name in self._acknowledged:
                missing.add(name)
        return missing

    def _function(self, source: str) -> str:
        """Returns the ARN of the function, which S3 may run and a mapping feeds."""
        iam, functions = self.server.client("iam"), self.server.client("lambda")
        trust = document(*TRUST["Statement"])
        role = iam.create_role(RoleName="book", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        allowed = document({"Effect": "Allow", "Action": ["sqs:*", "logs:*"], "Resource": "*"})
        iam.put_role_policy(RoleName="book", PolicyName="may", PolicyDocument=allowed)
        arn: str = functions.create_function(
            FunctionName="passes",
            Runtime="python3.11",
            Handler="app.handler",
            Role=role,
            Timeout=20,
            Code={"ZipFile": zip_of(_PASSES)},
            Environment={"Variables": {"QUEUE_URL": f"http://sqs/{ACCOUNT}/{PASSED}"}},
        )["FunctionArn"]
        functions.add_permission(
            FunctionName="passes",
            StatementId="s3",
            Action="lambda:InvokeFunction",
            Principal="s3.amazonaws.com",
        )
        functions.create_event_source_mapping(FunctionName="passes", EventSourceArn=source, BatchSize=10)
        return arn


def _came_again(name: str, times: int) -> bool:
    """Returns whether something came again that no function passed on, so that nothing ran twice."""
    return times > 1 and name.startswith((f"{OBJECT}/", f"{SENT}/"))


def _rule(kind: str) -> dict[str, object]:
    prefix = {"Name": "prefix", "Value": f"{kind}/"}
    return {"Events": ["s3:ObjectCreated:*"], "Filter": {"Key": {"FilterRules": [prefix]}}}


def _names(body: str) -> list[str]:
    if not body.startswith("{"):
        return [body]
    return [unquote_plus(record["s3"]["object"]["key"]) for record in json.loads(body).get("Records", ())]
