"""IAM's pages: ``MaxItems`` and an opaque ``Marker``."""

from typing import Any

from penstock.errors import AwsError
from penstock.server import page_token, read_page_token
from penstock.services.iam.limits import PAGE_ITEMS


def page_start(params: dict[str, Any]) -> tuple[str, int]:
    """Returns the key after which the page begins, and its size; AwsError ``ValidationError`` for a strange marker."""
    size = params.get("MaxItems", PAGE_ITEMS)
    marker = params.get("Marker")
    after = "" if marker is None else read_page_token(marker)
    if after is None:
        raise AwsError("ValidationError", "Invalid Marker.", status=400)
    return after, size


def page(name: str, items: list[tuple[str, Any]], size: int) -> dict[str, Any]:
    """Returns a list result of ``(key, item)`` pairs; one more than ``size`` says that there is a next page."""
    shown = items[:size]
    result: dict[str, Any] = {name: [item for _, item in shown], "IsTruncated": len(items) > size}
    if result["IsTruncated"]:
        result["Marker"] = page_token(shown[-1][0])
    return result
