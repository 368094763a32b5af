"""What S3 asks of a notification configuration."""

from itertools import product
from typing import Any

import pytest
from botocore.session import Session
from hypothesis import given
from hypothesis import strategies as st

from penstock.clock import Ids
from penstock.delivery import Rule
from penstock.errors import AwsError
from penstock.services.s3.notifications.checks import checked_rules, configuration_of, overlap
from penstock.services.s3.notifications.events import EVENTS

QUEUE = "arn:aws:sqs:us-east-1:000000000000:q"
TOPIC = "arn:aws:sns:us-east-1:000000000000:t"
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:f"


def queue(*events: str, id: str | None = None, arn: str = QUEUE, **filters: str) -> dict[str, Any]:
    found: dict[str, Any] = {"QueueArn": arn, "Events": list(events or ["s3:ObjectCreated:*"])}
    if id:
        found["Id"] = id
    if filters:
        rules = [{"Name": name, "Value": value} for name, value in filters.items()]
        found["Filter"] = {"Key": {"FilterRules": rules}}
    return found


def check(*configurations: dict[str, Any]) -> list[Rule]:
    return checked_rules({"QueueConfigurations": list(configurations)}, Ids(seed=1))


def refusal(*configurations: dict[str, Any]) -> AwsError:
    with pytest.raises(AwsError) as raised:
        check(*configurations)
    assert raised.value.status == 400
    return raised.value


def test_the_events_are_those_of_the_model() -> None:
    assert set(EVENTS) == set(Session().get_service_model("s3").shape_for("Event").enum)


def test_rules_keep_what_was_configured() -> None:
    (rule,) = check(queue("s3:ObjectCreated:Put", id="mine", Prefix="a/", SUFFIX=".jpg"))
    assert rule == Rule("mine", QUEUE, ("ObjectCreated:Put",), "a/", ".jpg")


def test_a_configuration_comes_back_as_it_was_put() -> None:
    configuration = {
        "TopicConfigurations": [
            {"Id": "t", "TopicArn": TOPIC, "Events": ["s3:ObjectRemoved:*"]},
        ],
        "QueueConfigurations": [queue("s3:ObjectCreated:*", id="q", Prefix="a", Suffix="b")],
        "LambdaFunctionConfigurations": [
            {
                "Id": "f",
                "LambdaFunctionArn": FUNCTION,
                "Events": ["s3:ObjectTagging:Put", "s3:ObjectAcl:Put"],
            },
        ],
    }
    assert configuration_of(checked_rules(configuration, Ids())) == configuration


def test_an_absent_id_is_made_up() -> None:
    first, second = check(queue(Prefix="a"), queue(Prefix="b"))
    assert first.id and second.id and first.id != second.id


def test_an_empty_configuration_has_no_rules() -> None:
    assert checked_rules({}, Ids()) == []


@pytest.mark.parametrize(
    "event", ["s3:*", "s3:ObjectCreated", "s3:ObjectCreated:P*", "ObjectCreated:Put", "s3:TestEvent"]
)
def test_an_event_that_does_not_exist_is_refused(event: str) -> None:
    error = refusal(queue(event))
    assert (error.code, error.message) == (
        "InvalidArgument",
        f"The event '{event}' is not supported for notifications",
    )


def test_a_configuration_without_events_is_malformed() -> None:
    assert refusal({"QueueArn": QUEUE, "Events": []}).code == "MalformedXML"


@pytest.mark.parametrize(
    "arn", ["q", "arn:aws:sqs:us-east-1", TOPIC, "arn:aws:sqs:::q", "arn:aws:sqs:us-east-1::q"]
)
def test_an_arn_must_be_one_of_the_service_it_is_given_as(arn: str) -> None:
    error = refusal(queue(arn=arn))
    assert error.message == "The ARN could not be parsed"
    assert error.fields == {"ArgumentName": "Queue", "ArgumentValue": arn}


def test_ids_are_unique_across_kinds() -> None:
    configuration = {
        "QueueConfigurations": [queue("s3:ObjectCreated:Put", id="same")],
        "LambdaFunctionConfigurations": [
            {"Id": "same", "LambdaFunctionArn": FUNCTION, "Events": ["s3:ObjectRemoved:Delete"]}
        ],
    }
    with pytest.raises(AwsError, match="Same ID used for multiple configurations"):
        checked_rules(configuration, Ids())


def test_a_filter_names_only_prefix_and_suffix() -> None:
    error = refusal(queue(infix="a"))
    assert error.message == "filter rule name must be either prefix or suffix"
    assert error.fields == {"ArgumentName": "FilterRule.Name", "ArgumentValue": "infix"}


def test_a_filter_has_one_prefix_and_one_suffix_at_most() -> None:
    assert (
        refusal(queue(prefix="a", Prefix="b")).message
        == "Cannot specify more than one prefix rule in a filter."
    )
    assert (
        refusal(queue(Suffix="a", SUFFIX="b")).message
        == "Cannot specify more than one suffix rule in a filter."
    )


def test_a_filter_value_has_1024_bytes_at_most() -> None:
    assert check(queue(prefix="a" * 1024))
    assert "cannot exceed 1024 bytes" in refusal(queue(prefix="é" * 513)).message


def test_a_bucket_has_at_most_100_configurations() -> None:
    many = [queue(prefix=f"{n:03d}/") for n in range(101)]
    assert len(check(*many[:100])) == 100
    assert "100" in refusal(*many).message


def test_a_common_event_without_filters_overlaps() -> None:
    error = refusal(queue("s3:ObjectCreated:*"), queue("s3:ObjectRemoved:*", "s3:ObjectCreated:Copy"))
    assert error.message == (
        "Configurations overlap. Configurations on the same bucket cannot share a common event type."
    )
    assert error.fields == {
        "ArgumentName": "Event",
        "ArgumentValue": "s3:ObjectCreated:*, s3:ObjectCreated:Copy",
    }


def test_kinds_of_destinations_overlap_with_each_other() -> None:
    configuration = {
        "QueueConfigurations": [queue("s3:ObjectCreated:*")],
        "TopicConfigurations": [{"TopicArn": TOPIC, "Events": ["s3:ObjectCreated:Post"]}],
    }
    with pytest.raises(AwsError, match="Configurations overlap"):
        checked_rules(configuration, Ids())


# From https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
VALID = [
    [{"prefix": "images/"}, {"prefix": "logs/"}],
    [{"suffix": ".jpg"}, {"suffix": ".png"}],
    [{"prefix": "images", "suffix": ".jpg"}, {"prefix": "images", "suffix": ".png"}],
]
INVALID = [
    [{"prefix": "images"}, {"prefix": "images/logs"}],
    [{"prefix": "images"}, {}],
    [{"suffix": "jpg"}, {"suffix": "pg"}],
    [{"prefix": "images"}, {"suffix": ".jpg"}],
    [{"prefix": "images", "suffix": "jpg"}, {"prefix": "im", "suffix": "pg"}],
]


@pytest.mark.parametrize("filters", VALID)
def test_filters_that_no_key_can_meet_both_are_taken(filters: list[dict[str, str]]) -> None:
    assert len(check(*(queue(**given) for given in filters))) == 2


@pytest.mark.parametrize("filters", INVALID)
def test_filters_that_one_key_can_meet_both_are_ambiguous(filters: list[dict[str, str]]) -> None:
    assert refusal(*(queue(**given) for given in filters)).message == (
        "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes "
        "are overlapping for the same event type."
    )


def test_overlapping_filters_for_different_events_are_taken() -> None:
    assert check(queue("s3:ObjectCreated:*", prefix="a"), queue("s3:ObjectRemoved:*", prefix="a"))


affixes = st.text("ab", max_size=2)
events = st.lists(
    st.sampled_from(["ObjectCreated:*", "ObjectCreated:Put", "ObjectCreated:Post", "ObjectRemoved:Delete"]),
    min_size=1,
    max_size=2,
    unique=True,
)
rules = st.builds(Rule, st.just("id"), st.just(QUEUE), events.map(tuple), affixes, affixes)
KEYS = ["".join(letters) for length in range(5) for letters in product("ab", repeat=length)]
NAMES = ["ObjectCreated:Put", "ObjectCreated:Post", "ObjectCreated:Copy", "ObjectRemoved:Delete"]


@given(rules, rules)
def test_rules_overlap_exactly_when_some_event_of_some_key_matches_both(one: Rule, other: Rule) -> None:
    both = any(
        one.why_not(event, key) is None and other.why_not(event, key) is None
        for key in KEYS
        for event in NAMES
    )
    assert overlap(one, other) is overlap(other, one) is both
