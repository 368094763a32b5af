"""What secrets are called: an ARN ends with the name and six random characters.

Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot.html#ARN_secretnamehyphen
"""

import re
from typing import NamedTuple

from penstock.arn import Arn, arn
from penstock.server import Call

SERVICE = "secretsmanager.amazonaws.com"

SUFFIX = 6
SUFFIX_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

Place = tuple[str, str]
"""Account and region."""

_NAME = re.compile(r"[A-Za-z0-9/_+=.@!-]{1,512}")


class SecretId(NamedTuple):
    """What a caller calls a secret: a name, or what stands in an ARN behind ``secret:``.

    The last may be the name alone, or the name with the suffix: only the store knows.
    """

    place: Place
    name: str
    is_arn: bool


def secret_arn(place: Place, name: str, suffix: str) -> str:
    """Returns the ARN of a secret."""
    account, region = place
    return arn("secretsmanager", region, account, f"secret:{name}-{suffix}")


def bare_arn(place: Place, name: str) -> str:
    """Returns the ARN of a secret that is not there, which has no suffix."""
    account, region = place
    return arn("secretsmanager", region, account, f"secret:{name}")


def secret_id(call: Call, text: str) -> SecretId:
    """Returns what ``text`` names: an ARN, whole or without the suffix, or the name of a secret of the caller's."""
    if text.startswith("arn:"):
        try:
            parsed = Arn.parse(text)
        except ValueError:
            return SecretId((call.account, call.region), text, is_arn=False)
        if parsed.service == "secretsmanager" and parsed.resource.startswith("secret:"):
            place = (parsed.account, parsed.region)
            return SecretId(place, parsed.resource.removeprefix("secret:"), is_arn=True)
    return SecretId((call.account, call.region), text, is_arn=False)


def is_name(text: str) -> bool:
    """Returns whether a secret may be called so."""
    return _NAME.fullmatch(text) is not None


def without_suffix(name: str) -> tuple[str, str]:
    """Returns the name and the suffix that ``name`` ends with, "" when it ends with none."""
    head, hyphen, suffix = name[: -SUFFIX - 1], name[-SUFFIX - 1 : -SUFFIX], name[-SUFFIX:]
    return (head, suffix) if head and hyphen == "-" else (name, "")
