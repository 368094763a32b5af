"""What root may ask of the server itself, under ``/_penstock/``."""

import re
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from penstock.app import replaying
from penstock.app.arguments import Args, number_in, text_in
from penstock.app.top import top
from penstock.app.turns import set_precedence
from penstock.delivery import Delivery, State, ledger
from penstock.delivery.dead import MAX_REDRIVEN, delivery_entry, redrive_target
from penstock.delivery.dead import redrive as redrive_ids
from penstock.delivery.telling import target_list
from penstock.delivery.telling.message_search import event_of_message
from penstock.delivery.telling.story import event_story, object_story, prefix_story
from penstock.delivery.telling.why import asked_event, explanation
from penstock.digits import whole_number
from penstock.errors import AwsError
from penstock.server import Command
from penstock.store import ReadTx

if TYPE_CHECKING:
    from penstock.app.application import App

_MESSAGE_ID = re.compile(r"[0-9a-f-]{36}")
_TARGET = re.compile(r"arn:|https?://|[^@]+@")
_MAX_TARGET = 2048
_MAX_ADVANCE_S = 10 * 365 * 86_400


def commands_of(app: "App") -> dict[tuple[str, str], Command]:
    """Returns the commands by method and name."""
    return {
        ("POST", "clock"): partial(advance, app),
        ("POST", "settle"): partial(settle, app),
        ("GET", "trace"): partial(trace, app),
        ("GET", "targets"): partial(targets, app),
        ("POST", "precedence"): partial(set_precedence, app),
        ("GET", "why"): partial(why, app),
        ("GET", "dead"): partial(dead, app),
        ("GET", "delivery"): partial(delivery, app),
        ("POST", "redrive"): partial(redrive, app),
        ("GET", "top"): partial(top, app),
        **replaying.commands_of(app),
        ("GET", "tail"): app.tail.answer,
    }


async def advance(app: "App", args: Args) -> dict[str, Any]:
    """Moves the server's time forward by ``advance_s`` seconds, for good, and returns the new time."""
    if app.config.clock != "adjustable":
        raise AwsError(
            "ClockNotAdjustable", "Start the server with --clock adjustable to move its time.", status=409
        )
    seconds = args.get("advance_s")
    if (
        isinstance(seconds, bool)
        or not isinstance(seconds, int | float)
        or not 0 <= seconds <= _MAX_ADVANCE_S
    ):
        raise AwsError(
            "ValidationError", "advance_s must be a number of seconds from 0 to ten years.", status=400
        )
    await app.move_time(seconds)
    return {"now": app.clock.now().isoformat(), "now_ms": app.clock.now_ms()}


async def settle(app: "App", args: Args) -> dict[str, Any]:
    """Answers when nothing is due or running any more."""
    await app.settle()
    return {"settled": True, "now_ms": app.clock.now_ms()}


async def trace(app: "App", args: Args) -> dict[str, Any]:
    """Returns the stories of the object ``bucket``/``key``, or of a ``prefix``, or of a ``message``.

    Of the object, only those of one ``version`` when it is given.

    The key may be as event records have it, when no object has that very key.
    """
    if args.get("message"):
        return {"events": await _story_of_message(app, str(args["message"]))}
    if args.get("bucket") and "prefix" in args:
        bucket, prefix = str(args["bucket"]), str(args["prefix"])
        return {"events": await app.store.read(prefix_story, bucket, prefix)}
    bucket, key = _object(args)
    version = str(args["version"]) if args.get("version") else None
    events = await app.store.read(object_story, bucket, key, version)
    if not events and (decoded := unquote_plus(key)) != key:
        events = await app.store.read(object_story, bucket, decoded, version)
    return {"events": events}


async def _story_of_message(app: "App", id: str) -> list[dict[str, Any]]:
    if not _MESSAGE_ID.fullmatch(id):
        raise AwsError("ValidationError", "message must be a message's id.", status=400)
    seq = await event_of_message(app.store, id)
    return [] if seq is None else await app.store.read(event_story, seq)


async def targets(app: "App", args: Args) -> dict[str, Any]:
    """Returns the destinations that something waits for: those that fail for longest, then where most wait."""
    entries = await app.store.read(target_list.waiting_targets, app.delivery.lanes)
    return {"targets": entries, "all": app.delivery.lanes.count()}


async def why(app: "App", args: Args) -> dict[str, Any]:
    """Returns the explanation of why the object ``bucket``/``key`` did or did not reach ``target``; None: of no change.

    It is of the newest change, of a ``version`` and of an ``event`` whose name begins so when they are given.
    """
    bucket, key = _object(args)
    target, event = text_in(args, "target"), (text_in(args, "event") or "").removeprefix("s3:").rstrip("*")
    if target is None or not _TARGET.match(target) or len(target) > _MAX_TARGET:
        raise AwsError("ValidationError", "target must be an ARN, a URL or a mail address.", status=400)
    asked = (text_in(args, "version"), event)
    for name in dict.fromkeys((key, unquote_plus(key))):
        if found := await app.store.read(_explanation, app.delivery, (bucket, name, *asked), target):
            return {"explanation": found}
    return {"explanation": None}


def _explanation(
    tx: ReadTx, delivery: Delivery, asked: tuple[str, str, str | None, str], target: str
) -> dict[str, Any] | None:
    event = asked_event(tx, *asked)
    return explanation(tx, delivery, event, target) if event else None


def _object(args: Args) -> tuple[str, str]:
    bucket, key = str(args.get("bucket", "")), str(args.get("key", ""))
    if not bucket or not key:
        raise AwsError("ValidationError", "bucket and key are needed.", status=400)
    return bucket, key


async def dead(app: "App", args: Args) -> dict[str, Any]:
    """Returns a page of dead deliveries: to ``target``, of ``bucket``, made since ``since_ms``, ``before`` an id."""
    page = await app.store.read(
        ledger.deliveries,
        state=State.DEAD,
        target=text_in(args, "target"),
        bucket=text_in(args, "bucket"),
        since_ms=number_in(args, "since_ms") or 0,
        before=number_in(args, "before"),
    )
    return {"deliveries": page.entries, "before": page.before}


async def delivery(app: "App", args: Args) -> dict[str, Any]:
    """Returns all that is kept of the delivery ``id``."""
    id = number_in(args, "id")
    found = None if id is None else await app.store.read(delivery_entry, id)
    if found is None:
        raise AwsError("NotFound", "There is no such delivery.", status=404)
    return found


async def redrive(app: "App", args: Args) -> dict[str, Any]:
    """Sends again the dead deliveries ``ids``, or some of those to ``target`` behind the id ``after``."""
    if target := text_in(args, "target"):
        done = await app.store.write(redrive_target, app.delivery, target, number_in(args, "after") or 0)
        return {"redriven": done.ids, "after": done.after}
    ids = args.get("ids")
    if not isinstance(ids, list) or len(ids) > MAX_REDRIVEN or not all(_is_id(id) for id in ids):
        message = f"ids must be a list of at most {MAX_REDRIVEN} numbers, or target an ARN."
        raise AwsError("ValidationError", message, status=400)
    return {"redriven": await app.store.write(redrive_ids, app.delivery, ids), "after": None}


def _is_id(value: object) -> bool:
    return type(value) is int and whole_number(str(value)) is not None
