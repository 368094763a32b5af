"""Certificates in files, and the TLS context of a listener that serves them: whoever replaces the files is served them
without a restart.
"""

import logging
import os
import ssl
from pathlib import Path

from penstock.clock import Clock, Ids
from penstock.config import Config
from penstock.errors import StartError

log = logging.getLogger(__name__)

_State = tuple[tuple[int, int, int], ...]


class Certificate:
    """A certificate chain and its key, both PEM; ``key_file`` None: the key is in the chain's file.

    StartError when they cannot be used at first. Later a pair that cannot be used leaves the former one in use, and
    is named in ``problem``.
    """

    def __init__(self, chain_file: Path, key_file: Path | None) -> None:
        self._chain_file = chain_file
        self._key_file = key_file
        self._state = self._look()
        self.problem = ""
        try:
            self._context = self._load()
        except (OSError, ValueError) as error:
            raise StartError(f"the certificate {self._named()} cannot be used: {error}") from None

    def context(self) -> ssl.SSLContext:
        """Returns a context with the certificate as its files are now. Blocks for as long as reading them takes."""
        state = self._look()
        if state != self._state:
            self._state = state
            self._replace()
        return self._context

    def _replace(self) -> None:
        try:
            self._context = self._load()
        except (OSError, ValueError) as error:
            self.problem = f"{self._named()} cannot be used ({error}); the former certificate is served"
            log.error("%s", self.problem)
        else:
            self.problem = ""
            log.info("the certificate %s was changed and is served", self._named())

    def _load(self) -> ssl.SSLContext:
        context = _server_context()
        context.load_cert_chain(self._chain_file, self._key_file, password=_no_password)
        return context

    def _look(self) -> _State:
        return tuple(_state(path) for path in (self._chain_file, self._key_file) if path)

    def _named(self) -> str:
        return " with ".join(str(path) for path in (self._chain_file, self._key_file) if path)


class Tls:
    """What a listener needs to speak TLS: ``context``, which chooses the certificate at each handshake.

    Who asks for localhost is shown the certificate of the local authority, whom functions and the command line
    trust (``bundle``), everybody else the one that the settings name, if they do.
    """

    def __init__(self, local: Certificate, named: Certificate | None, bundle: Path) -> None:
        self._local = local
        self._named = named
        self.bundle = bundle
        self.context = _server_context()
        self.context.sni_callback = self._choose

    def problems(self) -> dict[str, str]:
        """Returns what is wrong with the certificates, by what it concerns."""
        if self._named is None:
            return {}
        self._named.context()
        return {"tls": self._named.problem} if self._named.problem else {}

    def _choose(self, connection: ssl.SSLObject, asked: str | None, context: ssl.SSLContext) -> None:
        local = self._named is None or asked == "localhost" or (asked or "").endswith(".localhost")
        chosen = self._local if local or self._named is None else self._named
        connection.context = chosen.context()


def speaks_tls(config: Config) -> bool:
    """Returns whether a server of these settings speaks TLS; StartError when they do not go together."""
    if config.tls_key and not config.tls_cert:
        raise StartError("tls_key is set, and tls_cert is not; set both, or none")
    return config.tls != "off" or config.tls_cert is not None


def open_tls(config: Config, folder: Path, clock: Clock, ids: Ids) -> Tls | None:
    """Returns what a server of these settings serves TLS with, or None; StartError when it cannot. Blocking.

    The local authority is in ``folder``/tls.
    """
    if not speaks_tls(config):
        return None
    # Its library takes longer to import than a server takes to start.
    from penstock.app.authority import local_files

    files = local_files(folder / "tls", config.host, clock, ids)
    named = Certificate(config.tls_cert, config.tls_key) if config.tls_cert else None
    return Tls(Certificate(files.certificate, None), named, files.bundle)


def _server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context


def _state(path: Path) -> tuple[int, int, int]:
    """Returns what changes with a file's content or with the file that a link leads to; zeros when there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return (0, 0, 0)
    return (found.st_ino, found.st_size, found.st_mtime_ns)


def _no_password() -> str:
    """OpenSSL would ask at the terminal for it."""
    raise ValueError("the key is encrypted; give it without a passphrase")
