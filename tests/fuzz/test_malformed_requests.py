"""Whatever arrives, the server answers in AWS's words, shows nothing of itself, and goes on.

Every request is made from a fixed seed, so a failure shows the bytes that caused it and comes back on each run.
"""

import io
import logging
import random
import zipfile
from collections.abc import Iterator
from dataclasses import replace

import pytest
from fuzz_garbage import DOCUMENTS, RAW
from fuzz_mutations import mutate
from fuzz_seeds import BUCKET, UPLOAD_ID, seeds
from fuzz_wire import Answer, Request, Wire, fault

from penstock.testing import LocalServer
from penstock.testing.server import ACCESS_KEY_ID, SECRET

SEEDS = seeds()
MUTANTS = 150
FORGED = "not-the-secret"
KEPT_BUCKET, KEPT_QUEUE = "kept-bucket", "kept-queue"


class ErrorLog(logging.Handler):
    """Collects what the server logs as an error: the defects that no answer shows."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(self.format(record)[-900:])

    def take(self) -> list[str]:
        """Returns what was logged since the last time."""
        messages, self.messages = self.messages, []
        return messages


@pytest.fixture(scope="module")
def error_log() -> Iterator[ErrorLog]:
    log = ErrorLog()
    logging.getLogger().addHandler(log)
    yield log
    logging.getLogger().removeHandler(log)


@pytest.fixture(scope="module")
def target(server: LocalServer, error_log: ErrorLog) -> LocalServer:
    """A server with the resources that the valid requests name, and some that must come through unharmed."""
    for bucket in (BUCKET, KEPT_BUCKET):
        server.client("s3").create_bucket(Bucket=bucket)
    server.client("s3").put_object(Bucket=KEPT_BUCKET, Key="kept", Body=b"unharmed")
    server.client("s3").put_object(Bucket=BUCKET, Key="a", Body=b"hello", Tagging="a=b")
    for queue in ("fuzz-queue", KEPT_QUEUE):
        server.client("sqs").create_queue(QueueName=queue)
    url = server.client("sqs").get_queue_url(QueueName=KEPT_QUEUE)["QueueUrl"]
    server.client("sqs").send_message(QueueUrl=url, MessageBody="unharmed")
    server.client("logs").create_log_group(logGroupName="/aws/lambda/fuzz")
    _create_function(server)
    return server


def _create_function(server: LocalServer) -> None:
    trust = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",'
    trust += '"Principal":{"Service":"lambda.amazonaws.com"}}]}'
    role = server.client("iam").create_role(RoleName="fuzz-function", AssumeRolePolicyDocument=trust)["Role"][
        "Arn"
    ]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr("echo.py", "def handler(event, context):\n    return event\n")
    server.client("lambda").create_function(
        FunctionName="fuzz",
        Runtime="python3.11",
        Handler="echo.handler",
        Role=role,
        Code={"ZipFile": archive.getvalue()},
    )


@pytest.fixture(scope="module")
def wire(target: LocalServer) -> Iterator[Wire]:
    wire = Wire(target.endpoint)
    yield wire
    wire.close()


@pytest.fixture(scope="module")
def upload_id(target: LocalServer) -> str:
    return target.client("s3").create_multipart_upload(Bucket=BUCKET, Key="multi")["UploadId"]


@pytest.mark.parametrize(
    "number", range(len(SEEDS)), ids=lambda n: f"{n:02}_{SEEDS[n].service}_{SEEDS[n].method}"
)
def test_a_mutated_request_is_answered_in_the_words_of_its_service(
    target: LocalServer, wire: Wire, error_log: ErrorLog, upload_id: str, number: int
) -> None:
    rng = random.Random(number)
    seed = replace(SEEDS[number], query=SEEDS[number].query.replace(UPLOAD_ID, upload_id))
    faults = []
    for _ in range(MUTANTS):
        request = mutate(seed, rng)
        data = _in_some_signature(request, target, rng)
        answer = _send(wire, data, request.method)
        if isinstance(answer, str):
            faults.append(f"{answer}\n    {_shown(data)}")
        elif found := fault(answer, request.method):
            faults.append(f"{found}\n    {_shown(data)}\n    {answer.status} {answer.body[:300]!r}")
    logged = error_log.take()
    assert not faults and not logged, "\n" + "\n".join(faults[:5] + logged[:3])


def _in_some_signature(request: Request, server: LocalServer, rng: random.Random) -> bytes:
    kind = rng.random()
    if kind < 0.08:
        return request.unsigned(server.endpoint)
    if kind < 0.16:
        return request.signed(server.endpoint, ACCESS_KEY_ID, FORGED)
    return request.signed(server.endpoint, ACCESS_KEY_ID, SECRET)


def _send(wire: Wire, data: bytes, method: str = "") -> Answer | str:
    try:
        return wire.send(data, method=method)
    except TimeoutError:
        wire.close()
        return "no answer within the client's patience"


def _shown(data: bytes) -> str:
    head, _, body = data.partition(b"\r\n\r\n")
    return f"{head.decode('latin-1')!r}\n    body {body[:400]!r} ({len(body)} bytes)"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_hostile_document_is_refused_in_the_words_of_its_service(
    target: LocalServer, wire: Wire, error_log: ErrorLog, name: str
) -> None:
    request = DOCUMENTS[name]
    answer = _send(wire, request.signed(target.endpoint, ACCESS_KEY_ID, SECRET), request.method)
    assert isinstance(answer, Answer), answer
    assert fault(answer, request.method) is None, answer
    assert 400 <= answer.status < 500 or answer.status == 501, answer
    assert error_log.take() == []


@pytest.mark.parametrize("name", RAW)
def test_garbage_on_the_socket_is_refused_or_hung_up_on(
    target: LocalServer, wire: Wire, error_log: ErrorLog, name: str
) -> None:
    wire.close()
    try:
        answer = wire.send(RAW[name], finish=True)
    finally:
        wire.close()
    assert answer.status in (0, *range(400, 500), 501, 505), answer
    assert b"Traceback" not in answer.body
    assert error_log.take() == []


def test_random_bytes_do_not_bring_the_server_down(target: LocalServer, error_log: ErrorLog) -> None:
    rng = random.Random(0)
    for _ in range(200):
        wire = Wire(target.endpoint)
        answer = wire.send(rng.randbytes(rng.randint(1, 2_000)), finish=True)
        wire.close()
        assert answer.status in (0, 400), answer
    assert error_log.take() == []


def test_the_server_is_unharmed_afterwards(target: LocalServer) -> None:
    s3, sqs = target.client("s3"), target.client("sqs")
    assert s3.get_object(Bucket=KEPT_BUCKET, Key="kept")["Body"].read() == b"unharmed"
    assert [entry["Key"] for entry in s3.list_objects_v2(Bucket=KEPT_BUCKET)["Contents"]] == ["kept"]
    s3.put_object(Bucket=KEPT_BUCKET, Key="new", Body=b"new")
    assert s3.get_object(Bucket=KEPT_BUCKET, Key="new")["Body"].read() == b"new"
    url = sqs.get_queue_url(QueueName=KEPT_QUEUE)["QueueUrl"]
    assert [message["Body"] for message in sqs.receive_message(QueueUrl=url)["Messages"]] == ["unharmed"]
    assert target.client("sts").get_caller_identity()["Account"] == "000000000000"
    assert "fuzz" in [
        found["FunctionName"] for found in target.client("lambda").list_functions()["Functions"]
    ]
