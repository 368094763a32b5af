"""DynamoDB's error answers, besides the refused parameters of ``values.invalid``.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html and each action's page
"""

from typing import Any

from penstock.errors import AwsError
from penstock.services.dynamodb.values.invalid import invalid, invalid_value

__all__ = [
    "condition_failed",
    "duplicate_item",
    "in_use",
    "inaccessible",
    "invalid",
    "invalid_value",
    "mismatched_token",
    "no_policy",
    "no_such_resource",
    "no_such_table",
    "policy_moved",
    "protected",
    "source_in_use",
    "source_not_found",
    "table_exists",
    "table_not_found",
    "target_exists",
    "too_many",
    "transaction_cancelled",
]


def inaccessible(refusal: AwsError) -> AwsError:
    """The caller may not use the table's key of KMS, or nobody can."""
    if refusal.code == "AccessDeniedException":
        return AwsError("AccessDeniedException", f"KMS key access denied error: {refusal.message}")
    return invalid(f"KMS validation error: {refusal.code}: {refusal.message}")


def no_such_table(name: str) -> AwsError:
    """An operation on tables names one that is not there."""
    return AwsError("ResourceNotFoundException", f"Requested resource not found: Table: {name} not found")


def table_not_found() -> AwsError:
    """An operation on items names a table that is not there."""
    return AwsError("ResourceNotFoundException", "Requested resource not found")


def no_such_resource(arn: str) -> AwsError:
    """What is to be tagged is not there."""
    text = f"Requested resource not found: ResourcArn: {arn} not found"  # AWS writes it so
    return AwsError("ResourceNotFoundException", text)


def table_exists(name: str) -> AwsError:
    """The account has a table of that name."""
    return AwsError("ResourceInUseException", f"Table already exists: {name}")


def in_use(text: str) -> AwsError:
    """What is asked for cannot be done now."""
    return AwsError("ResourceInUseException", text)


def source_not_found(name: str) -> AwsError:
    """An operation on backups names a table that is not there."""
    return AwsError("TableNotFoundException", f"Table not found: {name}")


def source_in_use(name: str) -> AwsError:
    """An operation on backups names a table that is not ready yet."""
    return AwsError("TableInUseException", f"Table is being created: {name}")


def target_exists(name: str) -> AwsError:
    """A table is to be restored under a name that another has."""
    return AwsError("TableAlreadyExistsException", f"Table already exists: {name}")


def protected() -> AwsError:
    """A table is to be deleted that must not be."""
    return invalid(
        "Resource cannot be deleted as it is currently protected against deletion. "
        "Disable deletion protection first."
    )


def too_many(text: str) -> AwsError:
    """There would be more than may be."""
    return AwsError("LimitExceededException", text)


def no_policy(arn: str) -> AwsError:
    """The table has no resource policy."""
    return AwsError(
        "PolicyNotFoundException", f"Resource-based policy not found for the provided ResourceArn: {arn}"
    )


def policy_moved(arn: str, revision: str) -> AwsError:
    """The policy is another than the caller expects."""
    text = (
        f"Resource-based policy not found for the provided ResourceArn: {arn} with the RevisionId: {revision}"
    )
    return AwsError("PolicyNotFoundException", text)


def condition_failed(item: dict[str, Any] | None = None) -> AwsError:
    """The item is not as the condition wants it; ``item`` is shown to who asked for it."""
    fields: dict[str, Any] = {"Item": item} if item is not None else {}
    return AwsError("ConditionalCheckFailedException", "The conditional request failed", **fields)


def duplicate_item() -> AwsError:
    """An INSERT names a key that an item has."""
    return AwsError("DuplicateItemException", "Duplicate primary key exists in table")


def transaction_cancelled(reasons: list[dict[str, Any]]) -> AwsError:
    """Nothing of a transaction was done; ``reasons`` says why, for each of its items."""
    codes = ", ".join(reason["Code"] for reason in reasons)
    text = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
    return AwsError("TransactionCanceledException", text, CancellationReasons=reasons)


def mismatched_token() -> AwsError:
    """A token comes again with another request."""
    return AwsError(
        "IdempotentParameterMismatchException",
        "The request uses the same client token as a previous, but non-identical request.",
    )
