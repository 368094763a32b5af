"""Root credentials: set by the user, or made at first start and kept in the data directory."""

import fcntl
import os
import re
from dataclasses import asdict
from pathlib import Path

import orjson

from penstock.access import RootCredential
from penstock.clock import Ids
from penstock.errors import StartError
from penstock.store import make_folder
from penstock.store.files import replace_file

DEFAULT_ACCOUNT = "000000000000"

_ACCOUNT = re.compile(r"[0-9]{12}")
_KEY_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_SECRET_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def root_credentials(accounts: str, folder: Path, ids: Ids) -> list[RootCredential]:
    """Returns the root credentials, the default account's first; StartError when ``accounts`` cannot be read.

    ``accounts`` is the setting ``<account id>:<access key id>:<secret>,…``; when it is empty the credentials in
    ``folder`` are used, made if need be.
    """
    if accounts:
        return [_parse(entry.strip()) for entry in accounts.split(",") if entry.strip()]
    return [stored_credential(folder) or _make(folder, ids)]


def stored_credential(folder: Path) -> RootCredential | None:
    """Returns the credential kept in ``folder``, or None; StartError when what is kept there is none."""
    path = folder / "credentials.json"
    try:
        return RootCredential(**orjson.loads(path.read_bytes()))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise StartError(f"cannot read {path}: {error.strerror}") from None
    except (orjson.JSONDecodeError, TypeError) as error:
        raise StartError(
            f"{path} holds no credentials ({error}); restore it from a backup, or move it away to get new root keys"
        ) from None


def _make(folder: Path, ids: Ids) -> RootCredential:
    made = RootCredential(
        account=DEFAULT_ACCOUNT,
        access_key_id="AKIA" + ids.text(16, _KEY_ALPHABET),
        secret=ids.text(40, _SECRET_ALPHABET),
    )
    make_folder(folder)
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)  # a server that is started at the same moment may be quicker
        if stored := stored_credential(folder):
            return stored
        # Under its name it is whole, and on disk before anybody uses it: without it nobody may do anything.
        replace_file(folder / "credentials.json", orjson.dumps(asdict(made)))
        return made
    finally:
        os.close(handle)


def _parse(entry: str) -> RootCredential:
    account, *rest = entry.split(":", 2)
    if len(rest) != 2 or not _ACCOUNT.fullmatch(account) or not all(rest):
        # The entry itself is not repeated: it holds a secret.
        raise StartError(
            "accounts must be <12-digit account id>:<access key id>:<secret>, separated by commas"
        )
    return RootCredential(account=account, access_key_id=rest[0], secret=rest[1])
