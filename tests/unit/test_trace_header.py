"""Trace headers: what is read of one, and what is handed on."""

import pytest

from penstock.clock import Ids
from penstock.delivery.trace_header import (
    MAX_LINEAGE,
    Carried,
    Trace,
    child_header,
    kept_header,
    lineage,
    message_header,
    parent_of,
    read_header,
    with_lineage,
)
from penstock.delivery.trace_key import TraceKey

ROOT = "Root=1-5759e988-bd862e3fe1be46a994272793"
SENT = Trace(f"{ROOT};Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a87bd80c:1|68fd508a:5")
KEY = TraceKey(b"k" * 32)


def child(header: str | None) -> str:
    return child_header(header, "0" * 15 + "7", now_ms=0, ids=Ids(1))


def test_a_child_keeps_root_and_lineage_and_has_a_parent_of_its_own() -> None:
    assert child(SENT) == f"{ROOT};Parent=0000000000000007;Sampled=1;Lineage=a87bd80c:1|68fd508a:5"
    assert parent_of(child(SENT)) == "0000000000000007"


def test_a_lineage_is_read_as_boto3_encodes_it() -> None:
    assert lineage(Trace(SENT.replace("|", "%7C"))) == lineage(SENT) == {"a87bd80c": 1, "68fd508a": 5}


def test_of_several_headers_the_longest_chain_counts() -> None:
    other = Trace(f"{ROOT};Lineage=a87bd80c:3|c512fbe3:2")
    assert lineage(None, SENT, other) == {"a87bd80c": 3, "68fd508a": 5, "c512fbe3": 2}


def test_what_is_no_lineage_is_not_handed_on() -> None:
    for nonsense in ("Lineage=", "Lineage=x", "Lineage=a87bd80c:99999999999", "Lineage=" + "|" * 5000):
        assert child(Trace(f"{ROOT};{nonsense}")) == f"{ROOT};Parent=0000000000000007;Sampled=1"
    assert lineage(Trace("Lineage"), Trace(""), Trace(";;;")) == {}


def test_a_lineage_does_not_grow_without_end() -> None:
    counts = {f"{number:08x}": 1 for number in range(100)}
    kept = lineage(with_lineage(SENT, counts))
    assert list(kept) == list(counts)[-MAX_LINEAGE:]


def test_of_a_claim_only_the_root_is_used() -> None:
    claim = str(SENT)
    assert parent_of(claim) is None
    assert lineage(claim) == {}
    assert child(claim) == f"{ROOT};Parent=0000000000000007;Sampled=1"


@pytest.mark.parametrize("claim", [str(SENT), "no header at all", "!", f"{ROOT} {ROOT}"])
def test_a_claim_is_carried_to_messages_beside_what_is_true_of_them(claim: str) -> None:
    carried = message_header(claim, "0" * 15 + "7", now_ms=0, ids=Ids(1))
    for header in (carried, read_header(kept_header(carried))):
        assert isinstance(header, Carried)
        assert header == claim
        assert parent_of(header) == "0000000000000007"
        assert lineage(header) == {}
        assert parent_of(child(header)) == "0000000000000007"
        assert child(header).startswith(header.own.split(";")[0])


def test_what_this_server_has_made_is_not_carried_but_followed() -> None:
    for header in (None, SENT):
        made = message_header(header, "0" * 15 + "7", now_ms=0, ids=Ids(1))
        assert isinstance(made, Trace)
        assert read_header(kept_header(made)) == made
        assert lineage(made) == lineage(header)


def test_a_row_keeps_a_claim_as_a_claim() -> None:
    for header in (SENT, str(SENT), "?", f"?{SENT}", None):
        found = read_header(kept_header(header))
        assert (found, type(found)) == (header, type(header))


def test_what_a_function_was_given_is_believed_as_boto3_sends_it_back() -> None:
    proven = KEY.proven(SENT, "111122223333")
    for sent in (proven, proven.replace("|", "%7C")):
        believed = KEY.read(sent, "111122223333")
        assert isinstance(believed, Trace) and believed == SENT


def test_what_another_account_was_given_or_has_changed_is_a_claim() -> None:
    proven = KEY.proven(SENT, "111122223333")
    for sent, account in (
        (str(SENT), "111122223333"),
        (proven, "444455556666"),
        (proven, ""),
        (proven.replace(":5", ":4"), "111122223333"),
        (proven.replace("53995c3f42cd8ad8", "53995c3f42cd8ad9"), "111122223333"),
        (proven.replace("a994272793", "a994272794"), "111122223333"),
        (TraceKey(b"other" * 6).proven(SENT, "111122223333"), "111122223333"),
        (";Proof=" + "0" * 24, "111122223333"),
    ):
        found = KEY.read(sent, account)
        assert found == sent and not isinstance(found, Trace)


def test_the_longest_header_that_a_function_is_given_is_not_too_long_to_come_back() -> None:
    counts = {f"{number:08x}": 999_999 for number in range(MAX_LINEAGE)}
    assert len(KEY.proven(with_lineage(SENT, counts), "111122223333").replace("|", "%7C")) < 1024
