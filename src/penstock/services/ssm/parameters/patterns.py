"""What a parameter's value must match.

The pattern is the user's. RE2 takes a time that grows with the text alone, which Python's own engine does not promise;
for that it has no look-around and no back references.
"""

from collections.abc import Mapping
from typing import Any

from penstock.services.ssm.errors import bad_pattern, no_match, validation

_MAX_MEMORY = 1 << 20


def check_value(settings: Mapping[str, Any], value: str) -> None:
    """Returns when the parameter may have the value; AwsError."""
    if not value:
        raise validation("The parameter value can't be empty.")
    if settings["Type"] == "StringList" and not all(value.split(",")):
        raise validation("A StringList is a list of values separated by commas, none of them empty.")
    if pattern := settings.get("AllowedPattern"):
        _check_pattern(pattern, value)


def _check_pattern(pattern: str, value: str) -> None:
    import re2  # loaded when the first pattern is used: few parameters have one

    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MAX_MEMORY
    try:
        compiled = re2.compile(pattern, options)
    except re2.error:
        raise bad_pattern(pattern) from None
    if not compiled.search(value):
        raise no_match(pattern)
