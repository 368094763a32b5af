"""What Lambda itself writes into a function's log: lines of text, or records in JSON.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html,
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-advanced.html and, for the records,
https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
"""

import math
from typing import Any, NamedTuple, Protocol

import orjson

from penstock.delivery.stamps import iso_time
from penstock.services.lambda_.functions.function import Function
from penstock.services.lambda_.functions.invocation import End, Ending, exit_text
from penstock.services.lambda_.functions.log_levels import Level
from penstock.services.lambda_.runtime.initialization import Initialization

_FAILED = (End.MEMORY, End.EXIT, End.INIT, End.ENTRYPOINT)


class Run(NamedTuple):
    """How a run went. ``init_ms`` is None for a warm worker; ``error_type`` is "" for a success."""

    ending: Ending
    request_id: str
    duration_ms: float
    used_mb: int
    init_ms: float | None
    error_type: str
    produced_bytes: int
    ended_ms: int

    @property
    def billed_ms(self) -> int:
        """Returns what is billed: the start, too, as it is since August 2025."""
        return math.ceil(self.duration_ms + (self.init_ms or 0))


class SystemLog(Protocol):
    """What is written of a worker's life; each returns lines or records, or none."""

    def started(self, now_ms: int, runtime_version: str, note: str) -> list[str]:
        """Returns what a new worker begins with; ``note`` is for whoever reads it, or ""."""

    def initialised(self, now_ms: int, init_ms: float, error_type: str) -> list[str]:
        """Returns what is said when the function's code has been loaded, or has failed to."""

    def run(self, now_ms: int, request_id: str) -> list[str]:
        """Returns what is written before a run."""

    def ended(self, run: Run) -> list[str]:
        """Returns what is written after it."""


def system_log(function: Function, initialization: Initialization) -> SystemLog:
    """Returns what writes in the format that the function's owner has chosen."""
    if function.logs_json:
        return Records(function, initialization)
    return Lines(function.version, function.memory_mb, function.timeout_s)


class Lines:
    """Lines of text."""

    def __init__(self, version: str, memory_mb: int, timeout_s: int) -> None:
        self._version = version
        self._memory_mb = memory_mb
        self._timeout_s = timeout_s

    def started(self, now_ms: int, runtime_version: str, note: str) -> list[str]:
        """Returns INIT_START."""
        return [f"INIT_START Runtime Version: {runtime_version}" + (f" ({note})" if note else "")]

    def initialised(self, now_ms: int, init_ms: float, error_type: str) -> list[str]:
        """Returns nothing: it stands in REPORT."""
        return []

    def run(self, now_ms: int, request_id: str) -> list[str]:
        """Returns START."""
        return [f"START RequestId: {request_id} Version: {self._version}"]

    def ended(self, run: Run) -> list[str]:
        """Returns how the process failed, unless the runtime has said it itself, END and REPORT."""
        return [*self._failure(run), f"END RequestId: {run.request_id}", self._report(run)]

    def _failure(self, run: Run) -> list[str]:
        match run.ending.kind:
            case End.TIMEOUT:
                after = f"Task timed out after {self._timeout_s:.2f} seconds"
                return [f"{iso_time(run.ended_ms)} {run.request_id} {after}"]
            case End.MEMORY:
                return [f"RequestId: {run.request_id} Error: {exit_text(-9)}\nRuntime.ExitError"]
            case End.EXIT:
                return [f"RequestId: {run.request_id} Error: {exit_text(run.ending.code)}\nRuntime.ExitError"]
            case End.ENTRYPOINT:
                error = f"{run.ending.body.decode()}\nRuntime.InvalidEntrypoint"
                return [f"RequestId: {run.request_id} Error: {error}"]
            case _:
                return []

    def _report(self, run: Run) -> str:
        fields = [
            f"REPORT RequestId: {run.request_id}",
            f"Duration: {run.duration_ms:.2f} ms",
            f"Billed Duration: {run.billed_ms} ms",
            f"Memory Size: {self._memory_mb} MB",
            f"Max Memory Used: {run.used_mb} MB",
        ]
        if run.init_ms is not None:
            fields.append(f"Init Duration: {run.init_ms:.2f} ms")
        if run.ending.kind is End.TIMEOUT:
            fields.append("Status: timeout")
        elif run.ending.kind in _FAILED:
            fields += ["Status: error", f"Error Type: {run.error_type}"]
        return "\t".join(fields) + "\t"


class Records:
    """Records of what happens, in JSON; those below the function's SystemLogLevel are not written."""

    def __init__(self, function: Function, initialization: Initialization) -> None:
        self._function = function
        self._initialization = initialization.value
        self._least = Level.named(function.logging["SystemLogLevel"])

    def started(self, now_ms: int, runtime_version: str, note: str) -> list[str]:
        """Returns ``platform.initStart``."""
        function = self._function
        record = {
            "initializationType": self._initialization,
            "phase": "init",
            "runtimeVersion": runtime_version + (f" ({note})" if note else ""),
            "functionName": function.name,
            "functionVersion": function.version,
        }
        return self._written(Level.INFO, now_ms, "initStart", record)

    def initialised(self, now_ms: int, init_ms: float, error_type: str) -> list[str]:
        """Returns ``platform.initRuntimeDone`` and ``platform.initReport``."""
        level = Level.WARN if error_type else Level.DEBUG
        record = {"initializationType": self._initialization, "phase": "init", **_status(error_type)}
        report = {**record, "metrics": {"durationMs": _round(init_ms)}}
        return self._written(level, now_ms, "initRuntimeDone", record) + self._written(
            level, now_ms, "initReport", report
        )

    def run(self, now_ms: int, request_id: str) -> list[str]:
        """Returns ``platform.start``."""
        record = {"requestId": request_id, "version": self._function.version}
        return self._written(Level.INFO, now_ms, "start", record)

    def ended(self, run: Run) -> list[str]:
        """Returns ``platform.runtimeDone`` and ``platform.report``."""
        status = {"status": "timeout"} if run.ending.kind is End.TIMEOUT else _status(run.error_type)
        duration_ms = _round(run.duration_ms)
        done = {
            "requestId": run.request_id,
            **status,
            "metrics": {"durationMs": duration_ms, "producedBytes": run.produced_bytes},
        }
        metrics = {
            "durationMs": duration_ms,
            "billedDurationMs": run.billed_ms,
            "memorySizeMB": self._function.memory_mb,
            "maxMemoryUsedMB": run.used_mb,
        }
        if run.init_ms is not None:
            metrics["initDurationMs"] = _round(run.init_ms)
        report = {"requestId": run.request_id, "metrics": metrics, **status}
        failed = status["status"] != "success"
        return self._written(
            Level.WARN if failed else Level.DEBUG, run.ended_ms, "runtimeDone", done
        ) + self._written(Level.WARN if failed else Level.INFO, run.ended_ms, "report", report)

    def _written(self, level: Level, now_ms: int, name: str, record: dict[str, Any]) -> list[str]:
        if level < self._least:
            return []
        return [
            orjson.dumps({"time": iso_time(now_ms), "type": f"platform.{name}", "record": record}).decode()
        ]


def _status(error_type: str) -> dict[str, str]:
    return {"status": "error", "errorType": error_type} if error_type else {"status": "success"}


def _round(ms: float) -> float:
    return round(ms, 3)
