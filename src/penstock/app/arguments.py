"""What commands under ``/_penstock/`` read of what they are given: the query's texts, or a document's values."""

from collections.abc import Mapping
from typing import Any

from penstock.digits import whole_number
from penstock.errors import AwsError

Args = Mapping[str, Any]


def text_in(args: Args, name: str) -> str | None:
    """Returns the text ``name``; None when there is none."""
    return str(args[name]) if args.get(name) else None


def number_in(args: Args, name: str) -> int | None:
    """Returns the number ``name``; None when there is none. AwsError ``ValidationError``."""
    if args.get(name) is None:
        return None
    if (number := whole_number(str(args[name]))) is None:
        raise AwsError("ValidationError", f"{name} must be a number.", status=400)
    return number


def needed(args: Args, name: str) -> str:
    """Returns the text ``name``; AwsError ``ValidationError`` when there is none."""
    value = text_in(args, name)
    if value is None:
        raise AwsError("ValidationError", f"{name} is needed.", status=400)
    return value
