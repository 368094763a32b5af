"""Which ARN an operation acts on."""

from penstock.server import Call, Params
from penstock.services.sqs.errors import missing_parameter
from penstock.services.sqs.queues.queue import Key, arn_of_key, key_of_url
from penstock.services.sqs.state import SqsState


def queue_resource(sqs: SqsState, call: Call, params: Params) -> str:
    """Returns the ARN of the queue whose URL is among the parameters."""
    return arn_of_key(key_of_url(call, params))


def named_resource(sqs: SqsState, call: Call, params: Params) -> str:
    """Returns the ARN of the queue whose name is among the parameters."""
    return arn_of_key(key_of_name(call, params))


def every_queue_resource(sqs: SqsState, call: Call, params: Params) -> str:
    """Returns the ARN that listing the queues is authorised on: ``…:ACCOUNT:*`` in a policy matches it.

    Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
    """
    return arn_of_key((call.account, call.region, ""))


def key_of_name(call: Call, params: Params) -> Key:
    """Returns account, region and name of ``QueueName``, in the caller's account if no other is named."""
    name = params.get("QueueName")
    if name is None:
        raise missing_parameter("QueueName")
    return str(params.get("QueueOwnerAWSAccountId") or call.account), call.region, str(name)
