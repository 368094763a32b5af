"""How each family of AWS's protocols words the refusals that are not an operation's own.

A service's family follows from its model (``wording_of``); whoever refuses asks the wording and knows no service.
"""

from penstock.access.wording.coded import JSON, QUERY, REST_JSON, Coded
from penstock.access.wording.rest_xml import REST_XML
from penstock.access.wording.wording import Wording

__all__ = ["JSON", "QUERY", "REST_JSON", "REST_XML", "Coded", "Wording", "wording_of"]

_BY_PROTOCOL: dict[str, Wording] = {"rest-xml": REST_XML, "rest-json": REST_JSON, "query": QUERY}


def wording_of(protocols: tuple[str, ...], *, query_compatible: bool) -> Wording:
    """Returns the words of a service with these protocols; one that once spoke query keeps its codes in JSON."""
    if query_compatible:
        return QUERY
    return _BY_PROTOCOL.get(protocols[0], JSON)
