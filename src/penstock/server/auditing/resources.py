"""What a call was about, as CloudTrail lists it.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from collections.abc import Mapping

from penstock.server.front import Front


def resource_entries(fronts: Mapping[str, Front], touched: Mapping[str, str]) -> list[dict[str, str]]:
    """Returns the resources, given the services by what ARNs call them, and the accounts by ARN."""
    return [
        {"ARN": arn, "accountId": account, "type": kind} if (kind := _type(fronts, arn)) else {"ARN": arn}
        for arn, account in touched.items()
    ]


def _type(fronts: Mapping[str, Front], arn: str) -> str:
    """Returns the resource's type: what its service says, or what the ARN's own words say."""
    parts = arn.split(":", 5)
    front = fronts.get(parts[2]) if len(parts) == 6 else None
    if front is None:
        return ""
    trail = front.service.trail
    if trail.holder:
        return trail.held if "/" in parts[5] and trail.held else trail.holder
    kind = parts[5].replace(":", "/").partition("/")[0]
    service = trail.namespace or front.model.service_id
    words = "".join(word.capitalize() for word in kind.split("-"))
    return f"AWS::{service}::{words}" if words.isalpha() else ""
