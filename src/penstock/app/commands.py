"""What root may ask of the server itself, under ``/_penstock/``."""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from penstock.delivery.story import object_story
from penstock.errors import AwsError
from penstock.server.control import Command

if TYPE_CHECKING:
    from penstock.app.application import App

Args = Mapping[str, Any]

_MAX_ADVANCE_S = 10 * 365 * 86_400


def commands_of(app: "App") -> dict[tuple[str, str], Command]:
    """Returns the commands by method and name."""
    return {
        ("POST", "clock"): partial(advance, app),
        ("POST", "settle"): partial(settle, app),
        ("GET", "trace"): partial(trace, app),
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
    """Returns the stories of the object ``bucket``/``key``; of one ``version`` when it is given."""
    bucket, key = str(args.get("bucket", "")), str(args.get("key", ""))
    if not bucket or not key:
        raise AwsError("ValidationError", "bucket and key are needed.", status=400)
    version = str(args["version"]) if args.get("version") else None
    return {"events": await app.store.read(object_story, bucket, key, version)}
