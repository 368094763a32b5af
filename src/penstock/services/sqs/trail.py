"""What the audit trail must know of SQS.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/logging-using-cloudtrail.html
"""

from penstock.server import Trail

_MESSAGES = """
    ChangeMessageVisibility ChangeMessageVisibilityBatch DeleteMessage DeleteMessageBatch GetQueueAttributes GetQueueUrl
    ListDeadLetterSourceQueues ListQueueTags ListQueues ReceiveMessage SendMessage SendMessageBatch
"""

TRAIL = Trail(
    data=frozenset(_MESSAGES.split()),
    reads=frozenset({"ReceiveMessage"}),
    hidden=frozenset({"MessageBody", "MessageAttributes", "MessageSystemAttributes"}),
    holder="AWS::SQS::Queue",
)
