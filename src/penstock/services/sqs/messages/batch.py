"""What every batch of SQS has in common: its entries' ids, and how a failed entry is told."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from penstock.errors import AwsError
from penstock.services.sqs import limits
from penstock.services.sqs.errors import (
    empty_batch,
    invalid_entry_id,
    missing_parameter,
    repeated_entry_id,
    too_many_entries,
)

Entry = Mapping[str, Any]

_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")


def check_entries(entries: Sequence[Entry] | None, entry_type: str) -> Sequence[Entry]:
    """Returns the entries; AwsError when there are none, too many, or their ids are wrong or the same."""
    if not entries:
        raise empty_batch(entry_type)
    if len(entries) > limits.MAX_BATCH_ENTRIES:
        raise too_many_entries(len(entries), limits.MAX_BATCH_ENTRIES)
    seen: set[str] = set()
    for entry in entries:
        id = entry.get("Id")
        if id is None:
            raise missing_parameter(f"{entry_type}.Id")
        if not _ID.fullmatch(id):
            raise invalid_entry_id()
        if id in seen:
            raise repeated_entry_id(id)
        seen.add(id)
    return entries


def outcome(successful: list[dict[str, Any]], failed: list[dict[str, Any]]) -> dict[str, Any]:
    """Returns the batch's answer, without the list that would be empty."""
    found = {"Successful": successful, "Failed": failed}
    return {name: entries for name, entries in found.items() if entries}


def failure(entry: Entry, error: AwsError) -> dict[str, Any]:
    """Returns the entry's place among ``Failed``."""
    return {"Id": entry["Id"], "SenderFault": True, "Code": error.code, "Message": error.message}
