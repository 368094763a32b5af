"""The key that values in the store are sealed with: a file that may lie elsewhere than what it opens."""

import base64
import binascii
from pathlib import Path

from penstock.clock import Ids
from penstock.errors import StartError
from penstock.sealed import KEY_BYTES, key_id
from penstock.store.files import replace_file

_FORMAT = "penstock-key-1 "


def sealing_key(path: Path, folder: Path, ids: Ids) -> bytes:
    """Returns the key in the file ``path``, made if the data directory ``folder`` has never had one.

    StartError when the file is missing, holds no key, or another one than the data directory is sealed with.
    """
    named = folder / "key.id"
    known = named.read_text("ascii").strip() if named.exists() else None
    key = _read(path)
    if key is None:
        if known:
            raise StartError(
                f"the key file {path} is missing, and {folder} is sealed with the key {known}; "
                "put the file back, or name it with --key-file"
            )
        key = _make(path, ids)
    if known and known != key_id(key):
        raise StartError(
            f"{path} holds the key {key_id(key)}, but {folder} is sealed with the key {known}; "
            "put that one back, or name its file with --key-file"
        )
    if not known:
        replace_file(named, f"{key_id(key)}\n".encode())
    return key


def _read(path: Path) -> bytes | None:
    try:
        text = path.read_text("ascii")
        key = base64.b64decode(text.removeprefix(_FORMAT).strip(), validate=True)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StartError(f"cannot read the key file {path}: {error.strerror}") from None
    except (UnicodeDecodeError, binascii.Error):
        raise _no_key(path) from None
    if not text.startswith(_FORMAT) or len(key) != KEY_BYTES:
        raise _no_key(path)
    return key


def _make(path: Path, ids: Ids) -> bytes:
    key = ids.bytes(KEY_BYTES)
    try:
        replace_file(path, f"{_FORMAT}{base64.b64encode(key).decode()}\n".encode())
    except OSError as error:
        raise StartError(f"cannot make the key file {path}: {error.strerror}") from None
    return key


def _no_key(path: Path) -> StartError:
    return StartError(f"{path} holds no key that Penstock has made; put the right file back")
