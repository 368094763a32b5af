"""IAM's pages: ``MaxItems`` and an opaque ``Marker``."""

import base64
import binascii
from typing import Any

from penstock.errors import AwsError
from penstock.services.iam.limits import PAGE_ITEMS


def page_start(params: dict[str, Any]) -> tuple[str, int]:
    """Returns the key after which the page begins, and its size; AwsError ``InvalidInput`` for a strange marker."""
    size = params.get("MaxItems", PAGE_ITEMS)
    marker = params.get("Marker")
    if marker is None:
        return "", size
    try:
        return base64.urlsafe_b64decode(marker.encode()).decode(), size
    except (binascii.Error, ValueError):
        raise AwsError("ValidationError", "Invalid Marker.", status=400) from None


def page(name: str, items: list[tuple[str, Any]], size: int) -> dict[str, Any]:
    """Returns a list result of ``(key, item)`` pairs; one more than ``size`` says that there is a next page."""
    shown = items[:size]
    result: dict[str, Any] = {name: [item for _, item in shown], "IsTruncated": len(items) > size}
    if result["IsTruncated"]:
        result["Marker"] = base64.urlsafe_b64encode(shown[-1][0].encode()).decode()
    return result
