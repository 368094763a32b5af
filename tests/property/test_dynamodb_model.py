"""A table with indexes and a stream against a naive one: a dict of items, searched from end to end."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from tests.kit.tables import Item, every_page, index, make_table, row

from penstock.services.dynamodb.items.codec import decode
from penstock.store import Statement
from penstock.testing import LocalServer

CHANGES = Statement.of(
    """SELECT change FROM dynamodb_changes c JOIN dynamodb_stream s ON s.id = c.stream_id
    WHERE s.table_name = ? ORDER BY c.sequence"""
)
INDEXES: dict[str, Any] = {
    "GlobalSecondaryIndexes": [index("by-by", "by", "at", projection="KEYS_ONLY")],
    "LocalSecondaryIndexes": [index("by-at", "pk", "at")],
    "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
}
partitions = st.sampled_from(["a", "b"])
numbers = st.sampled_from(["-1e20", "-2", "-1.5", "0", "0.1", "1", "2", "10", "1e30"])
texts = st.sampled_from(["x", "y", "é"])
attributes = st.fixed_dictionaries(
    {},
    optional={
        "by": texts.map(lambda text: {"S": text}),
        "at": numbers.map(lambda number: {"N": number}),
        "v": st.integers(0, 3).map(lambda number: {"N": str(number)}),
        "raw": st.binary(max_size=3).map(lambda raw: {"B": raw}),
    },
)
Place = tuple[str, Decimal]


def at(pk: str, sk: str, **more: dict[str, Any]) -> Item:
    return {**row(pk), "sk": {"N": sk}, **more}


def place_of(item: Item) -> Place:
    return item["pk"]["S"], Decimal(item["sk"]["N"])


def same(items: list[Item]) -> list[Item]:
    """Returns the items in an order of their own, their numbers as numbers."""
    return [
        {
            name: {kind: Decimal(v) if kind == "N" else v}
            for name, value in item.items()
            for kind, v in value.items()
        }
        for item in sorted(items, key=place_of)
    ]


class Tables(RuleBasedStateMachine):
    """Every operation on both; they must agree."""

    server: LocalServer

    @initialize()
    def create(self) -> None:
        self.dynamo = self.server.client("dynamodb")
        self.table = make_table(self.dynamo, "pk", "sk", **INDEXES)
        self.naive: dict[Place, Item] = {}

    @rule(pk=partitions, sk=numbers, more=attributes, new=st.booleans())
    def put(self, pk: str, sk: str, more: Item, new: bool) -> None:
        item = at(pk, sk, **more)
        condition = {"ConditionExpression": "attribute_not_exists(pk)"} if new else {}
        if self.attempt(new and place_of(item) in self.naive, "put_item", Item=item, **condition):
            self.naive[place_of(item)] = item

    @rule(pk=partitions, sk=numbers, least=st.integers(0, 3))
    def count_up(self, pk: str, sk: str, least: int) -> None:
        key = at(pk, sk)
        old = self.naive.get(place_of(key))
        value = Decimal(old["v"]["N"]) if old and "v" in old else None
        done = self.attempt(
            value is None or value < least,
            "update_item",
            Key=key,
            UpdateExpression="SET v = v + :one REMOVE #by",
            ConditionExpression="v >= :least",
            ExpressionAttributeNames={"#by": "by"},
            ExpressionAttributeValues={":one": {"N": "1"}, ":least": {"N": str(least)}},
        )
        if done:
            assert old is not None and value is not None
            kept = {name: content for name, content in old.items() if name != "by"}
            self.naive[place_of(key)] = {**kept, "v": {"N": str(value + 1)}}

    @rule(pk=partitions, sk=numbers)
    def delete(self, pk: str, sk: str) -> None:
        key = at(pk, sk)
        self.dynamo.delete_item(TableName=self.table, Key=key)
        self.naive.pop(place_of(key), None)

    @rule(sk=numbers, other=numbers, more=attributes)
    def move(self, sk: str, other: str, more: Item) -> None:
        """From one partition to the other in a transaction: what is there goes, where there is nothing it comes."""
        gone, new = at("a", sk), at("b", other, **more)
        fails = place_of(gone) not in self.naive or place_of(new) in self.naive
        moves = [
            {"Delete": {"Key": gone, "ConditionExpression": "attribute_exists(pk)"}},
            {"Put": {"Item": new, "ConditionExpression": "attribute_not_exists(pk)"}},
        ]
        for move in moves:
            for action in move.values():
                action["TableName"] = self.table
        if fails:
            with pytest.raises(ClientError, match="TransactionCanceledException"):
                self.dynamo.transact_write_items(TransactItems=moves)
        else:
            self.dynamo.transact_write_items(TransactItems=moves)
            del self.naive[place_of(gone)]
            self.naive[place_of(new)] = new

    @rule(pk=partitions, low=numbers, high=numbers, forward=st.booleans(), limit=st.integers(1, 4))
    def query(self, pk: str, low: str, high: str, forward: bool, limit: int) -> None:
        if Decimal(low) > Decimal(high):
            low, high = high, low
        found = self.pages(
            KeyConditionExpression="pk = :p AND sk BETWEEN :l AND :h",
            ExpressionAttributeValues={":p": {"S": pk}, ":l": {"N": low}, ":h": {"N": high}},
            ScanIndexForward=forward,
            Limit=limit,
        )
        wanted = [i for (p, s), i in self.naive.items() if p == pk and Decimal(low) <= s <= Decimal(high)]
        assert same(found) == same(wanted)
        order = [place_of(item) for item in found]
        assert order == sorted(order, reverse=not forward)

    @rule(by=texts, forward=st.booleans(), limit=st.integers(1, 4))
    def query_global(self, by: str, forward: bool, limit: int) -> None:
        found = self.pages(
            IndexName="by-by",
            KeyConditionExpression="#by = :v",
            ExpressionAttributeNames={"#by": "by"},
            ExpressionAttributeValues={":v": {"S": by}},
            ScanIndexForward=forward,
            Limit=limit,
        )
        shown = ("pk", "sk", "by", "at")
        wanted = [
            {name: value for name, value in item.items() if name in shown}
            for item in self.naive.values()
            if item.get("by") == {"S": by} and "at" in item
        ]
        assert same(found) == same(wanted)
        order = [Decimal(item["at"]["N"]) for item in found]
        assert order == sorted(order, reverse=not forward)

    @rule(pk=partitions, limit=st.integers(1, 4))
    def query_local(self, pk: str, limit: int) -> None:
        found = self.pages(
            IndexName="by-at",
            KeyConditionExpression="pk = :p",
            ExpressionAttributeValues={":p": {"S": pk}},
            Limit=limit,
        )
        assert same(found) == same([i for (p, _), i in self.naive.items() if p == pk and "at" in i])

    @invariant()
    def holds_the_same(self) -> None:
        found = every_page(self.dynamo.scan, TableName=self.table, Limit=3)
        assert same(found) == same(list(self.naive.values()))

    def teardown(self) -> None:
        if not hasattr(self, "table"):
            return
        described = self.dynamo.describe_table(TableName=self.table)["Table"]
        assert described["ItemCount"] == len(self.naive)
        replayed: dict[Place, Item] = {}
        for (change,) in self.server.wait(self.server.app.store.read(_changes, self.table)):
            _replay(replayed, decode(change))
        assert same(list(replayed.values())) == same(list(self.naive.values()))

    def attempt(self, fails: bool, operation: str, **params: Any) -> bool:
        """Returns whether the operation was done, which it must be unless its condition is not met."""
        call = getattr(self.dynamo, operation)
        if not fails:
            call(TableName=self.table, **params)
            return True
        with pytest.raises(ClientError, match="ConditionalCheckFailedException"):
            call(TableName=self.table, **params)
        return False

    def pages(self, **params: Any) -> list[Item]:
        return every_page(self.dynamo.query, TableName=self.table, **params)


def _changes(tx: Any, table: str) -> Any:
    return tx.all(CHANGES, table)


def _replay(items: dict[Place, Item], change: dict[str, Any]) -> None:
    place = place_of(change["Keys"])
    assert (change["eventName"] == "INSERT") == (place not in items)
    assert ("OldImage" in change) == (place in items)
    if change["eventName"] == "REMOVE":
        del items[place]
    else:
        items[place] = change["NewImage"]


@pytest.fixture(scope="module")
def machine(server: LocalServer) -> Iterator[type[Tables]]:
    yield type("Machine", (Tables,), {"server": server})


def test_a_table_is_as_a_naive_one(machine: type[Tables]) -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        machine,
        settings=settings(
            max_examples=15,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
        ),
    )
