"""How functions fail, and what the caller and the log then say."""

import json
import os
import re
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.kit.functions import SQS, client, make_function, make_queue, run, zip_of

from penstock.testing import LocalServer


def test_an_exception_is_the_answer_with_its_trace(server: LocalServer) -> None:
    make_function(server, "raises", 'def handler(event, context):\n    raise ValueError("no: é")\n')

    answer = run(server, "raises")

    assert answer["StatusCode"] == 200
    assert answer["FunctionError"] == "Unhandled"
    found = answer["Payload"]
    assert found["errorType"] == "ValueError"
    assert found["errorMessage"] == "no: é"
    assert found["requestId"] == answer["ResponseMetadata"]["RequestId"]
    assert re.search(r'File ".*/app.py", line 2, in handler', found["stackTrace"][0])
    assert "[ERROR] ValueError: no: é\nTraceback (most recent call last):" in answer["LogResult"]


@pytest.mark.parametrize(
    ("name", "source", "settings", "error_type", "message"),
    [
        (
            "import",
            "import nothing_of_that_name\n",
            {},
            "Runtime.ImportModuleError",
            "Unable to import module 'app'",
        ),
        ("syntax", "def handler(:\n", {}, "Runtime.UserCodeSyntaxError", "Syntax error in module 'app'"),
        ("missing", "x = 1\n", {}, "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'app'"),
        ("init", "raise KeyError('k')\n", {}, "KeyError", "'k'"),
        ("handler", "x = 1\n", {"Handler": "app"}, "Runtime.MalformedHandlerName", "Bad handler 'app'"),
        (
            "result",
            "def handler(e, c):\n    return {1, 2}\n",
            {},
            "Runtime.MarshalError",
            "Unable to marshal response",
        ),
    ],
)
def test_a_function_that_cannot_run_says_why(
    server: LocalServer, name: str, source: str, settings: dict[str, str], error_type: str, message: str
) -> None:
    make_function(server, f"fails-{name}", source, **settings)

    answer = run(server, f"fails-{name}")

    assert answer["FunctionError"] == "Unhandled"
    assert answer["Payload"]["errorType"] == error_type
    assert answer["Payload"]["errorMessage"].startswith(message)
    assert error_type in answer["LogResult"]


def test_a_handler_that_takes_too_long_is_killed(server: LocalServer) -> None:
    source = """
import time
n = 0
def handler(event, context):
    global n
    n += 1
    print("begun")
    if event:
        time.sleep(60)
    return n
"""
    make_function(server, "slow", source, Timeout=1)
    assert run(server, "slow", False)["Payload"] == 1

    answer = run(server, "slow", True)

    id = answer["ResponseMetadata"]["RequestId"]
    assert answer["FunctionError"] == "Unhandled"
    assert answer["Payload"] == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": f"RequestId: {id} Error: Task timed out after 1.00 seconds",
    }
    lines = answer["LogResult"].split("\n")
    assert lines[1] == "begun"
    assert re.fullmatch(
        rf"\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{{3}}Z {id} Task timed out after 1.00 seconds", lines[2]
    )
    assert "Status: timeout" in lines[4]
    assert run(server, "slow", False)["Payload"] == 1, "another worker has taken its place"


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        ("exit", "os._exit(3)", "Runtime exited with error: exit status 3"),
        ("leave", "sys.exit(0)", "Runtime exited without providing a reason"),
        (
            "signal",
            f"os.kill(os.getpid(), {int(signal.SIGSEGV)})",
            "Runtime exited with error: signal: segmentation fault",
        ),
    ],
)
def test_a_process_that_ends_is_an_error_and_is_replaced(
    server: LocalServer, name: str, code: str, message: str
) -> None:
    source = (
        f"import os, sys\ndef handler(event, context):\n    if event:\n        {code}\n    return 'alive'\n"
    )
    make_function(server, f"ends-{name}", source)

    answer = run(server, f"ends-{name}", True)

    id = answer["ResponseMetadata"]["RequestId"]
    assert answer["FunctionError"] == "Unhandled"
    assert answer["Payload"] == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {id} Error: {message}",
    }
    assert f"RequestId: {id} Error: {message}\nRuntime.ExitError\n" in answer["LogResult"]
    assert run(server, f"ends-{name}", False)["Payload"] == "alive"


@pytest.mark.parametrize("pause", [0, 5])
def test_a_function_that_takes_too_much_memory_is_killed(server: LocalServer, pause: int) -> None:
    source = f"""
import time
def handler(event, context):
    x = b"x" * (200 << 20)
    time.sleep({pause})
    return len(x)
"""
    make_function(server, f"greedy-{pause}", source, MemorySize=128, Timeout=10)

    answer = run(server, f"greedy-{pause}")

    id = answer["ResponseMetadata"]["RequestId"]
    assert answer["FunctionError"] == "Unhandled"
    assert answer["Payload"] == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {id} Error: Runtime exited with error: signal: killed",
    }
    assert "Max Memory Used: 128 MB" in answer["LogResult"]


def test_a_response_that_is_too_large_is_an_error(server: LocalServer) -> None:
    make_function(server, "big", "def handler(event, context):\n    return 'x' * 6291555\n")

    answer = run(server, "big")

    assert answer["FunctionError"] == "Unhandled"
    assert answer["Payload"] == {
        "errorType": "Function.ResponseSizeTooLarge",
        "errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
    }


def test_a_response_that_is_far_too_large_is_the_same_error(server: LocalServer) -> None:
    make_function(
        server, "huge", "def handler(event, context):\n    return 'x' * 20_000_000\n", MemorySize=512
    )

    assert run(server, "huge")["Payload"]["errorType"] == "Function.ResponseSizeTooLarge"


def test_a_line_without_an_end_belongs_to_the_run_that_began_it(server: LocalServer) -> None:
    make_function(server, "endless", "def handler(event, context):\n    print(event, end='')\n")

    assert run(server, "endless", "one")["LogResult"].split("\n")[1] == "one"
    assert run(server, "endless", "two")["LogResult"].split("\n")[1] == "two"


def test_output_without_end_is_no_harm(server: LocalServer) -> None:
    make_function(server, "loud", "def handler(event, context):\n    print('x' * 1_000_000)\n    return 1\n")

    answer = run(server, "loud")

    assert answer["Payload"] == 1
    assert len(answer["LogResult"]) == 4096


def test_more_invocations_than_places_wait_for_one() -> None:
    source = "import time\ndef handler(event, context):\n    time.sleep(0.01)\n    return event\n"
    with LocalServer(function_workers=1) as server:
        for name in ("one", "two"):
            make_function(server, name, source, Timeout=30)
        client(server, "lambda")

        with ThreadPoolExecutor(8) as threads:
            work = [(("one", "two")[n % 2], n) for n in range(16)]
            answers = list(threads.map(lambda item: run(server, *item)["Payload"], work))

        assert answers == list(range(16))


def test_a_worker_dies_with_the_server() -> None:
    with LocalServer() as server:
        make_function(server, "mortal", "def handler(event, context):\n    pass\n")
        run(server, "mortal")
        (worker,) = server.app.service("lambda").state.pool._workers.values()
        pid = worker._process.function_pid()
        os.kill(pid, 0)

    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_running_handler_can_still_load_its_files_when_its_code_is_replaced(server: LocalServer) -> None:
    source = """
import boto3
def handler(event, context):
    sqs = boto3.client("sqs")
    sqs.send_message(QueueUrl=event["begun"], MessageBody="begun")
    sqs.receive_message(QueueUrl=event["go"], WaitTimeSeconds=20)
    import late
    return late.VALUE
"""
    begun, _ = make_queue(server, "begun")
    go, _ = make_queue(server, "go")
    make_function(
        server, "replaced", source, may=SQS, Timeout=30, Code={"ZipFile": zip_of(source, late="VALUE = 7")}
    )

    with ThreadPoolExecutor(1) as threads:
        answer = threads.submit(run, server, "replaced", {"begun": begun, "go": go})
        client(server, "sqs").receive_message(QueueUrl=begun, WaitTimeSeconds=20)
        client(server, "lambda").update_function_code(FunctionName="replaced", ZipFile=zip_of("x = 1"))
        client(server, "sqs").send_message(QueueUrl=go, MessageBody="go")

        assert answer.result()["Payload"] == 7


def test_a_server_that_is_stopped_lets_a_running_handler_finish() -> None:
    source = """
import boto3, time
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=event, MessageBody="begun")
    time.sleep(0.3)
    return "finished"
"""
    with ThreadPoolExecutor(1) as threads:
        with LocalServer() as server:
            begun, _ = make_queue(server, "begun")
            make_function(server, "finishes", source, may=SQS, Timeout=30)
            answer = threads.submit(run, server, "finishes", begun)
            client(server, "sqs").receive_message(QueueUrl=begun, WaitTimeSeconds=20)

        assert answer.result()["Payload"] == "finished"


def test_an_event_that_is_cut_short_by_the_end_of_the_server_is_run_again(tmp_path: Path) -> None:
    source = """
import boto3, os, time
def handler(event, context):
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName="runs")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=context.aws_request_id)
    if event == os.environ["AWS_ENDPOINT_URL"]:
        time.sleep(60)
"""
    with LocalServer(data=tmp_path) as server:
        url, _ = make_queue(server, "runs")
        make_function(server, "cut", source, may=[*SQS, "sqs:GetQueueUrl"], Timeout=90)
        client(server, "lambda").invoke(
            FunctionName="cut", InvocationType="Event", Payload=json.dumps(server.endpoint).encode()
        )
        (first,) = client(server, "sqs").receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]

    with LocalServer(data=tmp_path) as server:
        server.advance(5)
        server.settle()
        url = client(server, "sqs").get_queue_url(QueueName="runs")["QueueUrl"]
        (second,) = client(server, "sqs").receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]

    assert first["Body"] == second["Body"], "the same event, under the same request id"
