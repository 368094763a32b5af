"""What follows from the blueprint: batches, counting once, an index of studies, two edges, and a check every night.

    eval "$(penstock env)"; python examples/radiology/hospital.py

``set_up`` is all that it takes; the rest uploads images that pydicom carries, and prints what came of them.
"""

import json
import sys
import time
from pathlib import Path

import boto3
from pydicom.data import get_testdata_file

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from aws import allow, make_function, make_role, on_upload

FUNCTIONS = Path(__file__).parent / "functions"
HEADERS = FUNCTIONS / "image_metadata.py"
BUCKET, EDGES_BUCKET = "hospital-images", "hospital-edges"
TABLES = {
    "HospitalImages": "FileKey",
    "HospitalStudies": "StudyId",
    "HospitalWorklist": "Modality",
    "HospitalMarkers": "EventId",
    "HospitalEdges": "ImageId",
}
IMAGES, STUDIES, WORKLIST, MARKERS, EDGES = TABLES
READ_STREAM = [
    f"dynamodb:{name}" for name in ("GetRecords", "GetShardIterator", "DescribeStream", "ListStreams")
]
READ_QUEUE = [f"sqs:{name}" for name in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")]


def set_up(client):
    """Makes everything."""
    tables = {name: make_table(client, name, key) for name, key in TABLES.items()}
    for bucket in (BUCKET, EDGES_BUCKET):
        client("s3").create_bucket(Bucket=bucket)
    topic = make_topic(client)
    set_up_batches(client, topic, tables)
    set_up_worklist(client, topic, tables)
    set_up_studies(client, tables)
    set_up_edges(client, tables)
    set_up_nightly(client, topic, tables)
    tell_topic(client, topic)


def make_table(client, name, key):
    """Returns the ARN of a new table with this key; that of images has a stream, that of markers forgets."""
    dynamo = client("dynamodb")
    streamed = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    arn = dynamo.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
        KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        **({"StreamSpecification": streamed} if name == IMAGES else {}),
    )["TableDescription"]["TableArn"]
    dynamo.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
    if name == MARKERS:
        expiry = {"Enabled": True, "AttributeName": "Expires"}
        dynamo.update_time_to_live(TableName=name, TimeToLiveSpecification=expiry)
    return arn


def make_topic(client):
    """Returns the ARN of a new topic that the bucket may publish to."""
    sns = client("sns")
    topic = sns.create_topic(Name="hospital-images")["TopicArn"]
    policy = let("s3.amazonaws.com", "sns:Publish", topic, f"arn:aws:s3:::{BUCKET}")
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
    return topic


def let(service, action, resource, source):
    """Returns the policy of a resource that lets a service in on behalf of ``source``."""
    statement = {
        **allow(action, resource),
        "Principal": {"Service": service},
        "Condition": {"ArnEquals": {"aws:SourceArn": source}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def tell_topic(client, topic):
    """Lets the bucket tell the topic of each image."""
    suffix = {"FilterRules": [{"Name": "suffix", "Value": ".dcm"}]}
    rule = {"TopicArn": topic, "Events": ["s3:ObjectCreated:*"], "Filter": {"Key": suffix}}
    client("s3").put_bucket_notification_configuration(
        Bucket=BUCKET, NotificationConfiguration={"TopicConfigurations": [rule]}
    )


def make_worker(client, name, statements, libraries=("pydicom",), **environment):
    """Returns the ARN of the function in functions/``name``.py, which has the code that reads headers beside it."""
    return make_function(
        client,
        f"hospital-{name}",
        FUNCTIONS / f"{name}.py",
        make_role(client, f"hospital-{name}", *statements),
        libraries=libraries,
        beside=[HEADERS],
        Timeout=30,
        Environment={"Variables": {"TABLE": IMAGES, **environment}},
    )


def read_images(bucket=BUCKET):
    """Returns a statement that lets a function read the bucket's objects."""
    return allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*")


def set_up_batches(client, topic, tables):
    """Bucket, topic, queue, function: items are written in batches; what fails twice is put aside."""
    queue, arn = make_queue(client, "hospital-images")
    _, failed = make_queue(client, "hospital-failed")
    redrive = json.dumps({"deadLetterTargetArn": failed, "maxReceiveCount": 2})
    policy = let("sns.amazonaws.com", "sqs:SendMessage", arn, topic)
    client("sqs").set_queue_attributes(
        QueueUrl=queue, Attributes={"Policy": policy, "RedrivePolicy": redrive}
    )
    statements = [read_images(), allow(READ_QUEUE, arn), allow("dynamodb:BatchWriteItem", tables[IMAGES])]
    function = make_worker(client, "batches", statements)
    client("lambda").create_event_source_mapping(
        FunctionName=function,
        EventSourceArn=arn,
        BatchSize=10,
        MaximumBatchingWindowInSeconds=1,
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )
    client("sns").subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"}
    )


def make_queue(client, name):
    """Returns URL and ARN of a new queue; a batch has six times the function's time-out, as Lambda's pages advise."""
    sqs = client("sqs")
    url = sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "180"})["QueueUrl"]
    return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def set_up_worklist(client, topic, tables):
    """The topic invokes the function that counts what waits to be read."""
    statements = [
        read_images(),
        allow("dynamodb:PutItem", tables[MARKERS]),
        allow("dynamodb:UpdateItem", tables[WORKLIST]),
    ]
    function = make_worker(client, "worklist", statements, MARKERS=MARKERS, WORKLIST=WORKLIST)
    client("lambda").add_permission(
        FunctionName=function,
        StatementId="topic",
        Action="lambda:InvokeFunction",
        Principal="sns.amazonaws.com",
        SourceArn=topic,
    )
    client("sns").subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function)


def set_up_studies(client, tables):
    """The stream of the images' table feeds the index of studies."""
    stream = client("dynamodb").describe_table(TableName=IMAGES)["Table"]["LatestStreamArn"]
    statements = [allow(READ_STREAM, stream), allow("dynamodb:UpdateItem", tables[STUDIES])]
    function = make_worker(client, "studies", statements, libraries=(), STUDIES=STUDIES)
    client("lambda").create_event_source_mapping(
        FunctionName=function, EventSourceArn=stream, StartingPosition="TRIM_HORIZON", BatchSize=100
    )


def set_up_edges(client, tables):
    """Each edge's uploads start the function that keeps the later of two."""
    statements = [read_images(EDGES_BUCKET), allow("dynamodb:PutItem", tables[EDGES])]
    function = make_worker(client, "edges", statements, TABLE=EDGES)
    on_upload(client, EDGES_BUCKET, function, suffix=".dcm")


def set_up_nightly(client, topic, tables):
    """At three every night a function looks for images without an item."""
    statements = [
        allow("s3:ListBucket", f"arn:aws:s3:::{BUCKET}"),
        allow("dynamodb:BatchGetItem", tables[IMAGES]),
        allow("sns:Publish", topic),
    ]
    function = make_worker(client, "nightly", statements, libraries=(), BUCKET=BUCKET, TOPIC=topic)
    events = client("events")
    rule = events.put_rule(Name="hospital-nightly", ScheduleExpression="cron(0 3 * * ? *)")["RuleArn"]
    client("lambda").add_permission(
        FunctionName=function,
        StatementId="nightly",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=rule,
    )
    events.put_targets(Rule="hospital-nightly", Targets=[{"Id": "nightly", "Arn": function}])


def upload(client, key, image, bucket=BUCKET, **metadata):
    """Uploads one of the images that pydicom carries."""
    body = Path(get_testdata_file(image, download=False)).read_bytes()
    client("s3").put_object(Bucket=bucket, Key=key, Body=body, Metadata=metadata)


def items(client, table):
    """Returns the items of a small table by their keys, without the keys."""
    found = client("dynamodb").scan(TableName=table, ConsistentRead=True)["Items"]
    return {item.pop(TABLES[table])["S"]: item for item in found}


def main():
    """Sets up, uploads three images and prints the index of studies and the worklist."""
    client = boto3.client
    set_up(client)
    for number, image in enumerate(["MR_small.dcm", "MR_small_RLE.dcm", "CT_small.dcm"]):
        upload(client, f"{number}_scan.dcm", image)
    while sum(len(study["Files"]["SS"]) for study in items(client, STUDIES).values()) < 3:
        time.sleep(0.2)
    print(json.dumps({name: items(client, name) for name in (STUDIES, WORKLIST)}, indent=2))


if __name__ == "__main__":
    main()
