"""What the ``#names`` and ``:values`` of a request's expressions stand for.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ExpressionAttributeNames.html
"""

import re
from collections.abc import Mapping

from penstock.errors import AwsError
from penstock.services.dynamodb.expressions.error import ExpressionError
from penstock.services.dynamodb.expressions.path import Path, PathSyntax
from penstock.services.dynamodb.values import Value, check_value
from penstock.services.dynamodb.values.invalid import invalid

MAX_BYTES = 255
_NAME = re.compile(r"#[A-Za-z0-9_]+")
_VALUE = re.compile(r":[A-Za-z0-9_]+")


class Placeholders:
    """The names and values of one request, all of whose expressions are compiled with it, and which were used."""

    def __init__(self, names: Mapping[str, str] | None, values: Mapping[str, Value] | None) -> None:
        """ValidationException when one has a name that none can have, or a value is none."""
        self._check_keys(names, "ExpressionAttributeNames", _NAME)
        self._check_keys(values, "ExpressionAttributeValues", _VALUE)
        self._names = dict(names or {})
        self._values = {name: _checked(name, value) for name, value in (values or {}).items()}
        self._used: set[str] = set()

    def path(self, syntax: PathSyntax) -> Path:
        """Returns the path that is meant; ExpressionError when a name in it is not defined."""
        for alias in syntax.aliases:
            if alias not in self._names:
                raise ExpressionError(
                    "An expression attribute name used in the document path is not defined; "
                    f"attribute name: {alias}"
                )
            self._used.add(alias)
        return syntax.resolved(self._names)

    def value(self, name: str) -> Value:
        """Returns the value that is meant; ExpressionError when it is not defined."""
        if name not in self._values:
            raise ExpressionError(
                f"An expression attribute value used in expression is not defined; attribute value: {name}"
            )
        self._used.add(name)
        return self._values[name]

    def check_used(self) -> None:
        """Raises ValidationException when there is a name or value that no expression has used."""
        self._check_unused(self._names, "ExpressionAttributeNames")
        self._check_unused(self._values, "ExpressionAttributeValues")

    def _check_unused(self, given: Mapping[str, object], parameter: str) -> None:
        unused = [name for name in given if name not in self._used]
        if unused:
            raise invalid(
                f"Value provided in {parameter} unused in expressions: keys: {{{', '.join(unused)}}}"
            )

    def _check_keys(
        self, given: Mapping[str, object] | None, parameter: str, pattern: re.Pattern[str]
    ) -> None:
        if given is not None and not given:
            raise invalid(f"{parameter} must not be empty")
        for name in given or ():
            if not pattern.fullmatch(name) or len(name) > MAX_BYTES:
                raise invalid(f'{parameter} contains invalid key: Syntax error; key: "{name}"')


def _checked(name: str, value: Value) -> Value:
    try:
        return check_value(value)
    except AwsError as error:
        raise invalid(
            f"ExpressionAttributeValues contains invalid value: {error.message} for key {name}"
        ) from None
