"""How long after a PUT its event arrives: at a long-polling receiver, and at the start of a Lambda handler."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

from rich.console import Console

from bench import servers
from bench.exchange import Exchange
from bench.figures import Figure, percentile
from bench.servers import HOST, Server
from bench.setup import client, make_function, watched_bucket
from bench.signing import ACCOUNT, Signer

GROUP = "latency"
_PAUSE_S = 0.005  # lets the receiver's request reach the server before the PUT is sent
_PACE_S = 0.02  # between PUTs of the Lambda figure: invocations must not queue behind each other
_LOGS_TIMEOUT_S = 30.0

_HANDLER = """
import json, time
def handler(event, context):
    started = time.time_ns()
    for record in event["Records"]:
        print(json.dumps({"key": record["s3"]["object"]["key"], "started_ns": started}))
"""


def measure(console: Console, *, samples: int) -> list[Figure]:
    """Returns percentiles over ``samples`` single events on an idle server."""
    with servers.scratch() as folder, servers.penstock(Path(folder) / "data") as server:
        puts, receives = asyncio.run(_to_receiver(server, samples))
        starts = asyncio.run(_to_handler(server, samples, console))
    return [
        _figure("PUT → its answer", puts),
        _figure("PUT → receiver", receives),
        _figure("PUT → handler start", starts),
    ]


def _figure(name: str, seconds: list[float]) -> Figure:
    ordered = sorted(seconds)
    p50, p99 = (percentile(ordered, percent) * 1000 for percent in (50, 99))
    return Figure(GROUP, f"{name} (n={len(ordered)})", f"{p50:.2f} / {p99:.2f} ms")


async def _to_receiver(server: Server, samples: int) -> tuple[list[float], list[float]]:
    watched = watched_bucket(server, "latency-queue")
    await _drop_test_event(server, watched.queue_url)
    sender, receiver = await Exchange.open(HOST, server.port), await Exchange.open(HOST, server.port)
    receive = _sqs(
        server, "ReceiveMessage", QueueUrl=watched.queue_url, WaitTimeSeconds=20, VisibilityTimeout=3600
    )
    puts, receives = [], []
    for number in range(samples):
        request = _put(server, watched.bucket, f"o{number}")
        arrival = asyncio.ensure_future(receiver.send(receive))
        await asyncio.sleep(_PAUSE_S)
        sent = time.perf_counter()
        arrival.add_done_callback(lambda _, sent=sent: receives.append(time.perf_counter() - sent))
        answer = await sender.send(request)
        puts.append(time.perf_counter() - sent)
        assert answer.status == 200, answer
        assert f"o{number}".encode() in (await arrival).body
    sender.close()
    receiver.close()
    return puts, receives


async def _drop_test_event(server: Server, queue_url: str) -> None:
    sqs = client(server, "sqs")
    for message in sqs.receive_message(QueueUrl=queue_url).get("Messages", []):
        sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])


def _put(server: Server, bucket: str, key: str) -> bytes:
    return Signer(f"{HOST}:{server.port}", "s3").request("PUT", f"/{bucket}/{key}", bytes(1024))


def _sqs(server: Server, operation: str, **params: Any) -> bytes:
    headers = {"x-amz-target": f"AmazonSQS.{operation}", "content-type": "application/x-amz-json-1.0"}
    body = json.dumps(params).encode()
    return Signer(f"{HOST}:{server.port}", "sqs").request("POST", "/", body, headers=headers)


async def _to_handler(server: Server, samples: int, console: Console) -> list[float]:
    bucket = "latency-function"
    _function_rule(server, bucket)
    sender = await Exchange.open(HOST, server.port)
    sent = {}
    for number in range(-5, samples):  # the first ones start the worker and are not counted
        key = f"o{number}"
        request = _put(server, bucket, key)
        sent[key] = time.time_ns()
        answer = await sender.send(request)
        assert answer.status == 200, answer
        await asyncio.sleep(_PACE_S if number >= 0 else 0.5)
    sender.close()
    started = _handler_starts(server, len(sent))
    if missing := sent.keys() - started.keys():
        console.print(f"[red]{len(missing)} of {len(sent)} events have not reached the function's log[/]")
    return [(started[key] - sent[key]) / 1e9 for key in sent if key in started and not key.startswith("o-")]


def _function_rule(server: Server, bucket: str) -> None:
    functions, s3 = client(server, "lambda"), client(server, "s3")
    arn = make_function(server, "bench", _HANDLER, "logs:*")
    s3.create_bucket(Bucket=bucket)
    functions.add_permission(
        FunctionName="bench",
        StatementId="s3",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
        SourceArn=f"arn:aws:s3:::{bucket}",
        SourceAccount=ACCOUNT,
    )
    rule = {"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"LambdaFunctionConfigurations": [rule]}
    )


def _handler_starts(server: Server, expected: int) -> dict[str, int]:
    logs = client(server, "logs")
    pages = logs.get_paginator("filter_log_events")
    deadline = time.perf_counter() + _LOGS_TIMEOUT_S
    started: dict[str, int] = {}
    while len(started) < expected and time.perf_counter() < deadline:
        time.sleep(0.2)
        for page in pages.paginate(logGroupName="/aws/lambda/bench", filterPattern="started_ns"):
            for line in (json.loads(event["message"]) for event in page["events"]):
                started.setdefault(line["key"], line["started_ns"])
    return started
