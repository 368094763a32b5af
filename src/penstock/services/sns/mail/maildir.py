"""A maildir: each letter a file, there whole or not at all, also after a power cut.

Source: https://cr.yp.to/proto/maildir.html
"""

import os
import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from penstock.store import make_folder, sync_folder

_NAME = re.compile(r"[0-9]{10,16}\.[0-9a-f.-]{1,120}")
_MAX_LISTED = 1000


class Maildir:
    """The folder of one server. Everything blocks."""

    def __init__(self, folder: Path, *, fsync: bool) -> None:
        self._folder = folder
        self._fsync = fsync

    def put(self, name: str, content: bytes) -> None:
        """Returns when the letter is in ``new``; one of the same name is replaced."""
        for part in ("tmp", "new", "cur"):
            make_folder(self._folder / part)
        path = self._folder / "tmp" / name
        with open(path, "wb", opener=_private) as file:
            file.write(content)
            file.flush()
            if self._fsync:
                os.fsync(file.fileno())
        path.rename(self._folder / "new" / name)
        if self._fsync:
            sync_folder(self._folder / "new")

    def list(self) -> list[dict[str, Any]]:
        """Returns what the newest letters say of themselves, oldest first."""
        return [_summary(path) for path in sorted(self._paths(), key=lambda path: path.name)[-_MAX_LISTED:]]

    def show(self, name: str) -> dict[str, Any] | None:
        """Returns a letter with its text, or None when there is none of the name."""
        path = next((path for path in self._paths() if path.name == name), None)
        if path is None:
            return None
        return _summary(path) | {"text": _text(_read(path))}

    def _paths(self) -> Iterator[Path]:
        for part in ("new", "cur"):
            folder = self._folder / part
            if folder.is_dir():
                yield from (path for path in folder.iterdir() if _NAME.match(path.name))


def _summary(path: Path) -> dict[str, Any]:
    message = _read(path)
    return {
        "id": path.name,
        **{name.lower(): str(message[name] or "") for name in ("Date", "From", "To", "Subject")},
    }


def _read(path: Path) -> EmailMessage:
    found = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def _text(message: EmailMessage) -> str:
    content = message.get_content()
    return content.replace("\r\n", "\n") if isinstance(content, str) else repr(content)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
