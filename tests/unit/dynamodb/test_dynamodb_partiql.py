"""PartiQL's statements: what AWS's pages show, and what is none."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.errors import AwsError
from penstock.services.dynamodb.expressions import KeyAttribute, KeyRange
from penstock.services.dynamodb.partiql.language import (
    Delete,
    Exists,
    Insert,
    Returning,
    Select,
    Statement,
    Update,
    attributes_of,
    parse,
)

BAND = {"Artist": {"S": "Acme Band"}, "SongTitle": {"S": "PartiQL Rocks"}}
KEYS = ["Artist", "SongTitle"]
WHERE = "WHERE Artist='Acme Band' AND SongTitle='PartiQL Rocks'"


def selected(text: str, *parameters: Any) -> Select:
    statement = parse(text, [*parameters])
    assert isinstance(statement, Select)
    return statement


def updated(clauses: str, item: dict[str, Any]) -> Any:
    statement = parse(f'UPDATE "Music" {clauses} {WHERE}', [])
    assert isinstance(statement, Update)
    return {k: v for k, v in statement.change.apply({**BAND, **item}, BAND).item.items() if k not in BAND}


def test_an_insert_is_an_item() -> None:
    statement = parse(
        """INSERT INTO TypesTable value {'primarykey':'1', 'NumberType':1, 'Neg': -1.50,
        'MapType' : {'entryname1': 'value', "entryname2": 4}, 'ListType': [1,'stringval'],
        'NumberSetType':<<1,34,32,4.5>>, 'StringSetType':<<'stringval','stringval2'>>,
        'quoted': 'it''s', 'yes': true, 'nothing': NULL, 'given': ?, 'none': [], 'empty': {}}""",
        [{"B": b"x"}],
    )
    assert statement == Insert(
        "TypesTable",
        {
            "primarykey": {"S": "1"},
            "NumberType": {"N": "1"},
            "Neg": {"N": "-1.5"},
            "MapType": {"M": {"entryname1": {"S": "value"}, "entryname2": {"N": "4"}}},
            "ListType": {"L": [{"N": "1"}, {"S": "stringval"}]},
            "NumberSetType": {"NS": ["1", "4.5", "32", "34"]},
            "StringSetType": {"SS": ["stringval", "stringval2"]},
            "quoted": {"S": "it's"},
            "yes": {"BOOL": True},
            "nothing": {"NULL": True},
            "given": {"B": b"x"},
            "none": {"L": []},
            "empty": {"M": {}},
        },
    )


@pytest.mark.parametrize(
    ("where", "partitions"),
    [
        ("OrderID = 100", ["100"]),
        ("100 = OrderID", ["100"]),
        ("OrderID = 100 and Address='some address'", ["100"]),
        ("OrderID = 100 or OrderID = 200", ["100", "200"]),
        ("OrderID IN [100, 300, 100]", ["100", "300"]),
        ("OrderID IN (100, 300) AND Total > 5", ["100", "300"]),
        ("(OrderID = 1 AND Total = 2) OR (OrderID = 2 AND Total = 3)", ["1", "2"]),
        ("OrderID > 1", None),
        ("Address='some address'", None),
        ("OrderID = 100 OR Address='some address'", None),
        ("NOT OrderID = 100", None),
        ("OrderID IN [100, Total]", None),
    ],
)
def test_a_select_reads_the_partitions_that_its_condition_leaves(where: str, partitions: Any) -> None:
    statement = selected(f'SELECT OrderID, Total FROM "Orders" WHERE {where}')
    assert statement.where is not None
    found = statement.where.partitions("OrderID")
    assert (found and [value["N"] for value in found]) == partitions


@pytest.mark.parametrize(
    ("where", "bounds"),
    [
        ("pk = 'a' AND sk = 'b'", KeyRange(b"b", b"b")),
        ("pk = 'a' AND sk BETWEEN 'b' AND 'c'", KeyRange(b"b", b"c")),
        ("pk = 'a' AND begins_with(sk, 'b')", KeyRange(b"b", b"c", with_high=False)),
        ("pk = 'a' AND 'b' < sk", KeyRange(b"b", None, with_low=False)),
        ("pk = 'a' AND (sk = 'b' OR sk = 'c')", KeyRange()),
        ("pk = 'a' AND sk <> 'b'", KeyRange()),
        ("pk = 'a' AND sk = 7", KeyRange()),
        ("pk = 'a' AND size(sk) = 1", KeyRange()),
    ],
)
def test_a_select_reads_the_range_that_its_condition_leaves(where: str, bounds: KeyRange) -> None:
    statement = selected(f"SELECT * FROM t WHERE {where}")
    assert statement.where is not None
    assert statement.where.range(KeyAttribute("sk", "S")) == bounds


ITEM = {"s": {"S": "abc"}, "n": {"N": "5"}, "ss": {"SS": ["a"]}, "m": {"M": {"l": {"L": [{"N": "1"}]}}}}


@pytest.mark.parametrize(
    ("where", "truth"),
    [
        ("s = 'abc'", True),
        ("s != 'abc'", False),
        ("n >= 5 AND n <= 5.0", True),
        ("n = ?", True),
        ("m.l[0] = 1 AND \"m\"['l'][0] = 1", True),
        ("gone IS MISSING", True),
        ("s IS NOT MISSING", True),
        ("s IS NULL", False),
        ("s IS NOT NULL", True),
        ("s IS STRING", True),
        ("s NOT IN ['x', 'y']", True),
        ("NOT s IN ['abc']", False),
        ("NOT NOT s = 'abc'", True),
        ("contains(s, 'b') AND CONTAINS(ss, 'a')", True),
        ("attribute_type(m, 'M')", True),
        ("size(s) = 3", True),
        ("s = 'x' OR n = 5 AND s = 'abc'", True),
        ("n BETWEEN 1 AND 4 OR begins_with(\"s\", 'ab')", True),
    ],
)
def test_a_condition_is_true_of_an_item_that_is_so(where: str, truth: bool) -> None:
    parameters = [{"N": "5.00"}] if "?" in where else []
    statement = selected(f"SELECT * FROM t WHERE {where}", *parameters)
    assert statement.where is not None
    assert statement.where.condition.holds(ITEM) == truth


def test_a_select_names_its_table_index_columns_and_order() -> None:
    statement = selected('SELECT s, m.l[0], "gone" FROM "my-table"."my.index" ORDER BY n DESC;')
    assert (statement.table, statement.index, statement.order) == ("my-table", "my.index", ("n", True))
    assert statement.wanted.of(ITEM) == {"s": {"S": "abc"}, "l[0]": {"N": "1"}}
    assert selected("SELECT * FROM t ORDER BY n ASC").order == ("n", False)
    assert selected("select * from t").wanted.of(ITEM) == ITEM


@pytest.mark.parametrize(
    ("clauses", "item", "after"),
    [
        (
            "SET AwardsWon=1 SET AwardDetail={'Grammys':[2020, 2018]}",
            {},
            {
                "AwardsWon": {"N": "1"},
                "AwardDetail": {"M": {"Grammys": {"L": [{"N": "2020"}, {"N": "2018"}]}}},
            },
        ),
        ("SET a=1, b='x' REMOVE c, d", {"c": {"N": "1"}}, {"a": {"N": "1"}, "b": {"S": "x"}}),
        ("SET l = list_append(l, [2016])", {"l": {"L": []}}, {"l": {"L": [{"N": "2016"}]}}),
        ("REMOVE l[0]", {"l": {"L": [{"N": "1"}, {"N": "2"}]}}, {"l": {"L": [{"N": "2"}]}}),
        ("SET m.new=[2020]", {"m": {"M": {}}}, {"m": {"M": {"new": {"L": [{"N": "2020"}]}}}}),
        ("SET s =<<'m1', 'm2'>>", {}, {"s": {"SS": ["m1", "m2"]}}),
        ("SET s =set_add(s, <<'m3'>>)", {"s": {"SS": ["m1"]}}, {"s": {"SS": ["m1", "m3"]}}),
        ("SET s = SET_DELETE( s, <<345>>)", {"s": {"NS": ["1", "345"]}}, {"s": {"NS": ["1"]}}),
        ("SET n = n + 100", {"n": {"N": "1"}}, {"n": {"N": "101"}}),
        ("SET n = n - 1", {"n": {"N": "1"}}, {"n": {"N": "0"}}),
    ],
)
def test_an_update_changes_what_it_names(clauses: str, item: Any, after: Any) -> None:
    assert updated(clauses, item) == after


@pytest.mark.parametrize("returning", [*Returning, None])
def test_a_write_names_its_item_and_what_it_returns(returning: Returning | None) -> None:
    text = f'UPDATE "Music" SET a = 1 {WHERE} AND b > 1' + (
        f" RETURNING {returning.value} *" if returning else ""
    )
    statement = parse(text, [])
    assert isinstance(statement, Update)
    assert (statement.table, statement.where.key(KEYS), statement.returning) == ("Music", BAND, returning)


def test_a_delete_names_its_item() -> None:
    statement = parse(f'DELETE FROM "Music" {WHERE} RETURNING ALL OLD *', [])
    assert isinstance(statement, Delete)
    assert (statement.where.key(KEYS), statement.returning) == (BAND, Returning.ALL_OLD)
    assert statement.where.key([*KEYS, "third"]) is None


def test_exists_is_a_statement_of_transactions() -> None:
    statement = parse(f'EXISTS(SELECT * FROM "Music" {WHERE} AND Awards IS MISSING)', [])
    assert isinstance(statement, Exists)
    assert statement.where.key(KEYS) == BAND


@pytest.mark.parametrize(
    "text",
    [
        "",
        "DROP TABLE t",
        "SELECT",
        "SELECT * FROM",
        "SELECT * FROM t WHERE",
        "SELECT * FROM t WHERE a",
        "SELECT * FROM t WHERE a = 1 extra",
        "SELECT * FROM t; SELECT * FROM t",
        "SELECT COUNT(*) FROM t",
        "SELECT * FROM 't'",
        "SELECT * FROM t WHERE a = 'open",
        "SELECT * FROM t WHERE a IN []",
        "SELECT * FROM t WHERE a IS SOMETHING",
        "INSERT INTO t VALUE 1",
        "INSERT INTO t VALUE {'a': <<>>}",
        "INSERT INTO t VALUE {'a': <<1, 'x'>>}",
        "INSERT INTO t VALUE {'a': <<[1]>>}",
        "INSERT INTO t VALUE {'a': --1}",
        "UPDATE t SET a = 1",
        "UPDATE t WHERE a = 1",
        "UPDATE t SET a = set_add(b, <<1>>) WHERE a = 1",
        "UPDATE t SET a = 1, a = 2 WHERE a = 1",
        "DELETE FROM t WHERE a = 1 RETURNING ALL NEW *",
        "DELETE FROM t",
        "EXISTS(SELECT * FROM t)",
        "SELECT * FROM t WHERE " + "(" * 4000,
        "SELECT * FROM t WHERE " + "NOT (" * 1000,
        "INSERT INTO t VALUE " + "{'a': [" * 1000,
        "SELECT * FROM t WHERE a[99999999999] = 1",
    ],
)
def test_what_is_no_statement_is_refused(text: str) -> None:
    with pytest.raises(AwsError, match="Statement wasn't well formed, can't be processed: ") as caught:
        parse(text, [])
    assert caught.value.code == "ValidationException"


@pytest.mark.parametrize("parameters", [[], [{"N": "1"}, {"N": "2"}]])
def test_there_are_as_many_parameters_as_question_marks(parameters: Any) -> None:
    with pytest.raises(AwsError, match="Number of parameters in request and statement don't match"):
        parse("SELECT * FROM t WHERE a = ?", parameters)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("SELECT a.b, c FROM t WHERE d[0] = 1 AND (e IN [f, 2] OR size(g) > 1)", "abcdefg".replace("b", "")),
        ("SELECT * FROM t", ""),
        ("INSERT INTO t VALUE {'a': 1, 'b': {'c': 2}}", "ab"),
        ("UPDATE t SET a = b + 1 SET c = list_append(d, [1]) REMOVE e WHERE NOT f = 'g'", "abcdef"),
        ("DELETE FROM t WHERE a = 1 AND b BETWEEN c AND 2", "abc"),
    ],
)
def test_the_attributes_of_a_statement_are_all_that_it_names(text: str, names: str) -> None:
    assert attributes_of(parse(text, [])) == set(names)


WORDS = st.sampled_from(
    [
        *(
            "SELECT",
            "*",
            "FROM",
            "t",
            '"t"',
            "WHERE",
            "INSERT",
            "INTO",
            "VALUE",
            "UPDATE",
            "SET",
            "REMOVE",
            "DELETE",
        ),
        *(
            "RETURNING",
            "ALL",
            "OLD",
            "AND",
            "OR",
            "NOT",
            "IN",
            "BETWEEN",
            "IS",
            "MISSING",
            "NULL",
            "a",
            "b",
            "'x'",
        ),
        *(
            "1",
            "-",
            "?",
            "=",
            "<",
            "<>",
            "(",
            ")",
            "[",
            "]",
            "{",
            "}",
            "<<",
            ">>",
            ",",
            ":",
            ".",
            "size",
            "contains",
        ),
        *("set_add", "list_append", "EXISTS", "ORDER", "BY", "DESC", "'", '"', "\x00", "é", ";"),
    ]
)
STARTS = st.sampled_from(
    ["", "SELECT * FROM t WHERE ", "UPDATE t SET a = ", "INSERT INTO t VALUE {'a': ", "EXISTS("]
)


def parsed(text: str) -> Statement | None:
    try:
        return parse(text, [{"N": "1"}] * text.count("?"))
    except AwsError as error:
        assert error.code == "ValidationException"
        return None


@settings(max_examples=400, deadline=None)
@given(STARTS, st.one_of(st.lists(WORDS, max_size=12).map(" ".join), st.text(max_size=20)))
def test_any_text_is_a_statement_or_refused(start: str, text: str) -> None:
    statement = parsed(start + text)
    if isinstance(statement, Select) and statement.where is not None:
        statement.where.condition.holds(ITEM)
        statement.where.partitions("a")
        statement.where.range(KeyAttribute("b", "N"))
