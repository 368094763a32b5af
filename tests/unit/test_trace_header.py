"""Trace headers: what is read of one, and what is handed on."""

from penstock.clock import Ids
from penstock.delivery.trace_header import MAX_LINEAGE, child_header, lineage, parent_of, with_lineage

ROOT = "Root=1-5759e988-bd862e3fe1be46a994272793"
SENT = f"{ROOT};Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a87bd80c:1|68fd508a:5"


def child(header: str | None) -> str:
    return child_header(header, "0" * 15 + "7", now_ms=0, ids=Ids(1))


def test_a_child_keeps_root_and_lineage_and_has_a_parent_of_its_own() -> None:
    assert child(SENT) == f"{ROOT};Parent=0000000000000007;Sampled=1;Lineage=a87bd80c:1|68fd508a:5"
    assert parent_of(child(SENT)) == "0000000000000007"


def test_a_lineage_is_read_as_boto3_encodes_it() -> None:
    assert lineage(SENT.replace("|", "%7C")) == lineage(SENT) == {"a87bd80c": 1, "68fd508a": 5}


def test_of_several_headers_the_longest_chain_counts() -> None:
    other = f"{ROOT};Lineage=a87bd80c:3|c512fbe3:2"
    assert lineage(None, SENT, other) == {"a87bd80c": 3, "68fd508a": 5, "c512fbe3": 2}


def test_what_is_no_lineage_is_not_handed_on() -> None:
    for nonsense in ("Lineage=", "Lineage=x", "Lineage=a87bd80c:99999999999", "Lineage=" + "|" * 5000):
        assert child(f"{ROOT};{nonsense}") == f"{ROOT};Parent=0000000000000007;Sampled=1"
    assert lineage("Lineage", "", ";;;") == {}


def test_a_lineage_does_not_grow_without_end() -> None:
    counts = {f"{number:08x}": 1 for number in range(100)}
    kept = lineage(with_lineage(SENT, counts))
    assert list(kept) == list(counts)[-MAX_LINEAGE:]
