"""The exception tree.

PenstockError
├── AwsError            an answer to a caller, in AWS's words
├── StartError          the server cannot start; the message is for the person at the terminal
├── StoreUnavailable    the database refused a commit (disk full, I/O error)
└── SealError           a sealed value cannot be opened with this server's key
"""


class PenstockError(Exception):
    """Anything Penstock raises on purpose."""


class AwsError(PenstockError):
    """An error answer: AWS's code, AWS's text, and what the error shape carries besides.

    ``status`` None means the status that the service's model gives this code, or 400.
    ``fields`` become members of the error document (S3: ``Key="a"``; modelled: ``Type="User"``).
    ``headers`` are added to the HTTP response.
    """

    def __init__(
        self,
        code: str,
        message: str = "",
        *,
        status: int | None = None,
        headers: dict[str, str] | None = None,
        **fields: object,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.headers = headers or {}
        self.fields = fields


class StartError(PenstockError):
    """The server cannot start; the message says why and what to do."""


class StoreUnavailable(PenstockError):
    """The database could not make a batch durable; nothing of the batch is stored."""


class SealError(PenstockError):
    """A sealed value cannot be opened: another key made it, or it was changed."""
