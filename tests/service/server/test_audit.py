"""The audit trail: what is recorded, what is kept out, and what is noticed of a change."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.cli import run_cli
from tests.kit.control import ask
from tests.kit.functions import make_function
from tests.kit.roles import clients_of

from penstock.store import Statement
from penstock.testing import LocalServer
from penstock.testing.server import ACCOUNT, REGION

OTHER = "111111111111"
OTHERS_KEY, OTHERS_SECRET = "AKIAOTHERACCOUNTKEY1", "other-accounts-secret"


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    """A server with two accounts."""
    accounts = f"{ACCOUNT}:AKIAPENSTOCKTESTING1:penstock-testing-secret,{OTHER}:{OTHERS_KEY}:{OTHERS_SECRET}"
    with LocalServer(accounts=accounts) as running:
        yield running


def records(server: LocalServer, **asked: str) -> list[dict[str, Any]]:
    """Returns the records that have what is asked for, the newest first, as the command prints them."""
    words = [word for name, value in asked.items() for word in (f"--{name}", value)]
    out, _ = run_cli(server, "audit", "search", "--json", *words)
    return parsed(out)


def parsed(out: str) -> list[dict[str, Any]]:
    """Returns the documents of JSON lines, whose texts may hold what Python takes for the end of a line."""
    return [json.loads(line) for line in out.split("\n") if line]


def set_data(server: LocalServer, *arns: str) -> None:
    words = [word for arn in arns for word in ("--data-events", arn)]
    run_cli(server, "audit", "settings", *(words or ["--no-data-events"]))


def change(server: LocalServer, sql: str, *params: object) -> None:
    """Changes the trail behind the server's back."""
    server.wait(server.app.store.write(lambda tx: tx.run(Statement.of(sql), *params)))


def last(server: LocalServer) -> int:
    """Returns the number of the last record."""
    out, _ = run_cli(server, "audit", "verify")
    return int(out.split()[-1].partition(":")[0])


def findings(server: LocalServer) -> list[str]:
    with pytest.raises(AssertionError) as caught:
        run_cli(server, "audit", "verify")
    return [line for line in str(caught.value).splitlines() if "looked at" not in line]


def test_calls_on_contents_leave_no_record_until_they_are_asked_for(server: LocalServer) -> None:
    s3 = server.client("s3")
    s3.create_bucket(Bucket="patients")
    s3.put_object(Bucket="patients", Key="before", Body=b"1")
    set_data(server, "arn:aws:s3:::patients/images/")
    s3.put_object(Bucket="patients", Key="images/1", Body=b"a patient's name", ContentType="text/plain")
    s3.get_object(Bucket="patients", Key="images/1")["Body"].read()
    s3.put_object(Bucket="patients", Key="other/1", Body=b"1")
    s3.delete_objects(Bucket="patients", Delete={"Objects": [{"Key": "images/1"}, {"Key": "other/1"}]})
    set_data(server)
    s3.put_object(Bucket="patients", Key="images/2", Body=b"1")

    found = [record for record in records(server, resource="patients") if record["eventCategory"] == "Data"]
    assert [record["eventName"] for record in found] == ["DeleteObjects", "GetObject", "PutObject"]
    assert [record["readOnly"] for record in found] == [False, True, False]
    wanted = {"bucketName": "patients", "contentType": "text/plain", "key": "images/1"}
    assert found[2]["requestParameters"].items() >= wanted.items()
    assert {resource["ARN"] for resource in found[0]["resources"]} >= {
        "arn:aws:s3:::patients/images/1",
        "arn:aws:s3:::patients/other/1",
    }
    assert [one["eventName"] for one in records(server, resource="arn:aws:s3:::patients/images/1")] == [
        "DeleteObjects",
        "GetObject",
        "PutObject",
    ]
    assert "patient's name" not in run_cli(server, "audit", "export")[0]


def test_a_selector_may_mean_reads_or_writes_alone(server: LocalServer) -> None:
    dynamodb = server.client("dynamodb")
    dynamodb.create_table(
        TableName="images",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    table = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/images"
    set_data(server, f"read:{table}", "write:arn:aws:sqs:", "arn:aws:sns:", "arn:aws:lambda:")
    dynamodb.put_item(TableName="images", Item={"id": {"S": "a"}, "name": {"S": "Jane Doe"}})
    dynamodb.get_item(TableName="images", Key={"id": {"S": "a"}})
    dynamodb.query(
        TableName="images",
        KeyConditionExpression="id = :id",
        ExpressionAttributeValues={":id": {"S": "Jane Doe"}},
    )
    url = server.client("sqs").create_queue(QueueName="audited")["QueueUrl"]
    server.client("sqs").send_message(QueueUrl=url, MessageBody="Jane Doe is ill")
    server.client("sqs").receive_message(QueueUrl=url)
    topic = server.client("sns").create_topic(Name="audited")["TopicArn"]
    server.client("sns").publish(TopicArn=topic, Message="Jane Doe is ill", Subject="Jane Doe")
    make_function(server, "audited", "def handler(event, context):\n    return 'Jane Doe'\n", may=())
    server.client("lambda").invoke(FunctionName="audited", Payload=b'"Jane Doe"')
    set_data(server)

    out, _ = run_cli(server, "audit", "export")
    data = [
        record
        for record in map(json.loads, out.rstrip("\n").split("\n"))
        if record["eventCategory"] == "Data"
    ]
    names = [record["eventName"] for record in data if record["eventSource"] != "s3.amazonaws.com"]
    assert names == ["GetItem", "Query", "SendMessage", "Publish", "Invoke"]
    assert data[-5]["requestParameters"] == {"tableName": "images", "key": {"id": {"s": "a"}}}
    assert "Jane Doe" not in out
    kinds = {resource["type"] for record in data[-5:] for resource in record["resources"]}
    assert kinds == {"AWS::DynamoDB::Table", "AWS::SQS::Queue", "AWS::SNS::Topic", "AWS::Lambda::Function"}


def test_no_secret_is_in_any_record(server: LocalServer) -> None:
    secret = "s3cr3t-that-nobody-may-read"
    server.client("secretsmanager").create_secret(Name="audited", SecretString=secret)
    server.client("ssm").put_parameter(Name="audited", Value=secret, Type="SecureString")
    key = server.client("kms").create_key()["KeyMetadata"]["KeyId"]
    server.client("kms").encrypt(KeyId=key, Plaintext=secret.encode())
    server.client("iam").create_user(UserName="audited")
    made = server.client("iam").create_access_key(UserName="audited")["AccessKey"]
    grant = server.client("kms").create_grant(
        KeyId=key, GranteePrincipal=f"arn:aws:iam::{ACCOUNT}:root", Operations=["Decrypt"]
    )
    make_function(
        server, "audited-secret", "handler = print\n", may=(), Environment={"Variables": {"PASSWORD": secret}}
    )
    server.client("events").create_connection(
        Name="audited",
        AuthorizationType="API_KEY",
        AuthParameters={"ApiKeyAuthParameters": {"ApiKeyName": "key", "ApiKeyValue": secret}},
    )
    client = clients_of(server, "audited", "s3:*")
    client("s3").list_buckets()
    out, _ = run_cli(server, "audit", "export")
    assert secret not in out
    assert made["SecretAccessKey"] not in out
    assert grant["GrantToken"] not in out
    assumed = records(server, event="AssumeRole", resource="audited")
    assert {record["responseElements"] for record in assumed} == {None}
    assert {record["resources"][0]["type"] for record in assumed} == {"AWS::IAM::Role"}
    assert made["AccessKeyId"] in out


def test_both_accounts_hear_of_a_call_from_one_to_the_other(server: LocalServer) -> None:
    s3 = server.client("s3")
    s3.create_bucket(Bucket="shared")
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": OTHER},
        "Action": "s3:*",
        "Resource": "arn:aws:s3:::shared/*",
    }
    s3.put_bucket_policy(
        Bucket="shared", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )
    set_data(server, "arn:aws:s3:::shared/")
    stranger = server.client("s3", aws_access_key_id=OTHERS_KEY, aws_secret_access_key=OTHERS_SECRET)
    stranger.put_object(Bucket="shared", Key="theirs", Body=b"1")
    set_data(server)
    (mine,) = records(server, event="PutObject", resource="arn:aws:s3:::shared/theirs")
    (theirs,) = records(server, event="PutObject", resource="arn:aws:s3:::shared/theirs", account=OTHER)
    assert mine["userIdentity"] == theirs["userIdentity"]
    assert mine["userIdentity"]["accountId"] == OTHER
    assert mine["sharedEventID"] == theirs["sharedEventID"]
    assert mine["eventID"] != theirs["eventID"]
    assert (mine["recipientAccountId"], theirs["recipientAccountId"]) == (ACCOUNT, OTHER)


def test_what_is_asked_for_narrows_what_is_found(server: LocalServer) -> None:
    with pytest.raises(ClientError):
        server.client("iam").get_user(UserName="nobody-here")
    (record,) = records(server, event="GetUser", error="NoSuchEntity", user="root")
    assert record["readOnly"] is True
    assert records(server, event="GetUser", error="AccessDenied") == []
    assert records(server, event="GetUser", to="2020-01-01") == []
    assert len(records(server, **{"from": "2020-01-01"}, limit="3")) == 3
    out, _ = run_cli(server, "audit", "search", "--event", "GetUser")
    assert out.endswith("iam:GetUser arn:aws:iam::000000000000:user/nobody-here NoSuchEntity\n")


def test_a_change_of_the_settings_is_itself_recorded(server: LocalServer) -> None:
    run_cli(server, "audit", "settings", "--management", "none")
    server.client("sqs").create_queue(QueueName="unseen")
    out, _ = run_cli(server, "audit", "settings", "--management", "writes", "--days", "30")
    server.client("iam").list_users()
    assert json.loads(out) == {"management": "writes", "days": 30, "data": [], "bus": False}
    run_cli(server, "audit", "settings", "--management", "all", "--days", "90")
    assert records(server, resource="unseen") == []
    assert records(server, event="ListUsers") == []
    changes = [one["requestParameters"]["management"] for one in records(server, event="PutEventSelectors")]
    assert changes[:3] == ["all", "writes", "none"]


@pytest.mark.parametrize(
    "body",
    [
        b'{"days": 0}', b'{"days": true}', b'{"days": 1e9}', b'{"days": "3"}', b'{"management": "some"}',
        b'{"management": null}', b'{"data": "arn:aws:s3:::b"}', b'{"data": [1]}', b'{"data": ["s3"]}',
        b'{"data": ["write:arn:aws:\\u0000"]}', b'{"data": ["delete:arn:aws:s3:::b"]}', b'{"bus": "yes"}',
        b'{"who": 1}',
    ],
)  # fmt: skip
def test_settings_that_cannot_be_are_refused(server: LocalServer, body: bytes) -> None:
    status, answer = ask(server, "POST", "/_penstock/audit-settings", body)
    assert (status, answer["code"]) == (400, "ValidationError")


@pytest.mark.parametrize("query", ["from_ms=x", "place_ms=-1&place_seq=1", "seq=99999999999999999999&hash=x"])
def test_questions_that_cannot_be_are_refused(server: LocalServer, query: str) -> None:
    name = "audit-verify" if "seq=9" in query else "audit-search"
    assert ask(server, "GET", f"/_penstock/{name}?{query}")[0] == 400


def test_the_operator_alone_asks_the_server_s_own_paths(server: LocalServer) -> None:
    assert ask(server, "GET", "/_penstock/audit-search", secret=None)[0] == 403


def test_parameters_of_any_size_and_shape_leave_records_that_can_be_read(server: LocalServer) -> None:
    sqs = server.client("sqs")
    many = {f"key{number}": "v" * 200 for number in range(50)}
    with pytest.raises(ClientError):
        sqs.create_queue(QueueName="q" * 900 + "é語\ud7ff", tags=many)
    iam = server.client("iam")
    with pytest.raises(ClientError):
        iam.create_policy(PolicyName="large", PolicyDocument="x" * 120_000)
    (large,) = records(server, event="CreatePolicy")
    assert large["requestParameters"] == {"omitted": True, "reason": "LARGE_SIZE"}
    assert run_cli(server, "audit", "verify")[0].startswith(f"{last(server)} records looked at")


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:iam::" + "9" * 12 + ":role/nobody",
        "arn:aws:iam::x\ty:role/" + "r" * 1900,
        "arn:aws:iam::" + "語" * 300 + ":role/\x85é",
    ],
)
def test_who_is_named_in_vain_hears_nothing_of_it(server: LocalServer, arn: str) -> None:
    with pytest.raises(ClientError):
        server.client("sts").assume_role(RoleArn=arn, RoleSessionName="hostile")
    server.settle()
    assert records(server, event="AssumeRole", account="9" * 12) == []
    run_cli(server, "audit", "verify")


def test_strangers_cannot_fill_the_trail(server: LocalServer) -> None:
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(f"{server.endpoint}/patients?policy")
    assert "ANONYMOUS_PRINCIPAL" not in run_cli(server, "audit", "export")[0]


def test_ocsf_is_the_same_records_as_events_of_class_6003(server: LocalServer) -> None:
    out, _ = run_cli(server, "audit", "export", "--format", "ocsf")
    found = parsed(out)
    assert {event["class_uid"] for event in found} == {6003}
    (created,) = [
        event
        for event in found
        if event["api"]["operation"] == "CreateBucket"
        and event["resources"][0]["uid"] == "arn:aws:s3:::shared"
    ]
    assert (created["type_uid"], created["activity_name"], created["status"]) == (600301, "Create", "Success")
    assert created["actor"]["user"]["type"] == "Admin"
    assert created["src_endpoint"] == {"ip": "127.0.0.1"}
    assert created["cloud"]["account"]["uid"] == ACCOUNT
    failed = [event for event in found if event["status_id"] == 2]
    assert "NoSuchEntity" in {event["api"]["response"]["error"] for event in failed}


class TestTampering:
    """Each test mends what it has changed."""

    def test_a_changed_record_is_found(self, server: LocalServer) -> None:
        number = last(server)
        swap = "UPDATE audit_record SET document = replace(document, ?, ?) WHERE seq = ?"
        change(server, swap, '"eventVersion":"1.11"', '"eventVersion":"1.12"', number - 1)
        assert findings(server) == [
            f"status 1: record {number - 1}: changed, or not the record that was written behind the one before it"
        ]
        change(server, swap, '"eventVersion":"1.12"', '"eventVersion":"1.11"', number - 1)

    def test_a_record_taken_out_is_found(self, server: LocalServer) -> None:
        number = last(server)
        change(server, "UPDATE audit_record SET seq = -1 WHERE seq = ?", number - 1)
        assert findings(server) == [f"status 1: record {number - 1}: missing: {number - 1}"]
        change(server, "UPDATE audit_record SET seq = ? WHERE seq = -1", number - 1)

    def test_records_that_changed_places_are_found(self, server: LocalServer) -> None:
        number = last(server)
        swap = "UPDATE audit_record SET seq = ? WHERE seq = ?"
        for new, old in ((-1, number - 1), (number - 1, number - 2), (number - 2, -1)):
            change(server, swap, new, old)
        assert len(findings(server)) >= 2
        for new, old in ((-1, number - 1), (number - 1, number - 2), (number - 2, -1)):
            change(server, swap, new, old)

    def test_a_tail_cut_off_is_found(self, server: LocalServer) -> None:
        number = last(server)
        change(server, "UPDATE audit_record SET seq = -seq WHERE seq >= ?", number - 1)
        assert findings(server) == [
            f"status 1: record {number - 1}: cut off: the records to {number} are missing"
        ]
        change(server, "UPDATE audit_record SET seq = -seq WHERE seq < 0")

    def test_a_seal_cannot_be_made_without_the_key(self, server: LocalServer) -> None:
        number = last(server)
        change(server, "UPDATE audit_mark SET time_ms = time_ms + 1 WHERE kind = 'head'")
        assert findings(server) == [f"status 1: record {number}: the end was not sealed by this server's key"]
        change(server, "UPDATE audit_mark SET time_ms = time_ms - 1 WHERE kind = 'head'")

    def test_a_record_hidden_from_the_search_is_found(self, server: LocalServer) -> None:
        number = last(server)
        hide = "UPDATE audit_term SET kind = ? WHERE kind = ? AND seq = ?"
        change(server, hide, "Hidden", "EventName", number)
        assert findings(server) == [
            f"status 1: record {number}: not to be found by its EventName: the index was changed"
        ]
        change(server, hide, "EventName", "Hidden", number)

    def test_what_was_known_once_must_be_there_still(self, server: LocalServer) -> None:
        number = last(server)
        with pytest.raises(AssertionError, match="another record than the one that was known"):
            run_cli(server, "audit", "verify", "--known", f"{number}:{'0' * 64}")
        with pytest.raises(AssertionError, match=f"set back: the record {number + 1} was known"):
            run_cli(server, "audit", "verify", "--known", f"{number + 1}:{'0' * 64}")


def test_what_is_too_old_goes_and_a_sealed_mark_stands_for_it(server: LocalServer) -> None:
    server.client("sqs").create_queue(QueueName="old")
    assert len(records(server, resource="old")) == 1
    before = last(server)
    server.advance(91 * 86_400)
    server.client("sqs").create_queue(QueueName="young")
    server.wait(server.app.journal.sweep())
    assert records(server, resource="old") == []
    assert len(records(server, resource="young")) == 1
    out, _ = run_cli(server, "audit", "verify")
    assert int(out.split()[0]) < before
    change(server, "UPDATE audit_mark SET hash = ? WHERE kind = 'base'", "0" * 64)
    assert "was not sealed" in findings(server)[0]
