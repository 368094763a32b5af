"""What is measured is handed over whole, once, and minute by minute of the server's clock."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.clock import Clock
from penstock.measurements import Measured, Measurements, Series, StatisticSet, Total, bin_bounds, bin_of

MINUTE_S = 60
FINITE = st.floats(-(2.0**360), 2.0**360, allow_subnormal=False)  # what CloudWatch takes


@pytest.fixture
def clock() -> Clock:
    clock = Clock()
    clock.freeze(0)
    return clock


@pytest.fixture
def measurements(clock: Clock) -> Measurements:
    return Measurements(clock)


def series(name: str = "Invocations", unit: str = "Count") -> Series:
    return Series("111122223333", "eu-west-1", "AWS/Lambda", name, (("FunctionName", "f"),), unit)


def told(measured: Measured) -> tuple[str, int, int, float]:
    return measured.series.name, measured.minute_s, measured.values.count, measured.values.sum


class TestMinutes:
    def test_the_running_minute_is_not_handed_over(self, measurements: Measurements) -> None:
        measurements.add(series(), 1)
        assert list(measurements.take()) == []

    def test_a_minute_that_is_over_is_handed_over_once(
        self, measurements: Measurements, clock: Clock
    ) -> None:
        measurements.add(series(), 1)
        measurements.add(series(), 3)
        clock.advance(MINUTE_S)
        assert [told(one) for one in measurements.take()] == [("Invocations", 0, 2, 4)]
        assert list(measurements.take()) == []

    def test_the_last_millisecond_of_a_minute_belongs_to_it(
        self, measurements: Measurements, clock: Clock
    ) -> None:
        clock.advance(59.999)
        measurements.add(series(), 1)
        clock.advance(0.001)
        measurements.add(series(), 1)
        clock.advance(MINUTE_S)
        assert [told(one)[1:] for one in measurements.take()] == [(0, 1, 1), (60, 1, 1)]

    def test_a_server_that_ends_hands_over_the_running_minute(self, measurements: Measurements) -> None:
        measurements.add(series(), 1)
        assert [told(one) for one in measurements.take_all()] == [("Invocations", 0, 1, 1)]

    def test_what_is_added_after_the_running_minute_was_taken_is_not_lost(
        self, measurements: Measurements
    ) -> None:
        measurements.add(series(), 1)
        measurements.take_all()
        measurements.add(series(), 1)
        assert [told(one)[2:] for one in measurements.take_all()] == [(1, 1)]

    def test_a_count_stands_for_as_many_values(self, measurements: Measurements) -> None:
        measurements.add(series(), 5, count=3)
        (one,) = measurements.take_all()
        assert (one.values.count, one.values.sum, sum(one.values.bins.values())) == (3, 15, 3)

    def test_what_was_counted_apart_is_asked_for_before_the_minute_is_handed_over(
        self, measurements: Measurements, clock: Clock
    ) -> None:
        held = [7.0]
        measurements.fold_from(lambda: [measurements.add_at(59_999, series(), held.pop()) for _ in held[:]])
        clock.advance(MINUTE_S)
        assert [told(one) for one in measurements.take()] == [("Invocations", 0, 1, 7)]
        assert list(measurements.take()) == []


class TestBounds:
    def test_series_that_are_too_many_are_dropped_counted_and_said(self, clock: Clock) -> None:
        measurements = Measurements(clock, most_series=2)
        for name in ("a", "b", "c", "a", "c"):
            measurements.add(series(name), 1)
        assert [told(one)[0] for one in measurements.take_all()] == ["a", "b"]
        assert measurements.dropped == 2
        assert "2 values were dropped" in measurements.problems()["metrics"]

    def test_what_was_dropped_long_ago_is_no_problem_any_more(self, clock: Clock) -> None:
        measurements = Measurements(clock, most_series=1)
        for name in ("a", "b"):
            measurements.add(series(name), 1)
        clock.advance(3601)
        assert measurements.problems() == {}
        assert measurements.dropped == 1

    def test_minutes_that_nobody_ever_takes_are_no_problem(
        self, measurements: Measurements, clock: Clock
    ) -> None:
        for _ in range(40):
            measurements.add(series(), 1)
            clock.advance(MINUTE_S)
        assert measurements.problems() == {}
        assert len(list(measurements.take())) == 15

    def test_minutes_that_are_taken_no_more_are_counted_as_dropped(
        self, measurements: Measurements, clock: Clock
    ) -> None:
        measurements.take()
        for _ in range(16):
            measurements.add(series(), 1)
            clock.advance(MINUTE_S)
        measurements.add(series(), 1)
        assert measurements.dropped == 2

    def test_totals_leave_out_what_was_added_to_longest_ago(self, clock: Clock) -> None:
        measurements = Measurements(clock, most_series=2)
        for name in ("a", "b", "a", "c"):
            measurements.add(series(name), 1)
            clock.advance(MINUTE_S)
            measurements.take()
        assert {one.name for one in measurements.totals()} == {"a", "c"}


class TestTotals:
    def test_they_hold_what_was_taken_and_what_runs(self, measurements: Measurements, clock: Clock) -> None:
        measurements.add(series(), 2)
        clock.advance(MINUTE_S)
        measurements.take()
        measurements.add(series(), 3)
        assert measurements.totals() == {series(): Total(2, 5)}

    def test_a_level_is_told_as_it_was_last_and_adds_up_to_nothing(self, measurements: Measurements) -> None:
        measurements.sample(series("depth"), 7)
        measurements.sample(series("depth"), 4)
        assert measurements.levels() == {series("depth"): 4}
        assert measurements.totals() == {}
        assert [told(one) for one in measurements.take_all()] == [("depth", 0, 2, 11)]


class TestBins:
    @given(FINITE)
    def test_a_value_lies_in_its_bin(self, value: float) -> None:
        low, high = bin_bounds(bin_of(value))
        # Logarithms are rounded: a value at the edge may be told as its neighbour's.
        assert low - abs(low) * 1e-9 <= value <= high + abs(high) * 1e-9

    @given(FINITE, FINITE)
    def test_bins_are_in_the_order_of_values(self, one: float, other: float) -> None:
        assert bin_of(min(one, other)) <= bin_of(max(one, other))

    @given(st.floats(min_value=1e-300, max_value=1e300))
    def test_a_bin_is_about_one_percent_wide(self, value: float) -> None:
        low, high = bin_bounds(bin_of(value))
        assert math.isclose(high / low, 1.0109, rel_tol=1e-4)

    @given(st.lists(st.integers(-1000, 1000), min_size=1), st.lists(st.integers(-1000, 1000), min_size=1))
    def test_sets_merge_into_what_one_would_have_counted(self, some: list[int], others: list[int]) -> None:
        first, second, whole = StatisticSet(), StatisticSet(), StatisticSet()
        for value in some:
            first.add(value)
            whole.add(value)
        for value in others:
            second.add(value)
            whole.add(value)
        first.merge(second)
        assert (first.count, first.sum, first.minimum, first.maximum, first.bins) == (
            len(some) + len(others),
            sum(some) + sum(others),
            min(some + others),
            max(some + others),
            whole.bins,
        )


def test_what_is_part_of_another_series_is_not_listed_beside_it() -> None:
    function = ("FunctionName", "f")
    part = ("Resource", "f:live")
    own = [
        Series("1", "r", "AWS/Lambda", "Invocations", dimensions, "Count").is_own
        for dimensions in ((), (function,), (function, part), (("ExecutedVersion", "1"), function, part))
    ]
    assert own == [False, True, False, False]
