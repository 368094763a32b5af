"""Delivery policies of HTTP endpoints, and AWS's own ladders."""

import json
from itertools import accumulate, pairwise

import pytest

from penstock.services.sns.delivery_policy import (
    PolicyProblem,
    effective,
    subscription_policy,
    topic_policy,
)
from penstock.services.sns.ladders import AWS_MANAGED, MAIL


def delays_s(text: str) -> list[float]:
    """Returns the delays of all retries of a subscription's policy."""
    ladder = subscription_policy(text, raw=False).ladder
    found = []
    while (delay_ms := ladder.delay_ms(len(found) + 1)) is not None:
        found.append(delay_ms / 1000)
    return found


def retry(**numbers: object) -> str:
    return json.dumps({"healthyRetryPolicy": numbers})


def test_by_default_there_are_three_retries_twenty_seconds_apart() -> None:
    assert delays_s("{}") == [20, 20, 20]


def test_the_four_phases_of_the_page_s_example() -> None:
    found = delays_s(
        retry(
            minDelayTarget=1,
            maxDelayTarget=60,
            numRetries=50,
            numNoDelayRetries=3,
            numMinDelayRetries=2,
            numMaxDelayRetries=35,
            backoffFunction="exponential",
        )
    )
    assert (found[:5], found[5], found[14:]) == ([0, 0, 0, 1, 1], 1, [60] * 36)
    assert all(earlier < later for earlier, later in pairwise(found[5:15]))


def test_backoff_functions_lie_below_each_other() -> None:
    curves = [
        delays_s(retry(minDelayTarget=5, maxDelayTarget=260, numRetries=10, backoffFunction=name))
        for name in ("linear", "arithmetic", "geometric", "exponential")
    ]
    assert [curve[0] for curve in curves] == [5] * 4
    assert [curve[-1] for curve in curves] == [260] * 4
    for place in range(2, 8):
        heights = [curve[place] for curve in curves]
        assert heights == sorted(heights, reverse=True)
    assert curves[0] == [5 + 255 * place / 9 for place in range(10)] or curves[0][9] - curves[0][
        8
    ] == pytest.approx(255 / 9, abs=0.01)


def test_retries_end_after_an_hour() -> None:
    ladder = subscription_policy(
        retry(numRetries=100, minDelayTarget=60, maxDelayTarget=60), raw=False
    ).ladder
    assert ladder.due_ms(1, 0, 3_530_000, 0) == 3_590_000
    assert ladder.due_ms(1, 0, 3_550_000, 0) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "failed to parse JSON."),
        ("[]", "must be a JSON object"),
        ('{"http":{}}', "Unexpected JSON member: http"),
        ('{"healthyRetryPolicy":[]}', "healthyRetryPolicy is of the wrong type"),
        (retry(numRetries=101), "healthyRetryPolicy.numRetries must be less than or equal to 100"),
        (retry(numRetries=-1), "healthyRetryPolicy.numRetries must be greater than or equal to 0"),
        (retry(numRetries=True), "numRetries is of the wrong type"),
        (retry(numRetries=1.5), "numRetries is of the wrong type"),
        (retry(numRetries="3"), "numRetries is of the wrong type"),
        (retry(minDelayTarget=0), "minDelayTarget must be greater than or equal to 1"),
        (retry(maxDelayTarget=3601), "maxDelayTarget must be less than or equal to 3600"),
        (
            retry(minDelayTarget=9, maxDelayTarget=8),
            "maxDelayTarget must be greater than or equal to minDelayTarget",
        ),
        (retry(numRetries=3, numNoDelayRetries=4), "numRetries must be greater than or equal to total of"),
        (retry(backoffFunction="random"), "backoffFunction must be one of"),
        (retry(attempts=3), "Unexpected JSON member: attempts"),
        (
            '{"throttlePolicy":{"maxReceivesPerSecond":0}}',
            "maxReceivesPerSecond must be greater than or equal to 1",
        ),
        ('{"requestPolicy":{"headerContentType":"text/csv"}}', "headerContentType has an unsupported value"),
    ],
)
def test_a_policy_that_cannot_be_is_refused(text: str, why: str) -> None:
    with pytest.raises(PolicyProblem, match=why):
        subscription_policy(text, raw=False)


def test_a_topic_s_policy_holds_where_a_subscription_says_nothing() -> None:
    topic = topic_policy(
        '{"http":{"defaultHealthyRetryPolicy":{"numRetries":7},"defaultThrottlePolicy":null}}'
    )
    own = subscription_policy('{"throttlePolicy":{"maxReceivesPerSecond":2}}', raw=False)
    found = effective(topic, own)
    assert (found.retry or {})["numRetries"] == 7
    assert found.max_per_second == 2


def test_a_topic_may_allow_no_others() -> None:
    topic = topic_policy('{"http":{"disableSubscriptionOverrides":true}}')
    own = subscription_policy(retry(numRetries=9), raw=False)
    assert effective(topic, own).retry is None


def test_aws_managed_endpoints_have_100_015_tries_in_23_days() -> None:
    delays = [AWS_MANAGED.delay_ms(failure) for failure in range(1, 100_016)]
    assert None not in delays and AWS_MANAGED.delay_ms(100_016) is None
    assert delays[:5] == [0, 0, 0, 1000, 1000]
    assert (delays[5], delays[14], set(delays[15:])) == (1000, 20_000, {20_000})
    days = list(accumulate(delay or 0 for delay in delays))[-1] / 86_400_000
    assert days == pytest.approx(23, abs=0.2)


def test_mail_has_fifty_tries_in_six_hours() -> None:
    delays = [MAIL.delay_ms(failure) or 0 for failure in range(1, 51)]
    assert MAIL.delay_ms(51) is None
    assert (delays[:3], delays[11:]) == ([10_000] * 3, [600_000] * 39)
    assert sum(delays) > 6 * 3_600_000
