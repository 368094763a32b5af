"""Global tables: replicas in other regions of the server, which have every write of each other."""

from typing import Any

import pytest
from tests.kit.tables import by_hand, client_of_role, every_page, index, make_table, refused, row

from penstock.testing import LocalServer

EUROPE, ASIA = "eu-west-1", "ap-south-1"


@pytest.fixture(scope="module")
def dynamo(server: LocalServer) -> Any:
    return server.client("dynamodb")


@pytest.fixture(scope="module")
def europe(server: LocalServer) -> Any:
    return server.client("dynamodb", region_name=EUROPE)


def replicate(
    server: LocalServer, dynamo: Any, table: str, region: str, kind: str = "Create"
) -> dict[str, Any]:
    answer = dynamo.update_table(TableName=table, ReplicaUpdates=[{kind: {"RegionName": region}}])
    server.settle()
    shown: dict[str, Any] = answer["TableDescription"]
    return shown


def items(client: Any, table: str, **more: Any) -> dict[str, Any]:
    return {item["pk"]["S"]: item for item in every_page(client.scan, TableName=table, **more)}


def regions(client: Any, table: str) -> dict[str, str]:
    shown = client.describe_table(TableName=table)["Table"]
    return {one["RegionName"]: one["ReplicaStatus"] for one in shown.get("Replicas", ())}


def records(server: LocalServer, region: str, arn: str) -> list[dict[str, Any]]:
    streams = server.client("dynamodbstreams", region_name=region)
    [shard] = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    iterator = streams.get_shard_iterator(
        StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    found: list[dict[str, Any]] = streams.get_records(ShardIterator=iterator)["Records"]
    return found


def test_a_replica_has_what_was_there_and_what_comes(server: LocalServer, dynamo: Any, europe: Any) -> None:
    table = make_table(dynamo, GlobalSecondaryIndexes=[index("by-by", "by")])
    for number in range(120):
        dynamo.put_item(TableName=table, Item=row(f"{number:03}", by={"S": "x"}))
    shown = replicate(server, dynamo, table, EUROPE)
    assert shown["GlobalTableVersion"] == "2019.11.21"
    assert shown["Replicas"] == [{"RegionName": EUROPE, "ReplicaStatus": "CREATING"}]
    assert shown["StreamSpecification"]["StreamViewType"] == "NEW_AND_OLD_IMAGES"
    assert regions(dynamo, table) == {EUROPE: "ACTIVE"}
    assert regions(europe, table) == {"us-east-1": "ACTIVE"}
    assert items(europe, table) == items(dynamo, table)

    europe.put_item(TableName=table, Item=row("from-europe", by={"S": "y"}))
    dynamo.transact_write_items(
        TransactItems=[
            {"Delete": {"TableName": table, "Key": row("000")}},
            {"Put": {"TableName": table, "Item": row("001", by={"S": "z"})}},
        ]
    )
    europe.update_item(
        TableName=table,
        Key=row("002"),
        UpdateExpression="SET v = :v",
        ExpressionAttributeValues={":v": {"B": b"\x00"}},
    )
    found = items(dynamo, table)
    assert found == items(europe, table)
    assert found == items(dynamo, table, IndexName="by-by") == items(europe, table, IndexName="by-by")
    assert len(found) == 120
    for client in (dynamo, europe):
        described = client.describe_table(TableName=table)["Table"]
        assert described["ItemCount"] == described["GlobalSecondaryIndexes"][0]["ItemCount"] == 120
    arn = europe.describe_table(TableName=table)["Table"]["LatestStreamArn"]
    changes = [(r["eventName"], r["dynamodb"]["Keys"]["pk"]["S"]) for r in records(server, EUROPE, arn)]
    assert changes == [("INSERT", "from-europe"), ("REMOVE", "000"), ("MODIFY", "001"), ("MODIFY", "002")]


def test_what_is_written_while_a_replica_is_filled_is_in_it(
    server: LocalServer, dynamo: Any, europe: Any
) -> None:
    table = make_table(dynamo)
    for number in range(250):
        dynamo.put_item(TableName=table, Item=row(f"{number:03}", v={"N": "0"}))
    with by_hand(server) as step:
        dynamo.update_table(TableName=table, ReplicaUpdates=[{"Create": {"RegionName": EUROPE}}])
        for turn in range(2):
            step()
            for number in range(turn, 250, 5):  # of which the copy has passed some, and others not
                dynamo.put_item(TableName=table, Item=row(f"{number:03}", v={"N": "1"}))
                dynamo.delete_item(TableName=table, Key=row(f"{number + 2:03}"))
                dynamo.put_item(TableName=table, Item=row(f"new-{number}"))
        with refused("ResourceNotFoundException"):
            europe.put_item(TableName=table, Item=row("early"))
        with refused("ResourceInUseException"):
            dynamo.delete_table(TableName=table)
        with refused("ResourceInUseException"):
            dynamo.update_table(TableName=table, ReplicaUpdates=[{"Create": {"RegionName": ASIA}}])
    server.settle()
    assert items(europe, table) == items(dynamo, table)
    count = len(items(dynamo, table))
    assert europe.describe_table(TableName=table)["Table"]["ItemCount"] == count


def test_a_third_region_joins_and_one_leaves(server: LocalServer, dynamo: Any, europe: Any) -> None:
    table = make_table(dynamo)
    dynamo.put_item(TableName=table, Item=row("a"))
    replicate(server, dynamo, table, EUROPE)
    replicate(server, europe, table, ASIA)  # any replica can be asked
    asia = server.client("dynamodb", region_name=ASIA)
    assert regions(dynamo, table).keys() == {EUROPE, ASIA}
    assert regions(asia, table).keys() == {"us-east-1", EUROPE}
    asia.put_item(TableName=table, Item=row("b"))
    assert items(dynamo, table).keys() == items(europe, table).keys() == {"a", "b"}
    replicate(server, dynamo, table, EUROPE, "Delete")
    with refused("ResourceNotFoundException"):
        europe.describe_table(TableName=table)
    assert regions(asia, table).keys() == {"us-east-1"}
    dynamo.delete_table(TableName=table)
    server.settle()
    asia.put_item(TableName=table, Item=row("c"))
    assert items(asia, table).keys() == {"a", "b", "c"}
    assert regions(asia, table) == {}


def test_settings_are_those_of_all_replicas(server: LocalServer, dynamo: Any, europe: Any) -> None:
    table = make_table(dynamo)
    replicate(server, dynamo, table, EUROPE)
    dynamo.put_item(TableName=table, Item=row("a", by={"S": "x"}, ends={"N": "1"}))
    dynamo.update_table(
        TableName=table,
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "by")],
        GlobalSecondaryIndexUpdates=[{"Create": index("by-by", "by")}],
    )
    server.settle()
    assert items(europe, table, IndexName="by-by").keys() == {"a"}
    europe.update_table(TableName=table, DeletionProtectionEnabled=True)  # each replica's own
    assert dynamo.describe_table(TableName=table)["Table"]["DeletionProtectionEnabled"] is False
    with refused("ValidationException", "protected against deletion"):
        replicate(server, dynamo, table, EUROPE, "Delete")
    europe.update_time_to_live(
        TableName=table, TimeToLiveSpecification={"Enabled": True, "AttributeName": "ends"}
    )
    found = dynamo.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    assert found["AttributeName"] == "ends"
    soon = server.app.clock.now_ms() // 1000 + 60
    dynamo.put_item(TableName=table, Item=row("b", ends={"N": str(soon)}))
    server.advance(200)
    server.settle()
    assert "b" not in items(dynamo, table) | items(europe, table)
    removed = [
        record.get("userIdentity", {}).get("Type")
        for region, client in (("us-east-1", dynamo), (EUROPE, europe))
        for record in records(
            server, region, client.describe_table(TableName=table)["Table"]["LatestStreamArn"]
        )
        if record["eventName"] == "REMOVE" and record["dynamodb"]["Keys"] == row("b")
    ]
    assert sorted(removed, key=str) == [None, "Service"]  # one of them by itself, the other by replication


def test_what_cannot_be_a_replica_is_refused(server: LocalServer, dynamo: Any, europe: Any) -> None:
    table = make_table(dynamo)
    other = make_table(dynamo, StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})
    with refused("ValidationException", "NEW_AND_OLD_IMAGES"):
        replicate(server, dynamo, other, EUROPE)
    for region in ("us-east-1", "not a region", "\u2603", "eu-west-1/../x"):
        with refused("ValidationException"):
            replicate(server, dynamo, table, region)
    with refused("ValidationException", "not part of the global table"):
        replicate(server, dynamo, table, EUROPE, "Delete")
    replicate(server, dynamo, table, EUROPE)
    with refused("ValidationException", "already existed"):
        replicate(server, dynamo, table, EUROPE)
    with refused("ValidationException", "stream"):
        dynamo.update_table(TableName=table, StreamSpecification={"StreamEnabled": False})
    create = {"Create": {"RegionName": ASIA}}
    for wrong in (
        {"ReplicaUpdates": [create, create]},
        {"ReplicaUpdates": [create], "BillingMode": "PAY_PER_REQUEST"},
        {"ReplicaUpdates": [{"Create": {"RegionName": ASIA, "KMSMasterKeyId": "any"}}]},
        {"ReplicaUpdates": [{"Update": {"RegionName": EUROPE, "KMSMasterKeyId": "any"}}]},
        {"ReplicaUpdates": [{}]},
    ):
        with refused("ValidationException"):
            dynamo.update_table(TableName=table, **wrong)
    may = {"Effect": "Allow", "Action": "dynamodb:UpdateTable", "Resource": "*"}
    with refused("AccessDeniedException", "CreateTableReplica"):
        replicate(server, client_of_role(server, "replicator", "dynamodb", may), table, ASIA)
    assert regions(dynamo, table) == {EUROPE: "ACTIVE"}
