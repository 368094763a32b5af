"""The settings table: command-line flags, environment variables and the documentation derive from it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import platformdirs

from penstock.errors import StartError


@dataclass(frozen=True, slots=True)
class Setting:
    """One row: ``name`` is the flag and, upper-cased with ``PENSTOCK_`` before it, the environment variable."""

    name: str
    default: object
    unit: str
    help: str

    @property
    def variable(self) -> str:
        """Returns the name of the environment variable."""
        return f"PENSTOCK_{self.name.upper()}"


SETTINGS = (
    Setting("host", "127.0.0.1", "address", "Address to listen on."),
    Setting("port", 4566, "TCP port", "Port to listen on; 0 takes a free one."),
    Setting(
        "tls",
        "off",
        "off|self-signed",
        "self-signed: HTTPS with a certificate of a local authority, made in the data directory.",
    ),
    Setting(
        "tls_cert", None, "file", "HTTPS with this certificate chain (PEM); taken up anew when it changes."
    ),
    Setting("tls_key", None, "file", "Key of tls_cert (PEM). Default: in the same file."),
    Setting("data", None, "folder", "Data directory; default is the platform's user data directory."),
    Setting("memory", False, "flag", "Keep everything in a temporary directory that goes with the server."),
    Setting(
        "durability",
        "full",
        "full|normal",
        "full: fsync before every answer. normal: a power cut may lose the last moments.",
    ),
    Setting(
        "clock",
        "system",
        "system|adjustable",
        "adjustable: POST /_penstock/clock moves the server's time forward.",
    ),
    Setting(
        "key_file",
        None,
        "file",
        "Key that secrets in the database are sealed with; made at first start. Default: `key` in the data directory.",
    ),
    Setting(
        "accounts",
        "",
        "id:key:secret,…",
        "Root credentials of accounts; the first is the default account. Default: made at first start.",
    ),
    Setting("region", "us-east-1", "AWS region", "Region of requests that name none."),
    Setting("function_workers", 8, "processes", "How many function worker processes may live at once."),
    Setting("event_version", "2.6", "2.1|2.6", "eventVersion of S3 event records."),
    Setting("ledger_days", 14, "days", "How long finished deliveries stay in the ledger."),
    Setting("log_level", "warning", "level", "Level of the server's own log on standard error."),
)


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of one server, read once."""

    host: str = "127.0.0.1"
    port: int = 4566
    tls: str = "off"
    tls_cert: Path | None = None
    tls_key: Path | None = None
    data: Path | None = None
    memory: bool = False
    durability: str = "full"
    clock: str = "system"
    key_file: Path | None = None
    accounts: str = ""
    region: str = "us-east-1"
    function_workers: int = 8
    event_version: str = "2.6"
    ledger_days: int = 14
    log_level: str = "warning"

    @classmethod
    def load(cls, flags: Mapping[str, object], environ: Mapping[str, str] = os.environ) -> "Config":
        """Returns the settings: a flag that is not None wins over the environment, that over the default.

        Raises StartError naming the setting that cannot be used.
        """
        values: dict[str, object] = {}
        for setting in SETTINGS:
            value = flags.get(setting.name)
            if value is None:
                value = environ.get(setting.variable)
            if value is not None:
                values[setting.name] = _convert(setting, value)
        return cls(**values)  # type: ignore[arg-type]

    def data_dir(self) -> Path:
        """Returns the data directory: the one set, or the platform's."""
        return self.data or Path(platformdirs.user_data_dir("penstock"))


_CHOICES = {
    "durability": ("full", "normal"),
    "clock": ("system", "adjustable"),
    "tls": ("off", "self-signed"),
    "event_version": ("2.1", "2.6"),
    "log_level": ("debug", "info", "warning", "error"),
}


def _convert(setting: Setting, value: object) -> object:
    text = str(value)
    if choices := _CHOICES.get(setting.name):
        if text not in choices:
            raise StartError(f"{setting.name} is {text!r}; it must be one of {', '.join(choices)}")
        return text
    if isinstance(setting.default, bool):
        return text.lower() in ("1", "true", "yes", "on")
    if isinstance(setting.default, int):
        if not text.isdigit():
            raise StartError(f"{setting.name} is {text!r}; it must be a whole number of {setting.unit}")
        return int(text)
    return Path(text).expanduser() if setting.unit in ("folder", "file") else text


assert [s.name for s in SETTINGS] == [f.name for f in fields(Config)]  # one table, one dataclass
