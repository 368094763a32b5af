"""What keys and aliases are called.

Source: https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id
"""

from typing import NamedTuple

from penstock.arn import Arn, arn
from penstock.server import Call
from penstock.services.kms.errors import invalid_arn, other_region

_MAX_CHARS = 2048

Place = tuple[str, str]
"""Account and region."""


class KeyName(NamedTuple):
    """What a caller calls a key: ``resource`` is ``key/ID`` or ``alias/NAME``."""

    place: Place
    resource: str

    @property
    def is_alias(self) -> bool:
        """Returns whether it is an alias."""
        return self.resource.startswith("alias/")

    @property
    def arn(self) -> str:
        """Returns it as an ARN."""
        account, region = self.place
        return arn("kms", region, account, self.resource)


def key_arn(place: Place, id: str) -> str:
    """Returns the ARN of a key."""
    return KeyName(place, f"key/{id}").arn


def alias_arn(place: Place, name: str) -> str:
    """Returns the ARN of an alias, whose name begins with ``alias/``."""
    return KeyName(place, name).arn


def key_name(call: Call, text: str) -> KeyName:
    """Returns what ``text`` names: a key's id or ARN, an alias or its ARN; AwsError ``NotFoundException``."""
    if not (text.isascii() and text.isprintable() and len(text) <= _MAX_CHARS):
        raise invalid_arn(text[:_MAX_CHARS])
    if not text.startswith("arn:"):
        resource = text if text.startswith("alias/") else f"key/{text}"
        return KeyName((call.account, call.region), resource)
    try:
        parsed = Arn.parse(text)
    except ValueError:
        raise invalid_arn(text) from None
    if parsed.service != "kms" or not parsed.resource.startswith(("key/", "alias/")):
        raise invalid_arn(text)
    if parsed.region != call.region:
        raise other_region(parsed.region)
    return KeyName((parsed.account, parsed.region), parsed.resource)
