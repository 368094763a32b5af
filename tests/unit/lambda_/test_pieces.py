"""Lines that are too long for an event are cut, and nothing of them is lost."""

import pytest

from penstock.services.lambda_.runtime.log_stream import _batches
from penstock.services.lambda_.runtime.sandbox.pieces import pieces

MAX_EVENT = 262_144 - 26


@pytest.mark.parametrize("text", ["x" * 1_000_000, "é" * 400_000, "x" + "€" * 300_000, "😀" * 200_000, ""])
def test_a_long_line_is_several_events_that_make_it_again(text: str) -> None:
    batches = _batches([(1, "before"), (2, text), (3, "after")])
    events = [event for batch in batches for event in batch]
    assert [event["timestamp"] for event in events] == sorted(event["timestamp"] for event in events)
    assert all(len(event["message"].encode()) <= MAX_EVENT for event in events)
    assert "".join(event["message"][:-1] for event in events) == f"before{text}after"
    for batch in batches:
        assert sum(len(event["message"].encode()) + 26 for event in batch) <= 1_048_576


def test_bytes_that_are_no_text_are_cut_too() -> None:
    assert b"".join(pieces(b"\x80" * 25, 10)) == b"\x80" * 25
    assert [len(piece) for piece in pieces(b"\x80" * 25, 10)] == [10, 10, 5]
