"""What root may ask of the audit trail, under ``/_penstock/``. What is changed here is itself recorded."""

from functools import partial
from typing import TYPE_CHECKING, Any

from penstock.app.arguments import Args, number_in, text_in
from penstock.audit import (
    Finding,
    Point,
    Question,
    Record,
    export,
    parse_settings,
    search,
    settings_document,
    verified_step,
)
from penstock.errors import AwsError
from penstock.server import Command

if TYPE_CHECKING:
    from penstock.app.application import App

_PAGE = 100
_MAX_FINDINGS = 100
_END_MS = 1 << 53
_TERMS = {
    "user": "Username",
    "key": "AccessKeyId",
    "event": "EventName",
    "source": "EventSource",
    "resource": "ResourceName",
    "type": "ResourceType",
    "error": "ErrorCode",
    "id": "EventId",
}


def commands_of(app: "App") -> dict[tuple[str, str], Command]:
    """Returns the commands by method and name."""
    return {
        ("GET", "audit-search"): partial(searched, app),
        ("GET", "audit-export"): partial(exported, app),
        ("GET", "audit-verify"): partial(verified, app),
        ("GET", "audit-settings"): partial(settings, app),
        ("POST", "audit-settings"): partial(change, app),
    }


async def searched(app: "App", args: Args) -> dict[str, Any]:
    """Returns a page of the records of ``account`` that have what is asked for, the newest first.

    ``user``, ``key``, ``event``, ``source``, ``resource``, ``type``, ``error`` and ``id`` are compared whole;
    ``from_ms`` and ``to_ms`` bound the time; ``place`` is what the page before gave.
    """
    await app.journal.catch_up()
    wanted = tuple((kind, value) for name, kind in _TERMS.items() if (value := text_in(args, name)))
    account = text_in(args, "account") or app.roots[0].account
    question = Question(account, wanted, *_times(args))
    page = await app.store.read(search, question, _place(args), _PAGE)
    return {"records": page.documents, "place": _shown(page.place)}


async def exported(app: "App", args: Args) -> dict[str, Any]:
    """Returns a page of the records of all accounts, the oldest first, from ``from_ms`` to ``to_ms``."""
    await app.journal.catch_up()
    page = await app.store.read(export, *_times(args), _place(args))
    return {"records": page.documents, "place": _shown(page.place)}


async def verified(app: "App", args: Args) -> dict[str, Any]:
    """Returns what is wrong with some records behind the one of number ``seq`` and ``hash``, and the last of them.

    ``known_seq`` and ``known_hash`` say of a record what it was once.
    """
    await app.journal.catch_up()
    point, known = _point(args, "seq", "hash"), _point(args, "known_seq", "known_hash")
    step = await app.store.read(verified_step, point, known)
    return {
        "findings": [_finding(one) for one in step.findings[:_MAX_FINDINGS]],
        "count": step.looked_at,
        "seq": step.point.seq,
        "hash": step.point.hash,
        "is_end": step.is_end,
    }


async def settings(app: "App", args: Args) -> dict[str, Any]:
    """Returns what is recorded and how long it is kept."""
    return settings_document(app.journal.settings)


async def change(app: "App", args: Args) -> dict[str, Any]:
    """Changes those settings that are given, and returns them all."""
    before = settings_document(app.journal.settings)
    try:
        after = parse_settings({**before, **args})
    except ValueError as error:
        raise AwsError("ValidationError", str(error), status=400) from None
    record = _record(app, before, settings_document(after))
    await app.journal.keep([record])
    await app.journal.change(after)
    app.auditing.apply()
    return settings_document(after)


def _record(app: "App", before: dict[str, Any], after: dict[str, Any]) -> Record:
    account, now_ms = app.roots[0].account, app.clock.now_ms()
    document = {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "Root",
            "principalId": account,
            "arn": f"arn:aws:iam::{account}:root",
            "accountId": account,
            "accessKeyId": app.roots[0].access_key_id,
        },
        "eventTime": app.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": "cloudtrail.amazonaws.com",
        "eventName": "PutEventSelectors",
        "awsRegion": app.config.region,
        "sourceIPAddress": "AWS Internal",
        "userAgent": "penstock audit settings",
        "requestParameters": after,
        "responseElements": {"before": before},
        "requestID": app.ids.uuid(),
        "eventID": app.ids.uuid(),
        "readOnly": False,
        "resources": [],
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": account,
        "eventCategory": "Management",
    }
    return Record(document, now_ms)


def _times(args: Args) -> tuple[int, int]:
    to_ms = number_in(args, "to_ms")
    return number_in(args, "from_ms") or 0, min(_END_MS, to_ms if to_ms is not None else _END_MS)


def _place(args: Args) -> tuple[int, int] | None:
    time_ms, seq = number_in(args, "place_ms"), number_in(args, "place_seq")
    return None if time_ms is None or seq is None else (time_ms, seq)


def _point(args: Args, seq: str, hash: str) -> Point | None:
    number, text = number_in(args, seq), text_in(args, hash)
    return None if number is None or text is None else Point(number, text)


def _shown(place: tuple[int, int] | None) -> dict[str, int] | None:
    return {"place_ms": place[0], "place_seq": place[1]} if place else None


def _finding(finding: Finding) -> dict[str, Any]:
    return {"record": finding.seq, "problem": finding.problem}
