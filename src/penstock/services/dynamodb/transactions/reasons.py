"""Why a transaction was cancelled: a reason for each of its parts.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CancellationReason.html
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from penstock.errors import AwsError
from penstock.services.dynamodb.errors import transaction_cancelled

J = TypeVar("J")
T = TypeVar("T")

_CODES = {
    "ConditionalCheckFailedException": "ConditionalCheckFailed",
    "DuplicateItemException": "DuplicateItem",
    "ProvisionedThroughputExceededException": "ProvisionedThroughputExceeded",
    "ThrottlingException": "ThrottlingError",
    "ValidationException": "ValidationError",
}
_NOT_A_REASON: dict[str, Any] = {"Code": "None"}


def each(jobs: Sequence[J], do: Callable[[J], T]) -> list[T]:
    """Returns what ``do`` returns of each; TransactionCanceledException, with a reason for each, when one fails."""
    results, reasons = list[T](), list[dict[str, Any]]()
    for job in jobs:
        try:
            results.append(do(job))
            reasons.append(_NOT_A_REASON)
        except AwsError as error:
            reasons.append(_reason(error))
    if len(results) < len(jobs):
        raise transaction_cancelled(reasons)
    return results


def _reason(error: AwsError) -> dict[str, Any]:
    reason: dict[str, Any] = {"Code": _CODES[error.code], "Message": error.message}
    return {**reason, "Item": error.fields["Item"]} if "Item" in error.fields else reason
