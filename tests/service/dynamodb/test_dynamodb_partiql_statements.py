"""ExecuteStatement, BatchExecuteStatement, ExecuteTransaction."""

import json
from base64 import b64decode, b64encode
from typing import Any

import pytest
from tests.kit.tables import client_of_role, index, make_table, refused, row

from penstock.testing import LocalServer


@pytest.fixture(scope="module")
def dynamo(server: LocalServer) -> Any:
    return server.client("dynamodb")


@pytest.fixture
def table(dynamo: Any) -> str:
    return make_table(dynamo, "pk", "sk", GlobalSecondaryIndexes=[index("by-by", "by")])


def filled(dynamo: Any, table: str, partitions: str = "ab", count: int = 3) -> None:
    for partition in partitions:
        for number in range(count):
            item = row(partition, number, by={"S": f"v{number}"}, n={"N": str(number)})
            dynamo.put_item(TableName=table, Item=item)


def run(dynamo: Any, text: str, *parameters: Any, **others: Any) -> Any:
    if parameters:
        others["Parameters"] = [*parameters]
    return dynamo.execute_statement(Statement=text, **others)


def keys(answer: Any) -> list[str]:
    return [item["pk"]["S"] + item["sk"]["N"] for item in answer["Items"]]


def test_a_statement_writes_reads_changes_and_deletes_an_item(dynamo: Any, table: str) -> None:
    assert (
        run(dynamo, f"INSERT INTO \"{table}\" VALUE {{'pk': ?, 'sk': 1, 'l': [1]}}", {"S": "a"})["Items"]
        == []
    )
    where = "WHERE pk = 'a' AND sk = 1"
    changed = run(
        dynamo, f'UPDATE "{table}" SET n = 5 SET l = list_append(l, [2]) {where} RETURNING ALL NEW *'
    )
    assert changed["Items"] == [row("a", 1, n={"N": "5"}, l={"L": [{"N": "1"}, {"N": "2"}]})]
    modified = run(dynamo, f'UPDATE "{table}" REMOVE l {where} RETURNING MODIFIED OLD *')
    assert modified["Items"] == [{"l": {"L": [{"N": "1"}, {"N": "2"}]}}]
    assert run(dynamo, f'SELECT n FROM "{table}" {where}')["Items"] == [{"n": {"N": "5"}}]
    gone = run(dynamo, f'DELETE FROM "{table}" {where} RETURNING ALL OLD *')
    assert gone["Items"] == [row("a", 1, n={"N": "5"})]
    assert run(dynamo, f'DELETE FROM "{table}" {where} RETURNING ALL OLD *')["Items"] == []


def test_a_write_whose_condition_is_false_changes_nothing(dynamo: Any, table: str) -> None:
    dynamo.put_item(TableName=table, Item=row("a", 1, n={"N": "5"}))
    where = "WHERE pk = 'a' AND sk = 1 AND n = 6"
    with refused("DuplicateItemException", "Duplicate primary key exists in table"):
        run(dynamo, f"INSERT INTO \"{table}\" VALUE {{'pk': 'a', 'sk': 1}}")
    for text in (f'UPDATE "{table}" SET n = 7 {where}', f'DELETE FROM "{table}" {where}'):
        with refused("ConditionalCheckFailedException", "The conditional request failed") as error:
            run(dynamo, text, ReturnValuesOnConditionCheckFailure="ALL_OLD")
        assert error.value.response["Item"] == row("a", 1, n={"N": "5"})
    with refused("ConditionalCheckFailedException", "The conditional request failed"):
        run(dynamo, f"UPDATE \"{table}\" SET n = 7 WHERE pk = 'none' AND sk = 1")
    assert dynamo.scan(TableName=table)["Items"] == [row("a", 1, n={"N": "5"})]


def test_a_write_names_the_whole_key(dynamo: Any, table: str) -> None:
    for text in ("UPDATE {} SET n = 7 WHERE pk = 'a'", "DELETE FROM {} WHERE pk = 'a' AND sk > 1"):
        with refused(
            "ValidationException", "Where clause does not contain a mandatory equality on all key attributes"
        ):
            run(dynamo, text.format(f'"{table}"'))
    with refused("ValidationException", "Cannot update attribute sk. This attribute is part of the key"):
        run(dynamo, f"UPDATE \"{table}\" SET sk = 7 WHERE pk = 'a' AND sk = 1")


@pytest.mark.parametrize(
    ("rest", "found"),
    [
        ("WHERE pk = 'a'", ["a0", "a1", "a2"]),
        ("WHERE pk = 'a' AND sk >= 1 ORDER BY sk DESC", ["a2", "a1"]),
        ("WHERE pk = 'a' AND n IN [0, 2]", ["a0", "a2"]),
        ("WHERE pk IN ['b', 'a'] AND sk = 1", ["b1", "a1"]),
        ("WHERE pk IN ['b', 'a'] AND sk = 1 ORDER BY pk", ["a1", "b1"]),
        ("WHERE pk = 'a' OR pk = 'b' AND sk < 1 ORDER BY pk DESC", ["b0", "a0", "a1", "a2"]),
        ("WHERE pk = 'a' AND (sk = 0 OR sk = 2)", ["a0", "a2"]),
        ("WHERE pk = 7", []),
    ],
)
def test_a_select_reads_what_its_condition_names(
    dynamo: Any, table: str, rest: str, found: list[str]
) -> None:
    filled(dynamo, table)
    answer = run(dynamo, f'SELECT * FROM "{table}" {rest}')
    assert keys(answer) == found
    assert "NextToken" not in answer


def keys_of_all_pages(dynamo: Any, text: str, **others: Any) -> list[str]:
    found, more = [], {}
    for _ in range(50):
        answer = run(dynamo, text, **others, **more)
        found += keys(answer)
        if "NextToken" not in answer:
            return found
        more = {"NextToken": answer["NextToken"]}
    raise AssertionError("the pages do not end")


def test_a_select_without_a_partition_scans(dynamo: Any, table: str) -> None:
    filled(dynamo, table)
    text = f'SELECT pk, sk FROM "{table}" WHERE n > 0'
    assert sorted(keys_of_all_pages(dynamo, text)) == ["a1", "a2", "b1", "b2"]


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_pages_are_as_long_as_their_limit(dynamo: Any, table: str, limit: int) -> None:
    filled(dynamo, table)
    text = f"SELECT * FROM \"{table}\" WHERE pk IN ['a', 'b', 'none'] ORDER BY sk DESC"
    assert keys_of_all_pages(dynamo, text, Limit=limit) == ["a2", "a1", "a0", "b2", "b1", "b0"]


def test_a_token_belongs_to_its_statement(dynamo: Any, table: str) -> None:
    filled(dynamo, table)
    token = run(dynamo, f"SELECT * FROM \"{table}\" WHERE pk = 'a'", Limit=1)["NextToken"]
    for text, given in (
        (f"SELECT * FROM \"{table}\" WHERE pk = 'b'", token),
        (f'SELECT * FROM "{table}"', "e30="),
    ):
        with refused("ValidationException", "Invalid NextToken"):
            run(dynamo, text, NextToken=given)


@pytest.mark.parametrize(
    "place",
    [
        [9, None],
        [-1, None],
        [0.5, None],
        ["0", None],
        [0, 7],
        [0, {}],
        [0, {"pk": 1}],
        [0, {"pk": "S"}],
        [0, {"pk": {"X": 1}, "sk": {"N": "1"}}],
        [0, {"pk": {"N": 5}, "sk": {"SS": 5}}],
        [0, {"pk": {"S": "a"}, "sk": {"B": "%"}}],
        [0, {"pk": {"L": 5}, "sk": {"M": 5}}],
    ],
)
def test_a_token_that_was_changed_is_refused(dynamo: Any, table: str, place: list[Any]) -> None:
    filled(dynamo, table, "a")
    text = f"SELECT * FROM \"{table}\" WHERE pk = 'a'"
    given = json.loads(b64decode(run(dynamo, text, Limit=1)["NextToken"]))
    changed = b64encode(json.dumps([given[0], *place]).encode()).decode()
    with refused("ValidationException"):
        run(dynamo, text, NextToken=changed)


def test_a_select_reads_an_index(dynamo: Any, table: str) -> None:
    filled(dynamo, table)
    found = run(dynamo, f'SELECT pk, sk FROM "{table}"."by-by" WHERE "by" = \'v1\'')
    assert sorted(keys(found)) == ["a1", "b1"]
    with refused("ValidationException", "The table does not have the specified index: none"):
        run(dynamo, f'SELECT * FROM "{table}"."none"')


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        ("ORDER BY sk", "Must have WHERE clause in the statement when using ORDER BY clause."),
        ("WHERE n = 1 ORDER BY sk", "Must have at least one non-optional hash key condition in WHERE clause"),
        ("WHERE pk = 'a' ORDER BY n", "Variables in ORDER BY clause must be part of the primary key"),
        (
            "WHERE pk IN [" + ",".join(f"'{n}'" for n in range(51)) + "]",
            "Too many decomposed read operations",
        ),
    ],
)
def test_what_cannot_be_read_is_refused(dynamo: Any, table: str, rest: str, message: str) -> None:
    with refused("ValidationException", message):
        run(dynamo, f'SELECT * FROM "{table}" {rest}')


def test_a_table_that_is_not_there(dynamo: Any) -> None:
    with refused("ResourceNotFoundException", "Requested resource not found"):
        run(dynamo, "SELECT * FROM nowhere")


def test_what_a_statement_consumes(dynamo: Any, table: str) -> None:
    text = f"INSERT INTO \"{table}\" VALUE {{'pk': 'a', 'sk': 1}}"
    assert run(dynamo, text, ReturnConsumedCapacity="TOTAL")["ConsumedCapacity"]["CapacityUnits"] == 1
    text = f"SELECT * FROM \"{table}\" WHERE pk = 'a'"
    read = run(dynamo, text, ReturnConsumedCapacity="TOTAL", ConsistentRead=True)
    assert read["ConsumedCapacity"] == {"TableName": table, "CapacityUnits": 1.0}


def test_the_statements_of_a_batch_are_run_each_for_itself(dynamo: Any, table: str) -> None:
    dynamo.put_item(TableName=table, Item=row("a", 1))
    answers = dynamo.batch_execute_statement(
        Statements=[
            {
                "Statement": f"INSERT INTO \"{table}\" VALUE {{'pk': 'b', 'sk': ?}}",
                "Parameters": [{"N": "2"}],
            },
            {"Statement": f"INSERT INTO \"{table}\" VALUE {{'pk': 'a', 'sk': 1}}"},
            {"Statement": f"UPDATE \"{table}\" SET n = 1 WHERE pk = 'a'"},
            {"Statement": f"UPDATE \"{table}\" SET n = 1 WHERE pk = 'a' AND sk = 1 RETURNING ALL NEW *"},
            {"Statement": f"DELETE FROM \"{table}\" WHERE pk = 'a' AND sk = 1 AND n = 9"},
            {"Statement": "DELETE FROM nowhere WHERE pk = 'a'"},
        ]
    )["Responses"]
    codes = [answer.get("Error", {}).get("Code") for answer in answers]
    assert codes == [
        None,
        "DuplicateItem",
        "ValidationError",
        None,
        "ConditionalCheckFailed",
        "ResourceNotFound",
    ]
    assert answers[3]["Item"] == row("a", 1, n={"N": "1"})
    reads = dynamo.batch_execute_statement(
        Statements=[
            {"Statement": f"SELECT n FROM \"{table}\" WHERE pk = 'a' AND sk = 1"},
            {"Statement": f"SELECT * FROM \"{table}\" WHERE pk = 'none' AND sk = 1"},
            {"Statement": f"SELECT * FROM \"{table}\" WHERE pk = 'a'"},
        ],
        ReturnConsumedCapacity="TOTAL",
    )
    found, nothing, error = reads["Responses"]
    assert found == {"TableName": table, "Item": {"n": {"N": "1"}}}
    assert nothing == {"TableName": table}
    assert error["Error"]["Code"] == "ValidationError"
    assert reads["ConsumedCapacity"] == [{"TableName": table, "CapacityUnits": 1.0}]


def test_reads_and_writes_do_not_mix(dynamo: Any, table: str) -> None:
    both = [
        {"Statement": f"SELECT * FROM \"{table}\" WHERE pk = 'a' AND sk = 1"},
        {"Statement": f"DELETE FROM \"{table}\" WHERE pk = 'a' AND sk = 1"},
    ]
    with refused("ValidationException", "you cannot mix both in one batch"):
        dynamo.batch_execute_statement(Statements=both)
    with refused("ValidationException", "you cannot mix both in one transaction"):
        dynamo.execute_transaction(TransactStatements=both)


def test_a_transaction_is_done_whole_or_not_at_all(dynamo: Any, table: str) -> None:
    dynamo.put_item(TableName=table, Item=row("a", 1, n={"N": "1"}))
    exists = f"EXISTS(SELECT * FROM \"{table}\" WHERE pk = 'a' AND sk = 1 AND n = ?)"
    insert = f"INSERT INTO \"{table}\" VALUE {{'pk': 'b', 'sk': 2}}"

    def transact(expected: str) -> Any:
        statements = [{"Statement": exists, "Parameters": [{"N": expected}]}, {"Statement": insert}]
        return dynamo.execute_transaction(TransactStatements=statements)

    with refused("TransactionCanceledException", r"\[ConditionalCheckFailed, None\]"):
        transact("2")
    assert "Item" not in dynamo.get_item(TableName=table, Key=row("b", 2))
    assert transact("1")["Responses"] == [{}, {}]
    with refused("TransactionCanceledException", r"\[None, DuplicateItem\]"):
        transact("1")


def test_a_transaction_with_a_token_is_done_once(dynamo: Any, table: str) -> None:
    dynamo.put_item(TableName=table, Item=row("a", 1, n={"N": "1"}))
    add = [{"Statement": f"UPDATE \"{table}\" SET n = n + 1 WHERE pk = 'a' AND sk = 1 RETURNING ALL NEW *"}]
    done = dynamo.execute_transaction(TransactStatements=add, ClientRequestToken="once")
    assert done["Responses"] == [{"Item": row("a", 1, n={"N": "2"})}]
    dynamo.execute_transaction(TransactStatements=add, ClientRequestToken="once")
    reads = [{"Statement": f"SELECT n FROM \"{table}\" WHERE pk = 'a' AND sk = 1"}]
    assert dynamo.execute_transaction(TransactStatements=reads)["Responses"] == [{"Item": {"n": {"N": "2"}}}]
    with refused("IdempotentParameterMismatchException", "same client token"):
        dynamo.execute_transaction(TransactStatements=[*add, *add], ClientRequestToken="once")


def test_exists_is_only_for_transactions(dynamo: Any, table: str) -> None:
    text = f"EXISTS(SELECT * FROM \"{table}\" WHERE pk = 'a' AND sk = 1)"
    with refused("ValidationException", "EXISTS can only be used"):
        run(dynamo, text)
    with refused("ValidationException", "EXISTS can only be used"):
        dynamo.batch_execute_statement(Statements=[{"Statement": text}])


def test_policies_tell_statements_apart(server: LocalServer, dynamo: Any, table: str) -> None:
    filled(dynamo, table, "a", 1)
    statements: list[dict[str, Any]] = [
        {"Effect": "Allow", "Action": "dynamodb:PartiQLSelect", "Resource": "*"},
        {
            "Effect": "Deny",
            "Action": "dynamodb:PartiQLSelect",
            "Resource": "*",
            "Condition": {"Bool": {"dynamodb:FullTableScan": "true"}},
        },
        {
            "Effect": "Allow",
            "Action": "dynamodb:PartiQLInsert",
            "Resource": "*",
            "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["mine"]}},
        },
        {
            "Effect": "Allow",
            "Action": "dynamodb:PartiQLUpdate",
            "Resource": "*",
            "Condition": {"ForAllValues:StringEquals": {"dynamodb:Attributes": ["pk", "sk", "n"]}},
        },
    ]
    caller = client_of_role(server, "partiql", "dynamodb", *statements)
    assert keys(run(caller, f"SELECT * FROM \"{table}\" WHERE pk = 'a'")) == ["a0"]
    run(caller, f"INSERT INTO \"{table}\" VALUE {{'pk': 'mine', 'sk': 1}}")
    run(caller, f"UPDATE \"{table}\" SET n = 1 WHERE pk = 'mine' AND sk = 1")
    for text in (
        f"UPDATE \"{table}\" SET salary = 1 WHERE pk = 'mine' AND sk = 1",
        f"UPDATE \"{table}\" SET n = salary WHERE pk = 'mine' AND sk = 1",
        f'SELECT * FROM "{table}"',
        f"INSERT INTO \"{table}\" VALUE {{'pk': 'yours', 'sk': 1}}",
        f"DELETE FROM \"{table}\" WHERE pk = 'a' AND sk = 0",
    ):
        with refused("AccessDeniedException", "is not authorized to perform: dynamodb:PartiQL"):
            run(caller, text)
