"""What custom event buses have and this server has not, and the operations that would need it."""

from collections.abc import Mapping
from typing import Final

from penstock.services.service import lacking

LACKS: Final[Mapping[str, str]] = lacking(
    {
        "event sources": (
            "CreateEventSource",
            "DeleteEventSource",
            "DescribeEventSource",
            "ListEventSources",
            "UpdateEventSource",
        ),
        "resource policies of custom event buses": (
            "DeleteResourcePolicy",
            "GetResourcePolicy",
            "ListResourcePolicies",
            "PutResourcePolicy",
        ),
    }
)
