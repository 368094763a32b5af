"""What parameters are called.

Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html
"""

import re
from typing import NamedTuple

from penstock.arn import Arn, arn
from penstock.server import Call
from penstock.services.ssm.errors import reserved_name, too_many_levels, validation
from penstock.services.ssm.limits import MAX_LEVELS, MAX_NAME

Key = tuple[str, str, str]
"""Account, region and name of a parameter."""

SECRET = "/aws/reference/secretsmanager/"
"""Behind it stands the name of a secret."""

_PARTS = r"can consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers"
_ALPHABET = re.compile(r"[A-Za-z0-9_.\-/]+")
_RULES = f"If formed as a path, it {_PARTS} and the following 3 symbols .-_"


class Asked(NamedTuple):
    """A parameter that is asked for: which, and which version by number or label, "" for the newest."""

    key: Key
    selector: str


def parameter_arn(key: Key) -> str:
    """Returns the ARN of a parameter, or of all below a path that ends with a slash."""
    account, region, name = key
    return arn("ssm", region, account, f"parameter{name if name.startswith('/') else '/' + name}")


def named(text: str) -> Key | None:
    """Returns the parameter whose ARN ``text`` is; None when it is none.

    An ARN does not tell whether a name without further slashes begins with one: it is read as one that does not.
    """
    try:
        parsed = Arn.parse(text)
    except ValueError:
        return None
    if parsed.service != "ssm" or not parsed.resource.startswith("parameter/"):
        return None
    name = parsed.resource.removeprefix("parameter")
    return parsed.account, parsed.region, name if "/" in name[1:] else name[1:]


def asked(call: Call, text: str) -> Asked:
    """Returns what ``text`` asks for: a name or an ARN, maybe with a version or a label behind a colon."""
    if text.startswith("arn:"):
        head, _, selector = text.partition(":parameter/")[2].partition(":")
        key = named(text.partition(":parameter/")[0] + ":parameter/" + head)
        return Asked(key or (call.account, call.region, text), selector)
    name, _, selector = text.partition(":")
    return Asked((call.account, call.region, name), selector)


def check_name(name: str) -> None:
    """Returns when a parameter may be called so; AwsError."""
    first = name.lstrip("/").lower()
    if first.startswith("aws"):
        raise reserved_name(name)
    if first.startswith("ssm"):
        raise validation(f'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). {_RULES}')
    if "/" in name and not name.startswith("/"):
        raise validation("Parameter name must be a fully qualified name.")
    if not _ALPHABET.fullmatch(name) or "//" in name or name.endswith("/"):
        raise validation(f"Parameter name: {_RULES.lower()}")
    if len(name) > MAX_NAME:
        raise validation(f"Parameter name can't be longer than {MAX_NAME} characters.")
    if name.count("/") > MAX_LEVELS:
        raise too_many_levels()
