"""Which mappings bring a function messages, and why one does not, for who asks why a message did not come."""

from penstock.delivery import Feed
from penstock.services.lambda_.functions.function import Function
from penstock.services.lambda_.names import FunctionName
from penstock.services.lambda_.sources.mapping import mapping_page
from penstock.store import ReadTx

_MAX_FEEDS = 100


def feeds_of(tx: ReadTx, function: Function) -> tuple[Feed, ...]:
    """Returns the mappings of the function, or of the version or alias by which it was found."""
    name = FunctionName(function.account, function.region, function.name, function.qualifier).qualified_name
    found = mapping_page(tx, function.account, function.region, -1, name, "", _MAX_FEEDS)
    return tuple(Feed(one.uuid, one.source_arn, _why_not(one.is_read, one.state)) for one in found)


def _why_not(is_read: bool, state: str) -> str | None:
    return None if is_read else f"the mapping is {state}"
