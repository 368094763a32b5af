"""The exception tree.

PenstockError
├── AwsError            an answer to a caller, in AWS's words
├── StartError          the server cannot start; the message is for the person at the terminal
├── StoreUnavailable    the database cannot do it now (disk full, I/O error, too much contention)
│   ├── NoRoom          the disk is full; nothing of it is stored
│   └── CommitUnknown   it cannot say whether it did; the process ends, and its next start finds out
├── StoreDefect         the database refuses what it was told to do: a defect of ours
├── BodyDamaged         the file of a body is not what was written
└── SealError           a sealed value cannot be opened with this server's key

What the database's own library raises never leaves the store.
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
    """The database could not read, or could not make a write durable; unless it is CommitUnknown, nothing is stored."""


class NoRoom(StoreUnavailable):
    """There is too little room on the disk."""


class CommitUnknown(StoreUnavailable):
    """A commit failed in such a way that the write may be stored or not; what it names must be left as it is."""


class StoreDefect(PenstockError):
    """The database refuses a statement as such; nothing of the write is stored."""


class BodyDamaged(PenstockError):
    """The file of a body is missing, short, unreadable, or not what was written."""


class SealError(PenstockError):
    """A sealed value cannot be opened: another key made it, or it was changed."""
