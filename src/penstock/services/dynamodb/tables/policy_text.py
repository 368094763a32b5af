"""Resource policies as they are stored: the document behind its revision."""

from penstock.access import PolicyError, parse_policy
from penstock.clock import Ids
from penstock.services.dynamodb import limits
from penstock.services.dynamodb.errors import invalid


def checked_policy(document: str, ids: Ids) -> str:
    """Returns what is stored of a policy; ValidationException when it cannot be one."""
    if len(document.encode()) > limits.MAX_POLICY_BYTES:
        raise invalid(
            f"Resource-based policy document size exceeds the maximum allowed size of {limits.MAX_POLICY_BYTES} bytes"
        )
    try:
        parse_policy(document, kind="resource")
    except PolicyError as error:
        raise invalid(f"Invalid policy document: {error}") from None
    return f"{revision_number(ids)} {document}"


def revision_number(ids: Ids) -> int:
    """Returns a new revision's id, a number as AWS's are."""
    return int.from_bytes(ids.bytes(6))


def split_policy(stored: str) -> tuple[str, str]:
    """Returns the revision and the document of a stored policy; "" twice when there is none."""
    revision, _, document = stored.partition(" ")
    return revision, document
