"""Rules against a naive matcher, keys as AWS encodes them, records as AWS documents them."""

from pathlib import Path

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
    texts,
)
def test_a_rule_matches_exactly_when_it_has_no_reason_not_to(
    specs: list[tuple[str, str, str]], event: str, key: str
) -> None:
    rules = [Rule(str(at), "arn", (name,), prefix, suffix) for at, (name, prefix, suffix) in enumerate(specs)]
    matched = RuleSet(1, rules).match(event, encode_key(key))
    assert {rule.id for rule in matched} == {rule.id for rule in rules if rule.why_not(event, key) is None}


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
