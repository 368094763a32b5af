"""The server's own log: lines for people, or JSON documents for what collects logs."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

from penstock.config import Config

_TEXT = "%(asctime)s %(levelname)s %(name)s %(message)s"


class JsonLines(logging.Formatter):
    """One document a line: ``time``, ``level``, ``logger`` and ``message``; of a request all that is known of it."""

    def format(self, record: logging.LogRecord) -> str:
        """Returns the line."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        told: dict[str, Any] = {"time": time, "level": record.levelname.lower(), "logger": record.name}
        fields = getattr(record, "fields", None)
        told |= fields if isinstance(fields, dict) else {"message": record.getMessage()}
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return json.dumps(told, default=str)  # which also writes what is no Unicode


def begin_log(config: Config) -> None:
    """Begins to write to standard error what the settings ask for."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if config.log_format == "json" else logging.Formatter(_TEXT))
    logging.basicConfig(level=config.log_level.upper(), handlers=[handler])
