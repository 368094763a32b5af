"""Which statements may stand beside one another.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.multiplestatements.html
"""

from penstock.services.dynamodb.errors import invalid
from penstock.services.dynamodb.partiql.language import Exists, Select, Statement


def check_mixture(statements: list[Statement], what: str) -> None:
    """Returns when all of them read, or all of them write; ``what`` they are part of. ValidationException."""
    reads = [isinstance(statement, Select) for statement in statements]
    if any(reads) and not all(reads):
        raise invalid(
            f"The entire {what} must consist of either read statements or write statements, "
            f"you cannot mix both in one {what}."
        )
    if what == "batch" and any(isinstance(statement, Exists) for statement in statements):
        raise invalid("EXISTS can only be used in a statement of ExecuteTransaction.")
