"""HTTP in, AWS's answers out.

It promises: every request is identified, authenticated, parsed, authorised, called and serialised by one straight
function, over HTTP or in process; every failure is AWS's error shape with a request id and no traceback.
May import: access, store, wire, matching, the ground.
"""

from penstock.server.call import Call, Params, Place, Signing
from penstock.server.circumstances import Lookup, request_keys, resource_tag_keys, tag_keys
from penstock.server.operation import Operation, Operations, operation
from penstock.server.page_token import page_token, read_page_token
from penstock.server.request import Body, Request
from penstock.server.service import (
    Callee,
    Caller,
    Command,
    Handler,
    Headers,
    Observation,
    Observer,
    Page,
    Resource,
    Served,
)
from penstock.server.tag_list import listed_tags, merged_tags, requested_tags

__all__ = [
    "Body",
    "Call",
    "Callee",
    "Caller",
    "Command",
    "Handler",
    "Headers",
    "Lookup",
    "Observation",
    "Observer",
    "Operation",
    "Operations",
    "Page",
    "Params",
    "Place",
    "Request",
    "Resource",
    "Served",
    "Signing",
    "listed_tags",
    "merged_tags",
    "operation",
    "page_token",
    "read_page_token",
    "request_keys",
    "requested_tags",
    "resource_tag_keys",
    "tag_keys",
]
