"""The key of KMS that a topic has: whoever publishes must be allowed to use it.

Source: https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
"""

from penstock.access import Principal
from penstock.services.customer_keys import CustomerKeys, KeyUser
from penstock.services.sns.arns import SERVICE
from penstock.services.sns.topics.topic import Topic
from penstock.store import ReadTx

_ACTIONS = ("GenerateDataKey", "Decrypt")


def check_key(tx: ReadTx, keys: CustomerKeys, principal: Principal, topic: Topic) -> None:
    """Returns when the principal may publish what the topic's key encrypts; KeyRefusal."""
    if not topic.kms_key:
        return
    account, region, _ = topic.key
    user = KeyUser(principal, SERVICE.partition(".")[0], account, region)
    for action in _ACTIONS:
        keys.keeper.weigh(tx, user, topic.kms_key, action, {"aws:sns:topicArn": topic.arn})
