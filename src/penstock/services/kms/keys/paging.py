"""Pages as KMS has them: a marker, a limit, and whether there is more."""

from collections.abc import Callable, Sequence
from typing import Any

from penstock.server import Params, page_token, read_page_token
from penstock.services.kms.errors import invalid_marker


def behind(params: Params) -> str:
    """Returns what the page stands behind, "" at the beginning; AwsError ``InvalidMarkerException``."""
    if "Marker" not in params:
        return ""
    place = read_page_token(params["Marker"])
    if place is None or "\0" in place:
        raise invalid_marker()
    return place


def page(
    member: str, found: Sequence[Any], limit: int, show: Callable[[Any], Any], place_of: Callable[[Any], str]
) -> Params:
    """Returns an answer of ``limit`` entries of those found, of which there is one more when there are more."""
    entries = [show(one) for one in found[:limit]]
    if len(found) <= limit:
        return {member: entries, "Truncated": False}
    return {member: entries, "Truncated": True, "NextMarker": page_token(place_of(found[limit - 1]))}
