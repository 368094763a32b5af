"""Rules against a naive matcher, keys as AWS encodes them, records as AWS documents them."""

from pathlib import Path
from urllib.parse import quote_plus

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.delivery import ObjectChange, Rule, encode_key
from penstock.delivery.rule import RuleSet
from penstock.matching.affix import AffixIndex
from penstock.services.s3.notifications.record import s3_message
from penstock.services.s3.owner import customer_id

GOLDEN = Path(__file__).parents[1] / "golden"

texts = st.text("ab/", max_size=5)
EVENTS = ["ObjectCreated:Put", "ObjectCreated:Copy", "ObjectRemoved:Delete"]


@settings(derandomize=True, deadline=None)
@given(st.lists(st.tuples(texts, texts), max_size=12), texts)
def test_the_index_finds_what_trying_each_pair_finds(pairs: list[tuple[str, str]], text: str) -> None:
    index = AffixIndex((prefix, suffix, at) for at, (prefix, suffix) in enumerate(pairs))
    naive = [
        at for at, (prefix, suffix) in enumerate(pairs) if text.startswith(prefix) and text.endswith(suffix)
    ]
    assert sorted(index.match(text)) == naive


@settings(derandomize=True, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([*EVENTS, "ObjectCreated:*", "ObjectRemoved:*"]), texts, texts), max_size=8
    ),
    st.sampled_from(EVENTS),
    st.lists(texts, min_size=1, max_size=3),
)
def test_a_rule_matches_exactly_when_it_has_no_reason_not_to(
    specs: list[tuple[str, str, str]], event: str, keys: list[str]
) -> None:
    rules = [Rule(str(at), "arn", (name,), prefix, suffix) for at, (name, prefix, suffix) in enumerate(specs)]
    compiled = RuleSet(1, rules)
    for key in keys:
        matched = compiled.match(event, encode_key(key))
        assert {rule.id for rule in matched} == {
            rule.id for rule in rules if rule.why_not(event, key) is None
        }


@settings(derandomize=True, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_a_key_of_safe_characters_is_its_own_encoding(key: str) -> None:
    assert encode_key(key) == quote_plus(key, safe="/*")


hostile = st.text(st.sampled_from(["%", "s", "b", "\0", '"', "\\", "é", "\n", "A"]), max_size=6)


@settings(derandomize=True, deadline=None)
@given(hostile, hostile, hostile, hostile)
def test_no_text_in_a_record_is_taken_for_a_place_to_fill(id: str, who: str, address: str, key: str) -> None:
    change = ObjectChange(
        "ObjectCreated:Put", "1", "r", "b", key, None, 3, "e", 0, who, address, "REQUEST", "HOST"
    )
    (record,) = orjson.loads(s3_message(change, 7, id, "2.6"))["Records"]
    assert record["s3"]["configurationId"] == id
    assert record["userIdentity"]["principalId"] in (who, f"AWS:{who}")
    assert record["requestParameters"]["sourceIPAddress"] == address
    assert record["eventTime"] == "1970-01-01T00:00:00.000Z"
    assert record["responseElements"] == {"x-amz-request-id": "REQUEST", "x-amz-id-2": "HOST"}
    assert record["s3"]["object"]["key"] == encode_key(key)


@pytest.mark.parametrize(
    ("key", "encoded"),
    [
        ("red flower.jpg", "red+flower.jpg"),
        ("dir/a b+é.txt", "dir/a+b%2B%C3%A9.txt"),
        ("a//b/../c", "a//b/../c"),
        ("50%.csv", "50%25.csv"),
    ],
)
def test_keys_are_form_encoded_with_their_slashes(key: str, encoded: str) -> None:
    assert encode_key(key) == encoded


def test_filters_are_compared_with_the_encoded_key() -> None:
    assert Rule("r", "arn", ("ObjectCreated:*",), "my+dir/").why_not("ObjectCreated:Put", "my dir/x") is None
    assert Rule("r", "arn", ("ObjectCreated:*",), "my dir/").why_not("ObjectCreated:Put", "my dir/x")


def test_a_record_is_the_one_that_aws_documents() -> None:
    """The example of notification-content-structure.html, with the version that page names and a sequencer of ours."""
    change = ObjectChange(
        event_name="ObjectCreated:Put",
        account="000000000000",
        region="us-west-2",
        bucket="amzn-s3-demo-bucket",
        key="HappyFace.jpg",
        version_id="096fKKXTRTtl3on89fVO.nfljtsv6qko",
        size=1024,
        etag="d41d8cd98f00b204e9800998ecf8427e",
        time_ms=0,
        requester="AIDAJDPLRKLG7UEXAMPLE",
        source_ip="172.16.0.1",
        request_id="C3D13FE58DE4C810",
        host_id="FMyUVURIY8/IgAtTv8xRjskZQpcIZ9KG4V5Wp6S7S/JRWeUWerMUE5JgHvANOjpD",
    )
    golden = orjson.loads((GOLDEN / "s3" / "object_created_put.json").read_bytes())
    golden["Records"][0]["s3"]["bucket"]["ownerIdentity"]["principalId"] = customer_id("000000000000")
    # As text: the members are in the documented order too.
    assert s3_message(change, 26, "testConfigRule", "2.6") == orjson.dumps(golden)
