"""Begins the replay that a subscription's policy asks for, or ends it."""

from penstock.delivery import Delivery
from penstock.services.sns.subscriptions.replay import ReplayStep, parse_replay, send_step
from penstock.services.sns.subscriptions.subscription import Subscription, store_replay
from penstock.services.sns.topics.topic import Topic
from penstock.store import Tx


def put_replay(
    tx: Tx, delivery: Delivery, topic: Topic, subscription: Subscription, policy: str | None
) -> None:
    """Begins the replay that ``policy`` asks for in place of any other; None: there is to be none."""
    if policy is None:
        store_replay(tx, subscription, None)
        return
    replay = parse_replay(policy, tx.ids.uuid())
    store_replay(tx, subscription, replay)
    send_step(tx, delivery, topic, ReplayStep(subscription.uid, replay.run, ""))
