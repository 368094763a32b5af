"""What is found out from events, and what later ones break."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.services.schemas.inference.document import discovered, draft4
from penstock.services.schemas.inference.shape import ANY, TooDeep, is_shape, merged, shape_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just("2026-01-02T03:04:05Z"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=4),
    max_leaves=20,
)


def broken_by(old: Any, new: Any) -> list[str]:
    broken: list[str] = []
    merged(shape_of(old), shape_of(new), "", broken)
    return broken


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ({"a": 1}, {"a": 2}, []),
        ({"a": 1}, {"a": 1, "b": 2}, []),
        ({"a": 1}, {}, ["a may be missing"]),
        ({"a": {"b": 1}}, {"a": {"b": "x"}}, ["a.b is a string, was a number"]),
        ({"a": [1]}, {"a": ["x"]}, ["a[] is a string, was a number"]),
        ({"a": []}, {"a": ["x"]}, []),
        ({"a": [1]}, {"a": [1, "x"]}, ["a[] is of several types"]),
        ({"a": "x"}, {"a": None}, ["a may be null"]),
        ({"a": None}, {"a": "x"}, []),
        ({"a": "2026-01-02T03:04:05Z"}, {"a": "soon"}, ["a is no date-time any more"]),
    ],
)
def test_what_readers_could_rely_on_is_named(old: Any, new: Any, wanted: list[str]) -> None:
    assert broken_by(old, new) == wanted


@given(JSON, JSON)
def test_what_fits_two_events_fits_them_again_and_breaks_nothing_more(one: Any, other: Any) -> None:
    both = merged(shape_of(one), shape_of(other), "", [])
    for value in (one, other):
        broken: list[str] = []
        assert merged(both, shape_of(value), "", broken) == both
        assert broken == []
    assert is_shape(both)
    assert is_shape(json.loads(json.dumps(both)))


def test_what_is_nested_too_deeply_is_not_looked_at() -> None:
    deep: Any = 1
    for _ in range(300):
        deep = [deep]
    with pytest.raises(TooDeep):
        shape_of(deep)


@pytest.mark.parametrize(
    "value", [1, [], {"type": "object"}, {"$ref": "#/x"}, {"type": "array"}, {"type": ["string"]}]
)
def test_what_was_not_made_here_is_no_shape(value: Any) -> None:
    assert not is_shape(value)


def test_json_schema_says_what_openapi_says() -> None:
    event = {"detail-type": "Order Placed", "source": "shop", "detail": {"id": "a", "note": None}}
    document = discovered([event], shape_of(event))
    assert document["info"]["title"] == "OrderPlaced"
    made = draft4(document)
    assert made["properties"]["detail"] == {"$ref": "#/definitions/OrderPlaced"}
    assert made["definitions"]["OrderPlaced"]["properties"] == {
        "id": {"type": "string"},
        "note": {"type": "null"},
    }
    assert ANY not in made["definitions"].values()
