"""Amazon Resource Names as values."""

from typing import NamedTuple

_PARTITION = "aws"


class Arn(NamedTuple):
    """``arn:partition:service:region:account:resource``, split.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
    """

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> "Arn":
        """Returns the parts of ``text``; ValueError when it is no ARN of the ``aws`` partition, the only one here."""
        head, *parts = text.split(":", 5)
        if head != "arn" or len(parts) != 5 or parts[0] != _PARTITION or not parts[1] or not parts[4]:
            raise ValueError(f"not an ARN: {text}")
        return cls(*parts)

    def __str__(self) -> str:
        return ":".join(("arn", *self))


def arn(service: str, region: str, account: str, resource: str) -> str:
    """Returns the ARN's text in the ``aws`` partition."""
    return f"arn:{_PARTITION}:{service}:{region}:{account}:{resource}"
