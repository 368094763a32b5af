"""What the ledger keeps of a run."""

from penstock.delivery import Attempt
from penstock.services.lambda_.functions.invocation import Result

_SHOWN_RESPONSE = 2048


def attempt_of(result: Result, request_id: str) -> Attempt:
    """Returns what the ledger keeps of a run."""
    detail: dict[str, object] = {
        "request_id": request_id,
        "duration_ms": round(result.duration_ms, 2),
        "log_group": result.log_group,
        "log_stream": result.log_stream,
        "response": result.payload[:_SHOWN_RESPONSE].decode("utf-8", "replace"),
    }
    if not result.error:
        return Attempt(ok=True, detail=detail)
    error = f"{result.error_type}: {result.error_message}" if result.error_message else result.error_type
    if result.note:
        detail["note"] = result.note
    return Attempt(ok=False, error=error, detail={**detail, "error_type": result.error_type})
