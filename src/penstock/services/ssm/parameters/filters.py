"""The filters of DescribeParameters and GetParametersByPath: all must hold, each by one of its values.

Source: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ParameterStringFilter.html
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from penstock.services.ssm.errors import invalid_filter
from penstock.services.ssm.parameters.parameter import Parameter, Q
from penstock.store import ReadTx

Test = Callable[[ReadTx, Parameter], bool]

_SETTINGS = ("Type", "KeyId", "Tier", "DataType")
_OPTIONS = {
    "Name": ("Equals", "BeginsWith", "Contains"),
    "Path": ("OneLevel", "Recursive"),
    **dict.fromkeys((*_SETTINGS, "Label"), ("Equals", "BeginsWith")),
}


def test_of(filters: Iterable[dict[str, Any]], allowed: Sequence[str]) -> Test:
    """Returns what tells whether a parameter passes all ``filters``; AwsError for one that cannot be.

    ``allowed`` are the keys; ``tag:`` stands for every tag.
    """
    tests = [_test(one, allowed) for one in filters]
    return lambda tx, parameter: all(test(tx, parameter) for test in tests)


def _test(one: dict[str, Any], allowed: Sequence[str]) -> Test:
    key, values = one["Key"], one.get("Values") or []
    kind = "tag:" if key.startswith("tag:") else key
    if kind not in allowed:
        raise invalid_filter("InvalidFilterKey", f"The filter key {key} is not valid for this request.")
    if kind == "tag:":
        return _tag_test(key.removeprefix("tag:"), values)
    options = _OPTIONS[key]
    option = one.get("Option") or options[0]
    if option not in options:
        raise invalid_filter(
            "InvalidFilterOption",
            f"The following filter option is not valid: {option}. Valid options include: {', '.join(options)}.",
        )
    if not values:
        raise invalid_filter("InvalidFilterValue", "The following filter values are missing: null.")
    return _OF_KEY.get(key, _setting)(key, option, values)


def _tag_test(tag: str, values: list[str]) -> Test:
    def holds(tx: ReadTx, parameter: Parameter) -> bool:
        return tag in parameter.tags and (not values or parameter.tags[tag] in values)

    return holds


def _setting(key: str, option: str, values: list[str]) -> Test:
    return lambda tx, parameter: _fits(str(parameter.settings.get(key, "")), option, values)


def _name(key: str, option: str, values: list[str]) -> Test:
    return lambda tx, parameter: _fits(parameter.name, option, values)


def _path(key: str, option: str, values: list[str]) -> Test:
    recursive = option == "Recursive"
    return lambda tx, parameter: any(is_below(parameter.name, path, recursive=recursive) for path in values)


def _label(key: str, option: str, values: list[str]) -> Test:
    def holds(tx: ReadTx, parameter: Parameter) -> bool:
        labels = [label for (label,) in tx.all(Q.find_labels, parameter.id, parameter.version)]
        return any(_fits(label, option, values) for label in labels)

    return holds


def is_below(name: str, path: str, *, recursive: bool) -> bool:
    """Returns whether the parameter lies on the path, on its first level or on any."""
    folder = path if path.endswith("/") else path + "/"
    return name.startswith(folder) and (recursive or "/" not in name[len(folder) :])


def _fits(text: str, option: str, values: list[str]) -> bool:
    if option == "BeginsWith":
        return text.startswith(tuple(values))
    if option == "Contains":
        return any(value in text for value in values)
    return text in values


_OF_KEY: dict[str, Callable[[str, str, list[str]], Test]] = {"Name": _name, "Path": _path, "Label": _label}
