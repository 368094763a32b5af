"""The steps of a replay: some archived messages in one transaction, then the next step."""

from dataclasses import replace

from penstock.delivery import Message
from penstock.services.sns.fifo.archive import archived
from penstock.services.sns.publishing.fan_out import FanOut
from penstock.services.sns.state import SnsState
from penstock.services.sns.subscriptions.replay import ReplayStatus, ReplayStep, send_step
from penstock.services.sns.subscriptions.subscription import State, find_subscription, store_replay
from penstock.services.sns.topics.topic import Topic
from penstock.store import Tx

_STEP = 32
"""Messages that one step delivers."""


def make_step(tx: Tx, sns: SnsState, topic: Topic, step: ReplayStep, message: Message) -> None:
    """Delivers some messages once more; sends the next step, or notes that the replay has come to its end."""
    subscription = find_subscription(tx, step.uid)
    replay = subscription.replay if subscription else None
    if (
        subscription is None
        or replay is None
        or replay.run != step.run
        or subscription.state is not State.CONFIRMED
    ):
        return  # another replay has taken its place, or there is nobody to get it
    found = archived(tx, topic, step.after, replay.start_ms, _STEP)
    wanted = [one for one in found if replay.end_ms is None or one.time_ms <= replay.end_ms]
    for notification in wanted:
        FanOut(tx, sns, topic, replace(notification, replayed=True), message).deliver(subscription)
    if len(wanted) == _STEP:
        last = wanted[-1].sequence
        assert last is not None
        store_replay(tx, subscription, replay._replace(status=ReplayStatus.IN_PROGRESS))
        send_step(tx, sns.delivery, topic, step._replace(after=last))
    else:
        store_replay(tx, subscription, replay._replace(status=ReplayStatus.COMPLETED))
