"""What root may ask of replays under ``/_penstock/``: what one would send, to begin one, to make its next step."""

from functools import partial
from typing import TYPE_CHECKING, Any

from penstock.app.arguments import Args, needed, number_in, text_in
from penstock.delivery import replay
from penstock.errors import AwsError
from penstock.server import Command

if TYPE_CHECKING:
    from penstock.app.application import App


def commands_of(app: "App") -> dict[tuple[str, str], Command]:
    """Returns the commands by method and name."""
    return {
        ("GET", "replay-preview"): partial(preview, app),
        ("GET", "replay"): partial(show, app),
        ("POST", "replay-start"): partial(start, app),
        ("POST", "replay-step"): partial(step, app),
    }


async def preview(app: "App", args: Args) -> dict[str, Any]:
    """Returns some of what would be sent, from ``after`` on, and which destinations would refuse it."""
    wanted, after = _wanted(app, args), number_in(args, "after")
    return (await app.store.read(replay.preview, app.delivery, wanted, after))._asdict()


async def show(app: "App", args: Args) -> dict[str, Any]:
    """Returns how far the replay ``id`` is."""
    return (await app.store.read(replay.get_replay, needed(args, "id"))).entry()


async def start(app: "App", args: Args) -> dict[str, Any]:
    """Begins a replay; nothing is sent before its first step."""
    return (await app.store.write(replay.start, app.delivery, _wanted(app, args))).entry()


async def step(app: "App", args: Args) -> dict[str, Any]:
    """Sends some more changes of the replay ``id``, at most ``most``, and returns how far it is."""
    most = number_in(args, "most") or 1
    return (await app.store.write(replay.step, app.delivery, needed(args, "id"), most)).entry()


def _wanted(app: "App", args: Args) -> replay.Wanted:
    target = text_in(args, "target")
    if target is not None and not app.delivery.serves(target):
        raise AwsError("ValidationError", "target must be the ARN of a destination that is here.", status=400)
    return replay.Wanted(
        needed(args, "bucket"),
        text_in(args, "prefix") or "",
        number_in(args, "from_ms"),
        number_in(args, "to_ms"),
        text_in(args, "rule"),
        target,
    )
