"""Values of DynamoDB: numbers against Python's decimals, keys against what they are the keys of."""

from decimal import Context, Decimal
from functools import cmp_to_key
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from penstock.errors import AwsError
from penstock.services.dynamodb import values

EXACT = Context(prec=400)


@st.composite
def numbers(draw: st.DrawFn) -> str:
    digits = draw(st.text("0123456789", min_size=1, max_size=38))
    exponent = draw(st.integers(-130, 125)) - len(digits.lstrip("0") or "0") + 1
    sign = draw(st.sampled_from(["", "-", "+"]))
    return f"{sign}{digits}e{exponent}" if digits.strip("0") else f"{sign}{digits}"


SCALARS = st.one_of(
    st.text(max_size=8).map(lambda text: {"S": text}),
    numbers().map(lambda text: {"N": text}),
    st.binary(max_size=8).map(lambda content: {"B": content}),
    st.booleans().map(lambda content: {"BOOL": content}),
    st.just({"NULL": True}),
    st.sets(st.text(max_size=4), min_size=1, max_size=4).map(lambda members: {"SS": [*members]}),
    st.sets(st.integers(), min_size=1, max_size=4).map(lambda members: {"NS": [*map(str, members)]}),
    st.sets(st.binary(max_size=4), min_size=1, max_size=4).map(lambda members: {"BS": [*members]}),
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda members: {"L": members}),
        st.dictionaries(st.text(max_size=4), inner, max_size=4).map(lambda members: {"M": members}),
    ),
    max_leaves=12,
)


@given(numbers())
@example("-0.000")
@example("1e-130")
@example("9.9999999999999999999999999999999999999e125")
def test_a_number_is_kept_as_it_is_without_an_exponent(text: str) -> None:
    kept = values.normalised(text)
    assert Decimal(kept) == Decimal(text)
    assert values.normalised(kept) == kept
    assert "e" not in kept.lower() and not kept.startswith("+") and kept != "-0"


@given(numbers(), numbers())
def test_equal_numbers_are_kept_alike(left: str, right: str) -> None:
    alike = values.normalised(left) == values.normalised(right)
    assert alike == (Decimal(left) == Decimal(right))


@given(st.lists(numbers(), max_size=8))
def test_the_keys_of_numbers_are_in_their_order(texts: list[str]) -> None:
    kept = [values.normalised(text) for text in texts]
    by_key = sorted(kept, key=lambda text: values.key_bytes({"N": text}))
    assert by_key == sorted(kept, key=Decimal)


@given(st.lists(st.text(), max_size=6), st.lists(st.binary(), max_size=6))
def test_the_keys_of_texts_are_in_the_order_of_comparison(texts: list[str], binaries: list[bytes]) -> None:
    for members in ([{"S": text} for text in texts], [{"B": content} for content in binaries]):
        compared = sorted(members, key=cmp_to_key(lambda a, b: values.compare(a, b) or 0))
        assert sorted(members, key=values.key_bytes) == compared


@given(numbers(), numbers())
def test_a_number_takes_a_byte_for_two_digits_and_at_most_21(left: str, right: str) -> None:
    size = values.value_size({"N": values.normalised(left)})
    digits = len(values.normalised(left).lstrip("-").replace(".", "").strip("0"))
    assert digits / 2 <= size - 1 <= digits / 2 + 2
    assert size <= 22


@given(VALUES)
def test_a_value_is_brought_into_one_form(value: Any) -> None:
    kept = values.check_value(value)
    assert values.check_value(kept) == kept
    assert values.value_size(kept) > 0 or kept in ({"S": ""}, {"B": b""}, {"SS": [""]}, {"BS": [b""]})


@given(st.permutations([{"S": "a"}, {"N": "1"}, {"N": "1.0"}, {"NS": ["1", "2"]}, {"NS": ["2.0", "1"]}]))
def test_sets_and_numbers_are_equal_however_they_are_written(members: list[Any]) -> None:
    kept = [values.check_value(member) for member in members]
    assert len({str(member) for member in kept}) == 3


@settings(max_examples=50)
@given(numbers(), numbers())
def test_a_sum_is_exact_or_refused(left: str, right: str) -> None:
    left, right = values.normalised(left), values.normalised(right)
    exact = EXACT.add(Decimal(left), Decimal(right))
    try:
        assert Decimal(values.add(left, right)) == exact
        assert values.subtract(values.add(left, right), right) == left
    except AwsError:
        assert len("".join(map(str, exact.as_tuple().digits)).strip("0")) > 38 or exact.adjusted() > 125
