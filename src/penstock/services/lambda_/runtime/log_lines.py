"""The lines that Lambda itself writes into a function's log.

Source: https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html
"""

import math
from datetime import UTC, datetime

from penstock.services.lambda_.functions.invocation import End, Ending, exit_text


def init_line(version: str, note: str) -> str:
    """Returns the line that a new worker begins with."""
    return f"INIT_START Runtime Version: python:{version}" + (f" ({note})" if note else "")


def start_line(request_id: str, version: str) -> str:
    """Returns the line before a run."""
    return f"START RequestId: {request_id} Version: {version}"


def end_line(request_id: str) -> str:
    """Returns the line after a run."""
    return f"END RequestId: {request_id}"


def failure_line(ending: Ending, request_id: str, timeout_s: int, now_ms: int) -> str:
    """Returns the line that says how the process failed, or "" when the runtime has said it itself."""
    match ending.kind:
        case End.TIMEOUT:
            at = (
                datetime.fromtimestamp(now_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.")
                + f"{now_ms % 1000:03d}Z"
            )
            return f"{at} {request_id} Task timed out after {timeout_s:.2f} seconds"
        case End.MEMORY:
            return f"RequestId: {request_id} Error: {exit_text(-9)}\nRuntime.ExitError"
        case End.EXIT:
            return f"RequestId: {request_id} Error: {exit_text(ending.code)}\nRuntime.ExitError"
        case _:
            return ""


def report_line(
    ending: Ending,
    request_id: str,
    *,
    duration_ms: float,
    memory_mb: int,
    used_mb: int,
    init_ms: float | None,
    error_type: str,
) -> str:
    """Returns the REPORT line; ``init_ms`` is None for a warm worker. It is billed, as it is since August 2025."""
    billed_ms = math.ceil(duration_ms + (init_ms or 0))
    fields = [
        f"REPORT RequestId: {request_id}",
        f"Duration: {duration_ms:.2f} ms",
        f"Billed Duration: {billed_ms} ms",
        f"Memory Size: {memory_mb} MB",
        f"Max Memory Used: {used_mb} MB",
    ]
    if init_ms is not None:
        fields.append(f"Init Duration: {init_ms:.2f} ms")
    if ending.kind is End.TIMEOUT:
        fields.append("Status: timeout")
    elif ending.kind in (End.MEMORY, End.EXIT, End.INIT):
        fields += ["Status: error", f"Error Type: {error_type}"]
    return "\t".join(fields) + "\t"
