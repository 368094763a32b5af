"""Large files are cut into ranges, worked on side by side, and joined: exactly once in effect.

    eval "$(penstock env)"; python examples/ranges/ranges.py

Shows how long one function takes for the whole file, and how long several take for its ranges.
"""

import io
import json
import sys
import time
from pathlib import Path

import boto3

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from aws import allow, make_function, make_role, on_upload

HERE = Path(__file__).parent
FILES, RESULTS, QUEUE = "ranges-files", "ranges-results", "ranges"
STATIONS = ("Hamburg", "Köln", "Passau", "Wien")


def set_up(client, range_bytes=8 * 1024 * 1024):
    """Makes buckets, queue, the function that cuts and the one that works, and what starts them."""
    s3, sqs = client("s3"), client("sqs")
    for bucket in (FILES, RESULTS):
        s3.create_bucket(Bucket=bucket)
    url = sqs.create_queue(QueueName=QUEUE, Attributes={"VisibilityTimeout": "360"})["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    splits = make_role(client, "ranges-split", allow("sqs:SendMessage", queue))
    split = make_function(
        client,
        "ranges-split",
        HERE / "functions" / "split.py",
        splits,
        Timeout=60,
        Environment={"Variables": {"RANGES_URL": url, "RANGE_BYTES": str(range_bytes)}},
    )
    on_upload(client, FILES, split, suffix=".csv")
    works = make_role(
        client,
        "ranges-work",
        allow(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], queue),
        allow("s3:GetObject", [f"arn:aws:s3:::{FILES}/*", f"arn:aws:s3:::{RESULTS}/*"]),
        allow("s3:PutObject", f"arn:aws:s3:::{RESULTS}/*"),
        allow("s3:ListBucket", f"arn:aws:s3:::{RESULTS}"),
    )
    work = make_function(
        client,
        "ranges-work",
        HERE / "functions" / "work.py",
        works,
        Timeout=60,
        MemorySize=512,
        Environment={"Variables": {"RESULTS": RESULTS}},
    )
    client("lambda").create_event_source_mapping(
        FunctionName=work,
        EventSourceArn=queue,
        BatchSize=1,
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )


def readings(count):
    """Returns a file of ``count`` records, and the totals that it holds."""
    text = io.StringIO()
    totals = dict.fromkeys(STATIONS, 0)
    for number in range(count):
        station, reading = STATIONS[number % len(STATIONS)], number % 97
        text.write(f"{station},{reading}\n")
        totals[station] += reading
    return text.getvalue().encode(), totals


def main():
    """Sets up, uploads a file twice, in one range and in many, and shows how long each took."""
    client = boto3.client
    set_up(client)
    s3 = client("s3")
    body, totals = readings(4_000_000)
    for name, range_bytes in (("whole", len(body)), ("ranges", len(body) // 8)):
        client("lambda").update_function_configuration(
            FunctionName="ranges-split",
            Environment={
                "Variables": {
                    "RANGES_URL": client("sqs").get_queue_url(QueueName=QUEUE)["QueueUrl"],
                    "RANGE_BYTES": str(range_bytes),
                }
            },
        )
        client("lambda").get_waiter("function_updated_v2").wait(FunctionName="ranges-split")
        started = time.perf_counter()
        s3.put_object(Bucket=FILES, Key=f"{name}.csv", Body=body + name.encode() + b",0\n")
        result = wait_for(s3, f"results/{name}.csv.json")
        print(f"{name}: {result['records']:,} records in {time.perf_counter() - started:.1f} s")
        assert {station: result["totals"][station] for station in STATIONS} == totals


def wait_for(s3, key):
    """Returns the result when it is there."""
    while not s3.list_objects_v2(Bucket=RESULTS, Prefix=key)["KeyCount"]:
        time.sleep(0.1)
    return json.loads(s3.get_object(Bucket=RESULTS, Key=key)["Body"].read())


if __name__ == "__main__":
    main()
