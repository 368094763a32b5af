"""Proves that a trace header which comes in with a request is one that this server has given to a function.

What a function's environment carries ends with ``;Proof=<24 hex>``, a keyed digest of root, parent, lineage and the
function's account. A header is believed when its digest is right for the account of whoever sends it. So a client can
neither make a parent or a lineage up, nor use one that another account was given.
"""

import hmac
import re

from penstock.delivery.trace_header import Trace, as_made

_PROOF = re.compile(r";Proof=([0-9a-f]{24})(?:;|$)")
_PROOF_BYTES = 12


class TraceKey:
    """The key of one server, for as long as its data lives: what is under way when it restarts is believed after."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def proven(self, trace: Trace, account: str) -> str:
        """Returns ``trace`` with the proof that ``account`` has got it from here."""
        return f"{trace};Proof={self._proof(trace, account)}"

    def read(self, header: str, account: str) -> str:
        """Returns the Trace that ``account`` sends in ``header``, or ``header`` as it is: a claim."""
        found = _PROOF.search(header)
        trace = as_made(header) if found and account else None
        if found is None or trace is None:
            return header
        return trace if hmac.compare_digest(found[1], self._proof(trace, account)) else header

    def _proof(self, trace: Trace, account: str) -> str:
        digest = hmac.digest(self._key, f"{account};{trace}".encode(), "sha256")
        return digest[:_PROOF_BYTES].hex()
