"""The settings table: command-line flags, environment variables and the documentation derive from it."""

import difflib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from urllib.parse import urlsplit

import platformdirs

from penstock.digits import whole_number
from penstock.errors import StartError

_PREFIX = "PENSTOCK_"


@dataclass(frozen=True, slots=True)
class Setting:
    """One row: ``name`` is the flag and, upper-cased with ``PENSTOCK_`` before it, the environment variable.

    ``shown`` is the default in words, where the value itself says too little.
    """

    name: str
    default: object
    unit: str
    help: str
    shown: str = ""

    @property
    def flag(self) -> str:
        """Returns the name of the flag."""
        return f"--{self.name.replace('_', '-')}"

    @property
    def variable(self) -> str:
        """Returns the name of the environment variable."""
        return f"{_PREFIX}{self.name.upper()}"


SETTINGS = (
    Setting("host", "127.0.0.1", "address", "Address to listen on."),
    Setting("port", 4566, "TCP port", "Port to listen on; 0 takes a free one."),
    Setting(
        "extension_port",
        2773,
        "TCP port",
        "Loopback port at which functions get secrets and parameters; 0, or when it is taken: a free one.",
    ),
    Setting("socket", None, "file", "Unix socket to listen on besides, without TLS.", "none"),
    Setting(
        "proxies",
        "",
        "address,…",
        "Proxies that say whose request it is: addresses, networks, unix for the socket.",
        "none",
    ),
    Setting(
        "tls",
        "off",
        "off|self-signed",
        "self-signed: HTTPS with a certificate of a local authority, made in the data directory.",
    ),
    Setting(
        "tls_cert",
        None,
        "file",
        "HTTPS with this certificate chain (PEM); taken up anew when it changes.",
        "none",
    ),
    Setting("tls_key", None, "file", "Key of tls_cert (PEM).", "in the same file"),
    Setting("data", None, "folder", "Data directory.", "the platform's user data directory"),
    Setting(
        "memory", False, "flag", "Keep everything in a temporary directory that goes with the server.", "off"
    ),
    Setting(
        "store",
        "",
        "URL",
        "postgresql://… keeps all but large bodies and packages there.",
        "SQLite in the data directory",
    ),
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
        "Key that secrets in the database are sealed with; made at first start.",
        "key in the data directory",
    ),
    Setting(
        "accounts",
        "",
        "id:key:secret,…",
        "Root credentials of accounts; the first is the default account. A flag shows in the list of processes.",
        "made at first start",
    ),
    Setting(
        "oidc_keys",
        None,
        "file",
        "JSON: the key sets (JWKS) of OpenID Connect providers, by their URLs; others are asked for theirs.",
        "none",
    ),
    Setting("region", "us-east-1", "AWS region", "Region of requests that name none."),
    Setting(
        "function_workers",
        8,
        "processes",
        "How many function worker processes may live at once; as many more may be provisioned.",
    ),
    Setting(
        "isolation",
        "",
        "auto|require",
        "auto: functions get what isolation the machine allows. require: none runs without.",
        "auto on a loopback address, else require",
    ),
    Setting(
        "smtp",
        "",
        "URL",
        "smtp://user:password@host:port (or smtps://) sends the mail of topics.",
        "a maildir in the data directory",
    ),
    Setting("mail_from", "no-reply@sns.localhost", "mail address", "Sender of the mail of topics."),
    Setting(
        "webhooks",
        "guarded",
        "guarded|anywhere",
        "guarded: topics and API destinations reach no link-local address, no server's /_penstock/, and this machine "
        "only when the server listens on a loopback address.",
    ),
    Setting(
        "quotas",
        "none",
        "none|aws",
        "aws: FIFO queues and topics take no more calls and messages in a second than AWS's, and then answer that they "
        "are throttled.",
    ),
    Setting(
        "event_version",
        "2.6",
        "2.1|2.6",
        "eventVersion of S3 event records; with 2.1 some kinds keep 2.2 or 2.3, as they had then.",
    ),
    Setting(
        "table_throttling",
        "off",
        "off|on",
        "on: DynamoDB's tables and global indexes are held to their throughput, with bursts of five minutes.",
    ),
    Setting("ledger_days", 14, "days", "How long finished deliveries stay in the ledger."),
    Setting(
        "metrics",
        "local",
        "local|everybody",
        "Who may read /_penstock/metrics, which wants no signature; local: callers on this machine.",
    ),
    Setting(
        "otlp_endpoint",
        "",
        "URL",
        "Base URL of an OpenTelemetry collector (OTLP over HTTP, JSON) that gets metrics and traces once a minute.",
        "none",
    ),
    Setting(
        "dead_days", 90, "days", "How long dead deliveries are kept, with what they hold, to be sent again."
    ),
    Setting(
        "disk_floor",
        256,
        "MiB",
        "With less room on the data directory's disk only reading and deleting work; 0 to go on to the end.",
    ),
    Setting(
        "log_level",
        "warning",
        "debug|info|warning|error",
        "Level of the server's own log on standard error; info and debug show every request.",
    ),
    Setting(
        "log_format",
        "text",
        "text|json",
        "json: one JSON document a line, for requests with who asked for what, and how it ended.",
    ),
)


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of one server, read once; StartError naming the setting that cannot be used."""

    host: str = "127.0.0.1"
    port: int = 4566
    extension_port: int = 2773
    socket: Path | None = None
    proxies: str = ""
    tls: str = "off"
    tls_cert: Path | None = None
    tls_key: Path | None = None
    data: Path | None = None
    memory: bool = False
    store: str = ""
    durability: str = "full"
    clock: str = "system"
    key_file: Path | None = None
    accounts: str = ""
    oidc_keys: Path | None = None
    region: str = "us-east-1"
    function_workers: int = 8
    isolation: str = ""
    smtp: str = ""
    mail_from: str = "no-reply@sns.localhost"
    webhooks: str = "guarded"
    quotas: str = "none"
    event_version: str = "2.6"
    table_throttling: str = "off"
    ledger_days: int = 14
    metrics: str = "local"
    otlp_endpoint: str = ""
    dead_days: int = 90
    disk_floor: int = 256
    log_level: str = "warning"
    log_format: str = "text"

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise StartError(f"{name} is {getattr(self, name)!r}; it must be one of {', '.join(choices)}")
        for name, (least, most) in _RANGES.items():
            if not least <= getattr(self, name) <= most:
                raise StartError(f"{name} is {getattr(self, name)}; it must be from {least} to {most}")
        if self.otlp_endpoint and not _is_url(self.otlp_endpoint):
            raise StartError("otlp_endpoint must be a URL without a user, as http://localhost:4318")
        if not _REGION.fullmatch(self.region):
            raise StartError(f"region is {self.region!r}; it must be the name of one, as us-east-1")

    @classmethod
    def load(cls, flags: Mapping[str, object], environ: Mapping[str, str] = os.environ) -> "Config":
        """Returns the settings: a flag that is not None wins over the environment, that over the default.

        Raises StartError naming the setting that cannot be used, and a variable that is none.
        """
        _refuse_unknown(environ)
        _refuse_both(flags, environ)
        values: dict[str, object] = {}
        for setting in SETTINGS:
            if (value := flags.get(setting.name)) is not None:
                values[setting.name] = _convert(setting, value, setting.flag)
            elif (text := environ.get(setting.variable)) is not None:
                values[setting.name] = _convert(setting, text, setting.variable)
        if flags.get("data") is not None:
            values["memory"] = False
        return cls(**values)  # type: ignore[arg-type]

    @property
    def requires_isolation(self) -> bool:
        """Returns whether functions run only where they are kept apart from the server and from each other."""
        if self.isolation:
            return self.isolation == "require"
        return self.host not in ("localhost", "::1") and not self.host.startswith("127.")

    def data_dir(self) -> Path:
        """Returns the data directory: the one set, or the platform's."""
        return self.data or Path(platformdirs.user_data_dir("penstock"))


_CHOICES = {
    "durability": ("full", "normal"),
    "table_throttling": ("off", "on"),
    "clock": ("system", "adjustable"),
    "tls": ("off", "self-signed"),
    "isolation": ("", "auto", "require"),
    "event_version": ("2.1", "2.6"),
    "webhooks": ("guarded", "anywhere"),
    "quotas": ("none", "aws"),
    "metrics": ("local", "everybody"),
    "log_level": ("debug", "info", "warning", "error"),
    "log_format": ("text", "json"),
}
_RANGES = {
    "port": (0, 65_535),
    "extension_port": (0, 65_535),
    "function_workers": (1, 10_000),
    "ledger_days": (0, 36_500),
    "dead_days": (0, 36_500),
    "disk_floor": (0, 1 << 40),
}
_REGION = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_WORDS = {
    "1": True,
    "true": True,
    "yes": True,
    "on": True,
    "0": False,
    "false": False,
    "no": False,
    "off": False,
}


def _is_url(text: str) -> bool:
    """Returns whether it is the address of an HTTP server; whoever names a user there expects more of it."""
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError:
        return False
    is_plain = text.isascii() and text.isprintable() and "@" not in url.netloc
    return is_plain and url.scheme in ("http", "https") and bool(url.hostname) and port != 0


def _refuse_unknown(environ: Mapping[str, str]) -> None:
    known = [setting.variable for setting in SETTINGS]
    for name in sorted(environ):
        if name.startswith(_PREFIX) and name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
            raise StartError(f"there is no setting {name}; {hint}")


def _refuse_both(flags: Mapping[str, object], environ: Mapping[str, str]) -> None:
    """Raises StartError when a folder is named and none is wanted, both in the same place."""
    if flags.get("memory") and flags.get("data") is not None:
        raise StartError("--memory and --data exclude each other")
    if flags.get("memory") is None and flags.get("data") is None and "PENSTOCK_DATA" in environ:
        memory = environ.get("PENSTOCK_MEMORY", "off").lower()
        if _WORDS.get(memory):
            raise StartError("PENSTOCK_MEMORY and PENSTOCK_DATA exclude each other")


def _convert(setting: Setting, value: object, source: str) -> object:
    text = str(value)
    if not text and setting.default != "":
        raise StartError(f"{source} is empty; it must be {setting.unit}")
    if isinstance(setting.default, bool):
        if text.lower() not in _WORDS:
            raise StartError(f"{source} is {text!r}; it must be on or off")
        return _WORDS[text.lower()]
    if isinstance(setting.default, int):
        if (number := whole_number(text)) is None:
            raise StartError(f"{source} is {text!r}; it must be a whole number of {setting.unit}")
        return number
    return Path(text).expanduser() if setting.unit in ("folder", "file") else text


assert [s.name for s in SETTINGS] == [f.name for f in fields(Config)]  # one table, one dataclass
