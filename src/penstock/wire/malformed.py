"""How readers say that what came in does not fit its type."""

from typing import Any

from penstock.errors import AwsError


class Malformed(ValueError):
    """A value does not fit its type; each codec turns it into its protocol's AwsError."""


class UnreadableDocument(AwsError):
    """The answer to a request whose document cannot be read; ``params`` are its other parameters.

    AWS finds what a request names, and whether the caller may touch it, before it reads a document.
    """

    def __init__(self, answer: AwsError, params: dict[str, Any]) -> None:
        super().__init__(answer.code, answer.message, status=answer.status)
        self.fields = answer.fields
        self.params = params
