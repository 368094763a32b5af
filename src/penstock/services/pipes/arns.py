"""What pipes are called."""

from typing import NamedTuple

from penstock.arn import Arn, arn

_PIPE = "pipe/"


class PipeKey(NamedTuple):
    """Which pipe."""

    account: str
    region: str
    name: str

    @property
    def arn(self) -> str:
        """Returns the pipe's ARN."""
        return arn("pipes", self.region, self.account, f"{_PIPE}{self.name}")


def pipe_of(text: str) -> PipeKey | None:
    """Returns which pipe the ARN names; None when it names none."""
    try:
        found = Arn.parse(text)
    except ValueError:
        return None
    if found.service != "pipes" or not found.resource.startswith(_PIPE):
        return None
    return PipeKey(found.account, found.region, found.resource.removeprefix(_PIPE))
