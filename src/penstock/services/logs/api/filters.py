"""What metric filters and subscription filters have in common when they are put."""

from collections.abc import Iterable
from typing import Protocol

from penstock.server import Params
from penstock.services.logs import limits
from penstock.services.logs.errors import invalid_parameter, too_many_filters, wrong_class
from penstock.services.logs.group import Group
from penstock.services.logs.patterns import compile_pattern


class Filter(Protocol):
    """What has a pattern."""

    pattern: str


def refuse_transformed(params: Params, system_fields: str) -> None:
    """Returns when nothing is asked for that needs transformed or centralised logs; AwsError."""
    for member in ("applyOnTransformedLogs", "fieldSelectionCriteria", system_fields):
        if params.get(member):
            raise invalid_parameter(f"{member} is not available here.")


def check_class(group: Group, what: str) -> None:
    """Returns when groups of this class may have filters; AwsError."""
    if group.log_class != "STANDARD":
        raise wrong_class(what, group.log_class)


def check_regexes(pattern: str, others: Iterable[Filter]) -> None:
    """Returns when the group may have one more filter of that pattern; AwsError ``LimitExceededException``."""
    if not compile_pattern(pattern).regexes:
        return
    count = sum(compile_pattern(other.pattern).regexes > 0 for other in others)
    if count >= limits.MAX_REGEX_FILTERS:
        raise too_many_filters()
