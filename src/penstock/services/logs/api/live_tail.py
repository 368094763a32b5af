"""StartLiveTail: log events as they come, in a stream of events.

Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartLiveTail.html
"""

from collections.abc import Callable
from typing import Any

from penstock.errors import AwsError
from penstock.server import Call, Params, operation
from penstock.services.logs import limits
from penstock.services.logs.errors import invalid_parameter, wrong_class
from penstock.services.logs.group import Key, get_group, group_arn, key_of_identifier
from penstock.services.logs.patterns import compile_pattern
from penstock.services.logs.state import LogsState
from penstock.services.logs.tails import Session
from penstock.store import ReadTx
from penstock.wire import Events

_EVERY_MS = 1000


@operation("StartLiveTail", action=None)
async def start_live_tail(logs: LogsState, call: Call, params: Params) -> Params:
    """Returns a stream: the session, and every second the events that have come; asks for leave for each group."""
    keys = {identifier: _key(call, identifier) for identifier in params["logGroupIdentifiers"]}
    if not 0 < len(keys) <= limits.MAX_TAILED_GROUPS:
        raise invalid_parameter(f"A session takes at most {limits.MAX_TAILED_GROUPS} log groups.")
    wanted = _wanted(params, len(keys))
    for key in keys.values():
        await call.authorize("logs:StartLiveTail", f"{group_arn(key)}:log-stream:")
    groups = await logs.store.read(_groups, keys)
    session = Session((call.account, call.region), groups, wanted)
    told = {
        "requestId": call.request_id,
        "sessionId": logs.ids.uuid(),
        "logGroupIdentifiers": list(keys),
        "logStreamNames": params.get("logStreamNames") or [],
        "logStreamNamePrefixes": params.get("logStreamNamePrefixes") or [],
        "logEventFilterPattern": params.get("logEventFilterPattern") or "",
    }
    return {"responseStream": _events(logs, session, told, call.now_ms)}


async def _events(logs: LogsState, session: Session, told: dict[str, Any], started_ms: int) -> Events:
    logs.tails.join(session)
    try:
        yield "sessionStart", told
        due_ms = started_ms
        while due_ms < started_ms + limits.LIVE_TAIL_MS:
            due_ms = max(due_ms, logs.clock.now_ms() - _EVERY_MS) + _EVERY_MS
            if await logs.clock.wait_for(logs.tails.closed.wait(), due_ms):
                raise AwsError("SessionStreamingException", "The server ends.")
            yield "sessionUpdate", session.update()
        raise AwsError("SessionTimeoutException", "The session was kept open for three hours.")
    finally:
        logs.tails.leave(session)


def _key(call: Call, identifier: str) -> Key:
    if identifier.endswith("*"):
        raise invalid_parameter("The ARN of a log group to tail must not end with an asterisk.")
    key = key_of_identifier(call, identifier)
    if key[:2] != (call.account, call.region):
        raise invalid_parameter("Log groups of other accounts and regions cannot be tailed here.")
    return key


def _wanted(params: Params, groups: int) -> Callable[[str, str], bool]:
    names = frozenset(params.get("logStreamNames") or ())
    prefixes = tuple(params.get("logStreamNamePrefixes") or ())
    if names and prefixes:
        raise invalid_parameter(
            "You can specify either logStreamNames or logStreamNamePrefixes, but not both."
        )
    if (names or prefixes) and groups > 1:
        raise invalid_parameter("Log streams can be specified for one log group only.")
    matches = compile_pattern(params.get("logEventFilterPattern") or "")

    def wanted(stream: str, message: str) -> bool:
        if names and stream not in names:
            return False
        return (not prefixes or stream.startswith(prefixes)) and matches(message)

    return wanted


def _groups(tx: ReadTx, keys: dict[str, Key]) -> dict[int, str]:
    found = {}
    for identifier, key in keys.items():
        group = get_group(tx, key)
        if group.log_class != "STANDARD":
            raise wrong_class("Live Tail sessions", group.log_class)
        found[group.id] = identifier
    return found
