"""Tables under a key of KMS: who may read them, what the key does when it goes, and what lies on the disk."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.kit.keys import allow, make_key, refused
from tests.kit.policies import ACCOUNT, document
from tests.kit.roles import clients_of

from penstock.testing import LocalServer

SCHEMA = {
    "AttributeDefinitions": [
        {"AttributeName": "pk", "AttributeType": "S"},
        {"AttributeName": "side", "AttributeType": "S"},
    ],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by-side",
            "KeySchema": [{"AttributeName": "side", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
    "BillingMode": "PAY_PER_REQUEST",
}
USING = ("kms:CreateGrant", "kms:GenerateDataKey", "kms:Decrypt")
FIVE_MINUTES_S = 300


def make_table(dynamodb: Any, name: str, key: str | None) -> dict[str, Any]:
    specification = {"Enabled": True, "SSEType": "KMS", **({"KMSMasterKeyId": key} if key else {})}
    made: dict[str, Any] = dynamodb.create_table(TableName=name, SSESpecification=specification, **SCHEMA)
    return made["TableDescription"]


def item(pk: str, **more: str) -> dict[str, Any]:
    return {name: {"S": text} for name, text in {"pk": pk, "side": "o", **more}.items()}


def test_every_way_to_an_item_opens_it(server: LocalServer) -> None:
    dynamodb, key = server.client("dynamodb"), make_key(server)
    server.client("kms").create_alias(AliasName="alias/tables", TargetKeyId=key)
    made = make_table(dynamodb, "opened", "alias/tables")
    assert made["SSEDescription"] == {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": key}
    assert dynamodb.describe_table(TableName="opened")["Table"]["SSEDescription"] == made["SSEDescription"]
    one, two, three = (item(pk, word="sésame") for pk in ("1", "2", "3"))
    dynamodb.put_item(TableName="opened", Item=one)
    assert dynamodb.put_item(TableName="opened", Item=one, ReturnValues="ALL_OLD")["Attributes"] == one
    dynamodb.batch_write_item(RequestItems={"opened": [{"PutRequest": {"Item": two}}]})
    dynamodb.transact_write_items(TransactItems=[{"Put": {"TableName": "opened", "Item": three}}])
    key_of = {"pk": {"S": "1"}}
    assert dynamodb.get_item(TableName="opened", Key=key_of)["Item"] == one
    assert dynamodb.batch_get_item(RequestItems={"opened": {"Keys": [key_of]}})["Responses"]["opened"] == [
        one
    ]
    got = dynamodb.transact_get_items(TransactItems=[{"Get": {"TableName": "opened", "Key": key_of}}])
    assert got["Responses"] == [{"Item": one}]
    assert len(dynamodb.scan(TableName="opened")["Items"]) == 3
    found = dynamodb.query(
        TableName="opened",
        IndexName="by-side",
        KeyConditionExpression="side = :o",
        FilterExpression="word = :w",
        ExpressionAttributeValues={":o": {"S": "o"}, ":w": {"S": "sésame"}},
    )
    assert sorted(each["pk"]["S"] for each in found["Items"]) == ["1", "2", "3"]
    selected = dynamodb.execute_statement(Statement="SELECT * FROM opened WHERE pk = '2'")
    assert selected["Items"] == [two]
    changed = dynamodb.update_item(
        TableName="opened",
        Key=key_of,
        UpdateExpression="SET word = :n",
        ConditionExpression="word = :w",
        ExpressionAttributeValues={":n": {"S": "new"}, ":w": {"S": "sésame"}},
        ReturnValues="ALL_NEW",
    )
    assert changed["Attributes"] == item("1", word="new")
    assert dynamodb.delete_item(TableName="opened", Key=key_of, ReturnValues="ALL_OLD")["Attributes"]["word"]
    assert dynamodb.scan(TableName="opened", Select="COUNT")["Count"] == 2


def test_who_may_not_use_the_key_reads_and_writes_nothing(server: LocalServer) -> None:
    via = {"kms:ViaService": "dynamodb.us-east-1.amazonaws.com"}
    named = {
        "kms:EncryptionContext:aws:dynamodb:tableName": "shut",
        "kms:EncryptionContext:aws:dynamodb:subscriberId": ACCOUNT,
    }
    key = make_key(
        server,
        allow("insider", "kms:CreateGrant", StringEquals=via),
        allow("insider", *USING[1:], StringEquals={**via, **named}),
    )
    insider, outsider = (clients_of(server, who, "dynamodb:*")("dynamodb") for who in ("insider", "outsider"))
    with refused("AccessDeniedException", "KMS key access denied error"):
        make_table(outsider, "shut", key)
    with refused("AccessDeniedException", "kms:GenerateDataKey"):
        make_table(insider, "shut-too", key)
    make_table(insider, "shut", key)
    insider.put_item(TableName="shut", Item=item("1"))
    for use in (
        partial(outsider.put_item, TableName="shut", Item=item("2")),
        partial(outsider.get_item, TableName="shut", Key={"pk": {"S": "1"}}),
        partial(outsider.scan, TableName="shut"),
        partial(outsider.execute_statement, Statement="SELECT * FROM shut"),
        partial(outsider.batch_get_item, RequestItems={"shut": {"Keys": [{"pk": {"S": "1"}}]}}),
        partial(
            outsider.transact_write_items, TransactItems=[{"Put": {"TableName": "shut", "Item": item("2")}}]
        ),
    ):
        with refused("AccessDeniedException", "KMS key access denied error.*kms:Decrypt"):
            use()
    assert len(insider.scan(TableName="shut")["Items"]) == 1
    assert outsider.describe_table(TableName="shut")["Table"]["TableStatus"] == "ACTIVE"


def test_a_session_that_may_less_reads_nothing_by_the_right_of_another_of_its_name(
    server: LocalServer,
) -> None:
    insider = clients_of(server, "narrowed", "dynamodb:*")
    make_table(insider("dynamodb"), "narrow", make_key(server, allow("narrowed", *USING)))
    insider("dynamodb").put_item(TableName="narrow", Item=item("1"))
    tables_only = document({"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"})
    role = f"arn:aws:iam::{ACCOUNT}:role/narrowed"
    found = server.client("sts").assume_role(RoleArn=role, RoleSessionName="me", Policy=tables_only)
    narrowed = server.client(
        "dynamodb",
        aws_access_key_id=found["Credentials"]["AccessKeyId"],
        aws_secret_access_key=found["Credentials"]["SecretAccessKey"],
        aws_session_token=found["Credentials"]["SessionToken"],
    )
    with refused("AccessDeniedException", "KMS key access denied error"):
        narrowed.scan(TableName="narrow")


def test_a_table_is_out_of_reach_while_its_key_is(server: LocalServer) -> None:
    dynamodb, kms, key = server.client("dynamodb"), server.client("kms"), make_key(server)
    make_table(dynamodb, "reach", key)
    dynamodb.put_item(TableName="reach", Item=item("1"))
    kms.disable_key(KeyId=key)
    dynamodb.put_item(TableName="reach", Item=item("2"))  # a right that was looked at holds for five minutes
    server.advance(FIVE_MINUTES_S)
    for use in (dynamodb.scan, partial(dynamodb.put_item, Item=item("3"))):
        with refused("ValidationException", "KMS validation error: DisabledException: .* is disabled"):
            use(TableName="reach")
    shown = dynamodb.describe_table(TableName="reach")["Table"]
    assert shown["TableStatus"] == "INACCESSIBLE_ENCRYPTION_CREDENTIALS"
    since = shown["SSEDescription"]["InaccessibleEncryptionDateTime"]
    again = dynamodb.describe_table(TableName="reach")["Table"]["SSEDescription"]
    assert again["InaccessibleEncryptionDateTime"] == since
    kms.enable_key(KeyId=key)
    assert len(dynamodb.scan(TableName="reach")["Items"]) == 2
    shown = dynamodb.describe_table(TableName="reach")["Table"]
    assert shown["TableStatus"] == "ACTIVE"
    assert "InaccessibleEncryptionDateTime" not in shown["SSEDescription"]
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    server.advance(FIVE_MINUTES_S)
    with refused("ValidationException", "is pending deletion"):
        dynamodb.scan(TableName="reach")
    dynamodb.delete_table(TableName="reach")
    server.settle()


def test_the_key_of_a_table_changes_and_its_items_stay(server: LocalServer) -> None:
    dynamodb, kms = server.client("dynamodb"), server.client("kms")
    first, second = make_key(server), make_key(server)
    make_table(dynamodb, "changed", first)
    dynamodb.put_item(TableName="changed", Item=item("1"))
    update = partial(dynamodb.update_table, TableName="changed")
    changed = update(SSESpecification={"Enabled": True, "KMSMasterKeyId": second})["TableDescription"]
    assert changed["SSEDescription"]["KMSMasterKeyArn"] == second
    kms.disable_key(KeyId=first)
    server.advance(FIVE_MINUTES_S)
    assert dynamodb.scan(TableName="changed")["Items"] == [item("1")]
    assert "SSEDescription" not in update(SSESpecification={"Enabled": False})["TableDescription"]
    kms.disable_key(KeyId=second)
    server.advance(FIVE_MINUTES_S)
    assert dynamodb.scan(TableName="changed")["Items"] == [item("1")]
    managed = update(SSESpecification={"Enabled": True})["TableDescription"]["SSEDescription"]
    assert kms.describe_key(KeyId="alias/aws/dynamodb")["KeyMetadata"]["Arn"] == managed["KMSMasterKeyArn"]
    assert dynamodb.scan(TableName="changed")["Items"] == [item("1")]


def test_an_index_that_waits_for_its_key_keeps_no_other_waiting(server: LocalServer) -> None:
    dynamodb, kms, key = server.client("dynamodb"), server.client("kms"), make_key(server)
    dynamodb.create_table(TableName="free", **SCHEMA)
    make_table(dynamodb, "waits", key)
    for table in ("waits", "free"):
        dynamodb.put_item(TableName=table, Item={**item("1"), "ends": {"N": "1"}})
    kms.disable_key(KeyId=key)
    added = {
        "IndexName": "late",
        "KeySchema": [{"AttributeName": "late", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    for table in ("waits", "free"):
        dynamodb.update_table(
            TableName=table,
            AttributeDefinitions=[
                *SCHEMA["AttributeDefinitions"],
                {"AttributeName": "late", "AttributeType": "S"},
            ],  # type: ignore[misc]
            GlobalSecondaryIndexUpdates=[{"Create": added}],
        )
    server.settle()

    def state(table: str) -> str:
        indexes = dynamodb.describe_table(TableName=table)["Table"]["GlobalSecondaryIndexes"]
        found: str = next(index["IndexStatus"] for index in indexes if index["IndexName"] == "late")
        return found

    assert (state("free"), state("waits")) == ("ACTIVE", "CREATING")
    kms.enable_key(KeyId=key)
    dynamodb.update_time_to_live(
        TableName="waits", TimeToLiveSpecification={"Enabled": True, "AttributeName": "ends"}
    )
    server.settle()
    assert state("waits") == "ACTIVE"
    soon = {"N": str(server.app.clock.now_ms() // 1000 + 60)}
    dynamodb.put_item(TableName="waits", Item={**item("2"), "ends": soon})
    server.advance(3600)
    server.settle()
    assert [each["pk"]["S"] for each in dynamodb.scan(TableName="waits")["Items"]] == ["1"]


def test_what_a_table_with_a_key_cannot_be_is_refused_by_name(server: LocalServer) -> None:
    dynamodb, key = server.client("dynamodb"), make_key(server)
    make_table(dynamodb, "keyed", key)
    stream = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    with refused("ValidationException", "StreamSpecification cannot be used"):
        dynamodb.update_table(TableName="keyed", StreamSpecification=stream)
    with refused("ValidationException", "StreamSpecification cannot be used"):
        dynamodb.create_table(
            TableName="streamed", SSESpecification={"Enabled": True}, StreamSpecification=stream, **SCHEMA
        )
    with refused("ValidationException", "ReplicaUpdates cannot be used"):
        dynamodb.update_table(TableName="keyed", ReplicaUpdates=[{"Create": {"RegionName": "eu-west-1"}}])
    with refused("ValidationException", "CreateBackup cannot be used"):
        dynamodb.create_backup(TableName="keyed", BackupName="backup")
    with refused("ValidationException", "PointInTimeRecoverySpecification cannot be used"):
        dynamodb.update_continuous_backups(
            TableName="keyed", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )
    dynamodb.create_table(TableName="plain", SSESpecification={"Enabled": False}, **SCHEMA)
    with refused("ValidationException", "a table gets its key when it is created here"):
        dynamodb.update_table(TableName="plain", SSESpecification={"Enabled": True})
    for wrong in ({"Enabled": False, "KMSMasterKeyId": key}, {"Enabled": True, "SSEType": "AES256"}):
        with refused("ValidationException", "SSE"):
            dynamodb.create_table(TableName="wrong", SSESpecification=wrong, **SCHEMA)
    for hostile in ("\0", "schlüssel", "x" * 3000, "alias/nowhere", key[:-2] + "00", "arn:aws:kms:::"):
        with refused("ValidationException"):
            make_table(dynamodb, "hostile", hostile)
    with refused("ResourceNotFoundException"):
        dynamodb.describe_table(TableName="hostile")


@pytest.mark.embedded
def test_the_database_shows_nothing_of_sealed_items_but_their_keys(tmp_path: Path) -> None:
    with LocalServer(data=tmp_path) as server:
        dynamodb, key = server.client("dynamodb"), make_key(server)
        make_table(dynamodb, "sealed", key)
        dynamodb.put_item(TableName="sealed", Item=item("1", word="opensesame"))
    assert not any(b"opensesame" in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    with LocalServer(data=tmp_path) as server:
        found = server.client("dynamodb").scan(TableName="sealed")["Items"]
        assert found == [item("1", word="opensesame")]
