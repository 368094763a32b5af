"""Ladders: how long after each failure the next try comes."""

from itertools import count

import pytest

from penstock.delivery import Ladder, Phase
from penstock.delivery.retry_policy import policy_ladder
from penstock.services.lambda_ import ladders
from penstock.services.s3.notifications.sender import LADDER as S3

DAY_MS = 86_400_000
MINUTE_MS = 60_000

# https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
SNS = Ladder(
    (
        Phase(3, 0, 0),
        Phase(2, 1000, 1000),
        Phase(10, 1000, 20_000, growth=20 ** (1 / 9)),
        Phase(100_000, 20_000, 20_000),
    ),
    None,
    "SNS to AWS's own destinations",
)
EVENTS = policy_ladder(None)


def delays(ladder: Ladder, chance: float = 0.0) -> list[int]:
    """Returns the delays of a delivery that fails each time, until the ladder ends."""
    found: list[int] = []
    for failures in count(1):
        due_ms = ladder.due_ms(failures, 0, sum(found), chance)
        if due_ms is None:
            break
        found.append(due_ms - sum(found))
    return found


def test_a_function_that_fails_is_tried_after_one_and_two_minutes() -> None:
    assert delays(ladders.ERRORS) == [MINUTE_MS, 2 * MINUTE_MS]


@pytest.mark.parametrize(("ladder", "hours"), [(ladders.THROTTLES, 6), (S3, 24)])
def test_a_delay_doubles_from_a_second_to_five_minutes_until_the_age_ends_it(
    ladder: Ladder, hours: int
) -> None:
    found = delays(ladder)
    assert found[:9] == [1000 * 2**number for number in range(9)]
    assert set(found[9:]) == {5 * MINUTE_MS}
    assert hours * 60 * MINUTE_MS - 5 * MINUTE_MS < sum(found) <= hours * 60 * MINUTE_MS


def test_sns_s_hundred_thousand_tries_take_twenty_three_days() -> None:
    found = [SNS.delay_ms(number) or 0 for number in (*range(1, 17), 100_015)]
    assert found[:5] == [0, 0, 0, 1000, 1000]
    assert found[5] == 1000 and found[14] == 20_000 and found[5:15] == sorted(found[5:15])
    assert found[15:] == [20_000, 20_000]
    assert SNS.delay_ms(100_016) is None  # the try after the hundred-thousand-and-fifteenth
    assert 23 * DAY_MS < 100_000 * 20_000 < 24 * DAY_MS


def test_eventbridge_s_tries_end_with_the_day_or_their_number() -> None:
    assert sum(delays(EVENTS)) <= DAY_MS
    assert len(delays(EVENTS, chance=0.9)) == 185


def test_chance_takes_off_no_more_than_the_jitter() -> None:
    phase = Phase(3, 1000, 8000, growth=2.0, jitter=0.25)
    assert phase.delay_ms(1, 0.0) == 2000
    assert 1500 <= phase.delay_ms(1, 0.999) < 1510


def test_the_last_try_of_a_ladder_is_bounded_by_its_age_and_by_its_tries() -> None:
    by_age = Ladder((Phase(None, 1000, 300_000, growth=2.0),), 86_400_000, "test")
    assert by_age.ends_ms(1, 0, 1000) == 86_400_000
    by_tries = Ladder((Phase(2, 60_000, 60_000), Phase(3, 1000, 4000, growth=2.0)), None, "test")
    assert by_tries.ends_ms(1, 0, 60_000) == 60_000 + 60_000 + 1000 + 2000 + 4000
    assert by_tries.ends_ms(5, 0, 90_000) == 90_000
    both = Ladder((Phase(2, 60_000, 60_000),), 70_000, "test")
    assert both.ends_ms(1, 0, 60_000) == 70_000
    assert Ladder((Phase(None, 1, 1),), None, "test").ends_ms(1, 0, 5) == 5
