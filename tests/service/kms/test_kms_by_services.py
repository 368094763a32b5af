"""What services keep secret with a customer's key: for whom that key's policy lets in, through the service alone."""

import base64
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.kit.buses import put_event, put_rule
from tests.kit.control import ask
from tests.kit.functions import make_function, run
from tests.kit.keys import allow, allow_service, key_policy, make_key, refused
from tests.kit.policies import document, s3_may_send
from tests.kit.roles import clients_of
from tests.kit.topics import s3_may_publish, sns_may_send

from penstock.errors import StartError
from penstock.services.logs.group import Group, get_group
from penstock.store import ReadTx, Row, queries
from penstock.testing import LocalServer

Q = queries("penstock.services.logs")
LOGS = "arn:aws:logs:us-east-1:000000000000:log-group"


def logs_may_use(group: str) -> dict[str, Any]:
    """Returns the statement of a key's policy that AWS's page gives for a log group."""
    actions = ("kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*")
    here = {"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": f"{LOGS}:{group}"}}
    return {**allow_service("logs.us-east-1", *actions), "Condition": here}


@pytest.fixture(scope="module")
def role(server: LocalServer) -> Iterator[Any]:
    """Returns clients of a role that may do everything but use keys, unless a key's policy says so."""
    yield clients_of(server, "user", "secretsmanager:*", "ssm:*")


def test_a_secret_is_read_by_whom_its_key_lets_in(server: LocalServer, role: Any) -> None:
    via = {"kms:ViaService": "secretsmanager.us-east-1.amazonaws.com"}
    key = make_key(server, allow("user", "kms:GenerateDataKey", "kms:Decrypt", StringEquals=via))
    other = make_key(server)
    secrets, theirs = server.client("secretsmanager"), role("secretsmanager")
    arn = theirs.create_secret(Name="s", SecretString="one", KmsKeyId=key)["ARN"]
    assert theirs.get_secret_value(SecretId=arn)["SecretString"] == "one"
    assert theirs.put_secret_value(SecretId=arn, SecretString="two")["VersionStages"] == ["AWSCURRENT"]
    with refused("AccessDeniedException"):
        role("kms").generate_data_key(KeyId=key, KeySpec="AES_256")

    with refused("AccessDeniedException", "Access to KMS is not allowed"):
        theirs.create_secret(Name="t", SecretString="x", KmsKeyId=other)
    with refused("AccessDeniedException", "Access to KMS is not allowed"):
        theirs.update_secret(SecretId=arn, KmsKeyId=other)
    secrets.update_secret(SecretId=arn, KmsKeyId=other)
    with refused("AccessDeniedException", "Access to KMS is not allowed"):
        theirs.get_secret_value(SecretId=arn)
    (error,) = theirs.batch_get_secret_value(SecretIdList=[arn])["Errors"]
    assert error["ErrorCode"] == "AccessDeniedException"
    values = [secrets.get_secret_value(SecretId=arn, VersionStage=s) for s in ("AWSCURRENT", "AWSPREVIOUS")]
    assert [value["SecretString"] for value in values] == ["two", "one"]


def test_a_secret_is_lost_with_its_key_and_found_with_it(server: LocalServer) -> None:
    secrets, kms = server.client("secretsmanager"), server.client("kms")
    key = make_key(server)
    secrets.create_secret(Name="lost", SecretBinary=b"\x00\xff", KmsKeyId=key)
    kms.disable_key(KeyId=key)
    with refused("DecryptionFailure", "is disabled"):
        secrets.get_secret_value(SecretId="lost")
    with refused("EncryptionFailure", "is disabled"):
        secrets.put_secret_value(SecretId="lost", SecretString="x")
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    with refused("DecryptionFailure", "is pending deletion"):
        secrets.get_secret_value(SecretId="lost")
    kms.cancel_key_deletion(KeyId=key)
    kms.enable_key(KeyId=key)
    assert secrets.get_secret_value(SecretId="lost")["SecretBinary"] == b"\x00\xff"
    for hostile in ("\0", "ä" * 100, "x" * 2048, "alias/\n"):
        with refused("EncryptionFailure|ValidationException"):
            secrets.create_secret(Name="none", SecretString="x", KmsKeyId=hostile)
    with refused("EncryptionFailure", "does not exist"):
        secrets.create_secret(Name="none", SecretString="x", KmsKeyId=key[:-2] + "00")
    secrets.update_secret(SecretId="lost", KmsKeyId="")
    kms.disable_key(KeyId=key)
    assert secrets.get_secret_value(SecretId="lost")["SecretBinary"] == b"\x00\xff"


def test_a_secure_string_is_encrypted_with_its_key(server: LocalServer, role: Any) -> None:
    ssm, kms, theirs = server.client("ssm"), server.client("kms"), role("ssm")
    key = make_key(server, allow("user", "kms:Encrypt"))
    kms.create_alias(AliasName="alias/parameters", TargetKeyId=key)
    theirs.put_parameter(Name="/p", Value="one", Type="SecureString", KeyId="alias/parameters")
    with refused("AccessDeniedException", "kms:Decrypt"):
        theirs.get_parameter(Name="/p", WithDecryption=True)
    assert ssm.get_parameter(Name="/p", WithDecryption=True)["Parameter"]["Value"] == "one"
    blob = ssm.get_parameter(Name="/p")["Parameter"]
    assert theirs.get_parameter(Name="/p")["Parameter"]["Value"] == blob["Value"]
    context = {"PARAMETER_ARN": blob["ARN"]}
    opened = kms.decrypt(CiphertextBlob=base64.b64decode(blob["Value"]), EncryptionContext=context)
    assert (opened["Plaintext"], opened["KeyId"]) == (b"one", key)

    with refused("AccessDeniedException", "kms:GenerateDataKey"):
        theirs.put_parameter(Name="/p", Value="x" * 5000, Tier="Advanced", Overwrite=True)
    ssm.put_parameter(Name="/p", Value="x" * 5000, Tier="Advanced", Overwrite=True)
    history = ssm.get_parameter_history(Name="/p", WithDecryption=True)["Parameters"]
    assert [len(version["Value"]) for version in history] == [3, 5000]
    kms.disable_key(KeyId=key)
    with refused("InvalidKeyId", "is disabled.*DisabledException"):
        ssm.get_parameter(Name="/p", WithDecryption=True)
    with refused("InvalidKeyId", "NotFoundException"):
        ssm.put_parameter(Name="/q", Value="x", Type="SecureString", KeyId="alias/nowhere")


def test_a_function_s_variables_are_seen_by_whom_their_key_lets_in(server: LocalServer) -> None:
    function = {
        "kms:EncryptionContext:aws:lambda:FunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:keyed"
    }
    key = make_key(server, allow("looker", "kms:Encrypt", StringEquals=function))
    lambda_, kms = server.client("lambda"), server.client("kms")
    source = "import os\ndef handler(event, context):\n    return os.environ['TOKEN']\n"
    variables = {"Variables": {"TOKEN": "hush"}}
    made = make_function(server, "keyed", source, Environment=variables, KMSKeyArn=key, Publish=True)
    assert (made["KMSKeyArn"], made["Environment"]) == (key, variables)
    assert run(server, "keyed")["Payload"] == "hush"

    theirs = clients_of(server, "looker", "lambda:*", "iam:PassRole")("lambda")
    shown = theirs.get_function_configuration(FunctionName="keyed")["Environment"]
    assert shown["Error"]["ErrorCode"] == "AccessDeniedException" and "hush" not in str(shown)
    (listed,) = theirs.list_versions_by_function(FunctionName="keyed")["Versions"][1:]
    assert "kms:Decrypt" in listed["Environment"]["Error"]["Message"]
    with refused("InvalidParameterValueException", "AccessDeniedException.*kms:CreateGrant"):
        theirs.update_function_configuration(FunctionName="keyed", Environment=variables)
    theirs.update_function_configuration(FunctionName="keyed", Description="the same variables")
    server.settle()

    kms.disable_key(KeyId=key)
    with refused("KMSDisabledException", "the KMS key used is disabled"):
        run(server, "keyed")
    kms.enable_key(KeyId=key)
    changed = lambda_.update_function_configuration(FunctionName="keyed", KMSKeyArn="")
    assert "KMSKeyArn" not in changed and changed["Environment"] == variables
    server.settle()
    kms.disable_key(KeyId=key)
    assert run(server, "keyed")["Payload"] == "hush"


def test_messages_lie_under_the_key_of_their_queue(server: LocalServer) -> None:
    arn = "arn:aws:sqs:us-east-1:000000000000:keyed"
    here = {"StringEquals": {"kms:EncryptionContext:aws:sqs:arn": arn}}
    key = make_key(server, allow("sender", "kms:GenerateDataKey", **here), allow("receiver", "kms:Decrypt"))
    sqs, kms = server.client("sqs"), server.client("kms")
    dead = sqs.create_queue(QueueName="keyed-dead")["QueueUrl"]
    redrive = {"deadLetterTargetArn": f"{arn}-dead", "maxReceiveCount": 1}
    attributes = {"KmsMasterKeyId": key, "RedrivePolicy": json.dumps(redrive), "VisibilityTimeout": "0"}
    queue = sqs.create_queue(QueueName="keyed", Attributes=attributes)["QueueUrl"]
    assert sqs.create_queue(QueueName="keyed", Attributes=attributes)["QueueUrl"] == queue
    shown = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    assert (shown["KmsMasterKeyId"], shown["KmsDataKeyReusePeriodSeconds"]) == (key, "300")
    assert shown["SqsManagedSseEnabled"] == "false"
    both = {"KmsMasterKeyId": key, "SqsManagedSseEnabled": "true"}
    with refused("InvalidAttributeValue", "one type of server-side encryption"):
        sqs.create_queue(QueueName="both", Attributes=both)

    sender = clients_of(server, "sender", "sqs:*")("sqs")
    receiver = clients_of(server, "receiver", "sqs:*")("sqs")
    body = "penstock:kms:1:sésame"  # what a sealed body begins with, too
    sender.send_message(QueueUrl=queue, MessageBody=body)
    with refused("KMS.AccessDeniedException", "kms:GenerateDataKey"):
        receiver.send_message(QueueUrl=queue, MessageBody=body)
    with refused("KMS.AccessDeniedException", "kms:GenerateDataKey"):
        receiver.send_message_batch(QueueUrl=queue, Entries=[{"Id": "a", "MessageBody": body}])
    with refused("KMS.AccessDeniedException", "kms:Decrypt"):
        sender.receive_message(QueueUrl=queue)
    kms.disable_key(KeyId=key)
    for use in (sqs.receive_message, partial(sqs.send_message, MessageBody="x")):
        with refused("KMS.DisabledException", "is disabled"):
            use(QueueUrl=queue)
    kms.enable_key(KeyId=key)
    (message,) = receiver.receive_message(QueueUrl=queue)["Messages"]
    assert message["Body"] == body
    assert "Messages" not in receiver.receive_message(QueueUrl=queue)
    with refused("KMS.AccessDeniedException"):  # where it is dead it lies under its queue's key still
        sender.receive_message(QueueUrl=dead)
    (message,) = receiver.receive_message(QueueUrl=dead)["Messages"]
    assert message["Body"] == body
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"SqsManagedSseEnabled": "true"})
    sqs.send_message(QueueUrl=queue, MessageBody=body)
    (message,) = sender.receive_message(QueueUrl=queue)["Messages"]
    assert message["Body"] == body


def test_a_sender_that_the_queue_s_key_does_not_let_in_waits_and_why_says_so(server: LocalServer) -> None:
    sqs, s3, kms = server.client("sqs"), server.client("s3"), server.client("kms")
    key, target = make_key(server), "arn:aws:sqs:us-east-1:000000000000:told"
    attributes = {"KmsMasterKeyId": key, "Policy": s3_may_send()}
    queue = sqs.create_queue(QueueName="told", Attributes=attributes)["QueueUrl"]
    s3.create_bucket(Bucket="telling")
    rule = {"QueueArn": target, "Events": ["s3:ObjectCreated:*"]}
    put = partial(
        s3.put_bucket_notification_configuration,
        Bucket="telling",
        NotificationConfiguration={"QueueConfigurations": [rule]},
    )
    with refused("InvalidArgument", "Unable to validate the following destination configurations"):
        put()
    open_policy = key_policy(allow_service("s3", "kms:GenerateDataKey", "kms:Decrypt"))
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=open_policy)
    put()
    sqs.purge_queue(QueueUrl=queue)
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=key_policy())
    s3.put_object(Bucket="telling", Key="k", Body=b"x")
    asked = f"/_penstock/why?bucket=telling&key=k&target={target}"
    told = json.dumps(ask(server, "GET", asked)[1])
    assert f"The key {key} of the queue" in told and "not authorized to perform: kms:GenerateDataKey" in told
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=open_policy)
    server.advance(86_400)
    server.settle()
    (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    assert json.loads(message["Body"])["Records"][0]["s3"]["object"]["key"] == "k"


def test_the_key_that_aws_keeps_for_queues_is_not_for_senders_that_act_by_themselves(
    server: LocalServer,
) -> None:
    sqs, s3 = server.client("sqs"), server.client("s3")
    managed = {"KmsMasterKeyId": "alias/aws/sqs", "Policy": s3_may_send()}
    queue = sqs.create_queue(QueueName="managed", Attributes=managed)["QueueUrl"]
    s3.create_bucket(Bucket="managed")
    rule = {"QueueArn": "arn:aws:sqs:us-east-1:000000000000:managed", "Events": ["s3:ObjectCreated:*"]}
    for _ in ("before the key is made", "and when it is there"):
        with refused("InvalidArgument", "Unable to validate"):
            s3.put_bucket_notification_configuration(
                Bucket="managed", NotificationConfiguration={"QueueConfigurations": [rule]}
            )
        sqs.send_message(QueueUrl=queue, MessageBody="x")
    assert sqs.receive_message(QueueUrl=queue)["Messages"][0]["Body"] == "x"


def test_who_publishes_to_a_topic_must_be_let_in_by_its_key(server: LocalServer) -> None:
    sns, kms, s3, sqs = (server.client(name) for name in ("sns", "kms", "s3", "sqs"))
    key = make_key(server, allow("publisher", "kms:GenerateDataKey*", "kms:Decrypt"))
    topic = sns.create_topic(Name="keyed", Attributes={"KmsMasterKeyId": key})["TopicArn"]
    assert sns.get_topic_attributes(TopicArn=topic)["Attributes"]["KmsMasterKeyId"] == key
    own = make_key(server, allow_service("sns", "kms:GenerateDataKey"))
    queue = sqs.create_queue(
        QueueName="of-topic", Attributes={"KmsMasterKeyId": own, "Policy": sns_may_send()}
    )
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:000000000000:of-topic")
    publisher = clients_of(server, "publisher", "sns:*")("sns")
    stranger = clients_of(server, "stranger", "sns:*")("sns")
    publisher.publish(TopicArn=topic, Message="sésame")
    (message,) = sqs.receive_message(QueueUrl=queue["QueueUrl"])["Messages"]
    assert json.loads(message["Body"])["Message"] == "sésame"
    with refused("KMSAccessDenied", "kms:GenerateDataKey"):
        stranger.publish(TopicArn=topic, Message="x")
    with refused("KMSAccessDenied"):
        entries = [{"Id": "a", "Message": "x"}]
        stranger.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)
    kms.disable_key(KeyId=key)
    with refused("KMSDisabled", "is disabled"):
        publisher.publish(TopicArn=topic, Message="x")
    s3.create_bucket(Bucket="to-topic")
    policy = s3_may_publish(topic, "to-topic")
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
    rule = {"TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}
    with refused("InvalidArgument", "Unable to validate"):
        s3.put_bucket_notification_configuration(
            Bucket="to-topic", NotificationConfiguration={"TopicConfigurations": [rule]}
        )
    sns.set_topic_attributes(TopicArn=topic, AttributeName="KmsMasterKeyId", AttributeValue="")
    stranger.publish(TopicArn=topic, Message="x")


def test_events_of_a_log_group_lie_under_its_key(server: LocalServer) -> None:
    logs, kms = server.client("logs"), server.client("kms")
    key = make_key(server, logs_may_use("keyed"))
    logs.create_log_group(logGroupName="keyed")
    logs.create_log_stream(logGroupName="keyed", logStreamName="s")
    put = partial(logs.put_log_events, logGroupName="keyed", logStreamName="s")
    now_ms = server.clock.now_ms()
    put(logEvents=[{"timestamp": now_ms, "message": "penstock:1:before"}])
    logs.associate_kms_key(resourceIdentifier=f"{LOGS}:keyed", kmsKeyId=key)
    assert logs.describe_log_groups(logGroupNamePrefix="keyed")["logGroups"][0]["kmsKeyId"] == key
    put(logEvents=[{"timestamp": now_ms, "message": text} for text in ("sésame", "with \0")])
    plain, *hidden = [row[2] for row in server.wait(server.app.store.read(_stored_events))]
    assert plain == "penstock:1:before" and len(hidden) == 2
    assert not any("sésame" in text or "with" in text for text in hidden)
    asked = {"queryString": "fields @message, @ptr", "startTime": 0, "endTime": now_ms // 1000 + 1}
    kms.disable_key(KeyId=key)
    for ask_for in (
        partial(put, logEvents=[{"timestamp": now_ms, "message": "x"}]),
        partial(logs.get_log_events, logGroupName="keyed", logStreamName="s"),
        partial(logs.filter_log_events, logGroupName="keyed", filterPattern="sésame"),
        partial(logs.get_log_group_fields, logGroupName="keyed"),
    ):
        with refused("AccessDeniedException", "is disabled"):
            ask_for()
    refused_query = logs.start_query(logGroupName="keyed", **asked)["queryId"]
    server.settle()
    assert logs.get_query_results(queryId=refused_query)["status"] == "Failed"
    with refused("InvalidParameterException", "DisabledException"):
        logs.associate_kms_key(logGroupName="keyed", kmsKeyId=key)
    kms.enable_key(KeyId=key)
    logs.disassociate_kms_key(logGroupName="keyed")
    put(logEvents=[{"timestamp": now_ms, "message": "after"}])
    texts = ["penstock:1:before", "sésame", "with \0", "after"]
    events = logs.get_log_events(logGroupName="keyed", logStreamName="s", startFromHead=True)["events"]
    assert [event["message"] for event in events] == texts
    found = logs.filter_log_events(logGroupName="keyed", filterPattern="sésame")["events"]
    assert [event["message"] for event in found] == ["sésame"]
    query = logs.start_query(logGroupName="keyed", **asked)["queryId"]
    server.settle()
    rows = logs.get_query_results(queryId=query)["results"]
    assert sorted(row[0]["value"] for row in rows) == sorted(texts)
    records = [logs.get_log_record(logRecordPointer=row[1]["value"])["logRecord"] for row in rows]
    assert sorted(record["@message"] for record in records) == sorted(texts)
    group = logs.describe_log_groups(logGroupNamePrefix="keyed")["logGroups"][0]
    assert "kmsKeyId" not in group and group["storedBytes"] == sum(26 + len(text.encode()) for text in texts)
    logs.put_retention_policy(logGroupName="keyed", retentionInDays=1)
    server.advance(2 * 86_400)
    server.wait(server.app.service("logs").state.sweeper.sweep())
    assert logs.describe_log_groups(logGroupNamePrefix="keyed")["logGroups"][0]["storedBytes"] == 0


def test_a_log_group_goes_with_its_data_keys_and_needs_none_for_it(server: LocalServer) -> None:
    logs, store = server.client("logs"), server.app.store
    key = make_key(server, logs_may_use("going"))
    logs.create_log_group(logGroupName="going", kmsKeyId=key)
    logs.create_log_stream(logGroupName="going", logStreamName="s")
    event = {"timestamp": server.clock.now_ms(), "message": "x"}
    logs.put_log_events(logGroupName="going", logStreamName="s", logEvents=[event])
    data_key = server.wait(store.read(_group, "going")).data_key
    assert server.wait(store.read(_kept_key, data_key))
    server.client("kms").disable_key(KeyId=key)
    logs.delete_log_group(logGroupName="going")
    server.wait(server.app.service("logs").state.sweeper.sweep())
    assert server.wait(store.read(_kept_key, data_key)) is None


def test_a_log_group_takes_only_keys_that_logs_may_use_for_it(server: LocalServer) -> None:
    logs, kms = server.client("logs"), server.client("kms")
    key = make_key(server, logs_may_use("picky"))
    for name, given in (("other", key), ("picky", make_key(server))):
        with refused("AccessDeniedException", "is not allowed to be used with LogGroup"):
            logs.create_log_group(logGroupName=name, kmsKeyId=given)
    policy = key_policy(logs_may_use("picky"))
    made = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY", Policy=policy)
    signing = made["KeyMetadata"]["Arn"]
    elsewhere, missing = key.replace("us-east-1", "eu-west-1"), key[:-2] + "zz"
    names = ("alias/a", "key", "arn:aws:kms:us-east-1:1:alias/a", "x" * 300, "arn:aws:kms:::key/\0é")
    for wrong in (*names, missing, elsewhere, signing):
        with refused("InvalidParameterException"):
            logs.create_log_group(logGroupName="picky", kmsKeyId=wrong)
    assert logs.describe_log_groups(logGroupNamePrefix="picky")["logGroups"] == []
    logs.create_log_group(logGroupName="picky", kmsKeyId=key)
    for named in (
        {},
        {"logGroupName": "picky", "resourceIdentifier": f"{LOGS}:picky"},
        {"resourceIdentifier": "arn:aws:logs:us-east-1:000000000000:query-result:*"},
        {"resourceIdentifier": "arn:aws:logs:us-east-1:111111111111:log-group:picky"},
        {"resourceIdentifier": "picky"},
    ):
        with refused("InvalidParameterException"):
            logs.associate_kms_key(kmsKeyId=key, **named)
        with refused("InvalidParameterException"):
            logs.disassociate_kms_key(**named)
    with refused("AccessDeniedException|ResourceNotFoundException"):
        logs.associate_kms_key(logGroupName="nowhere", kmsKeyId=key)


def test_an_event_waits_for_the_key_of_its_log_group(server: LocalServer) -> None:
    logs, kms = server.client("logs"), server.client("kms")
    key = make_key(server, logs_may_use("/aws/events/keyed"))
    logs.create_log_group(logGroupName="/aws/events/keyed", kmsKeyId=key)
    may_write = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": f"{LOGS}:/aws/events/keyed:*",
    }
    logs.put_resource_policy(policyName="keyed", policyDocument=document(may_write))
    put_rule(server, "keyed", {"Arn": f"{LOGS}:/aws/events/keyed"})
    kms.disable_key(KeyId=key)
    id = put_event(server, "keyed")
    kms.enable_key(KeyId=key)
    server.advance(600)
    server.settle()
    (event,) = logs.filter_log_events(logGroupName="/aws/events/keyed")["events"]
    assert json.loads(event["message"])["id"] == id
    logs.delete_resource_policy(policyName="keyed")


def _group(tx: ReadTx, name: str) -> Group:
    return get_group(tx, ("000000000000", "us-east-1", name))


def _stored_events(tx: ReadTx) -> list[Row]:
    return tx.all(Q.find_some_of_group, _group(tx, "keyed").id, 10)


def _kept_key(tx: ReadTx, id: int) -> Row | None:
    return tx.one(Q.find_key, id)


@pytest.mark.embedded
def test_without_the_root_key_what_keys_encrypt_is_unreadable_and_it_says_so(tmp_path: Path) -> None:
    data, apart = tmp_path / "data", tmp_path / "apart" / "key"
    apart.parent.mkdir()
    with LocalServer(data=data, key_file=apart) as server:
        key = make_key(server)
        server.client("secretsmanager").create_secret(Name="s", SecretString="sésame!", KmsKeyId=key)
    assert not (data / "key").exists()
    files = b"".join(path.read_bytes() for path in data.rglob("*") if path.is_file())
    assert apart.read_bytes().split()[-1] not in files and "sésame!".encode() not in files
    moved = apart.rename(tmp_path / "moved")
    with pytest.raises(StartError, match=r"is missing, and .* is sealed with the key"):
        LocalServer(data=data, key_file=apart).__enter__()
    with LocalServer(data=data, key_file=moved) as server:
        assert server.client("secretsmanager").get_secret_value(SecretId="s")["SecretString"] == "sésame!"
