"""The way out: requests to HTTP endpoints that somebody has named.

It promises: no name and no redirect leads to link-local addresses or to the control API of a server like this one;
every request ends within its time, answered or with the reason why not; what is under way when the server stops ends
at once, and says so. May import: the ground.
"""

from penstock.outbound.guard import ForbiddenEndpoint, Guard
from penstock.outbound.outbound import Outbound, Stopped, Unanswered
from penstock.outbound.request import Answer, OutboundRequest, is_sendable
from penstock.outbound.url import basic_authorization, basic_credentials, shown_url

__all__ = [
    "Answer",
    "ForbiddenEndpoint",
    "Guard",
    "Outbound",
    "OutboundRequest",
    "Stopped",
    "Unanswered",
    "basic_authorization",
    "basic_credentials",
    "is_sendable",
    "shown_url",
]
